"""The connection: TLS, authentication, and which kind of ending is which."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest

from digest.errors import BadInput, TransportError
from digest.rendering.edition import Edition, Personal
from digest.rendering.slots import BODY_SLOTS
from digest.rendering.transparency import on_the_line
from digest.rendering.values import RenderedEmail
from digest.settings import SendingSettings
from jobs.sending.client import HungUp
from jobs.sending.loop import run
from jobs.sending.relays import Relays
from jobs.sending.replies import Accepted, OutcomeUnknown, Refused
from jobs.sending.single import Courier, send_one
from tests.conftest import Certificate
from tests.digest.rendering.samples import IDENTITY, SENTINEL
from tests.servers import HANG_UP, SILENCE, Mailbox, Sink, mail_server

pytestmark = pytest.mark.usefixtures("either_loop")

SENDER, READER = "desk@digest.example.com", "ann@example.com"
MESSAGE = b"Subject: x\r\n\r\nShip.\r\n"


def send(url: str, *, timeout: float = 5.0, message: bytes = MESSAGE) -> Accepted | Refused:
    """Send one message over a connection of its own."""
    return send_one(Relays.parse(url), patient(timeout), SENDER, READER, message)


def patient(seconds: float) -> SendingSettings:
    """Settings under which a server has so many seconds for each answer."""
    timeout = timedelta(seconds=seconds)
    return SendingSettings(timeout=timeout, final_timeout=timeout)


def test_a_plain_server_on_this_machine() -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        answer = send(f"smtp://127.0.0.1:{port}")
    assert answer == Accepted(250, "2.0.0 taken")
    assert mailbox.messages == [(READER, MESSAGE)]


def test_user_and_password() -> None:
    mailbox = Mailbox()
    with mail_server(mailbox, password="p@ss/word") as port:
        assert isinstance(send(f"smtp://digest:p%40ss%2Fword@127.0.0.1:{port}"), Accepted)
    assert mailbox.logins == [b"digest"]


def test_a_wrong_password_is_permanent_and_never_shown() -> None:
    with mail_server(Mailbox(), password="right") as port, pytest.raises(TransportError) as raised:
        send(f"smtp://digest:s3cret@127.0.0.1:{port}")
    assert raised.value.permanent
    assert "refuses user and password: 535" in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_a_server_that_echoes_the_password_does_not_get_it_into_the_message() -> None:
    def echoes(step: str, recipient: str) -> str | None:
        hello, refusal = "250-sink\r\n250 AUTH PLAIN", "535 no AGRpZ2VzdABzM2NyZXQ= or s3cret"
        return {"EHLO": hello, "AUTH": refusal}.get(step)

    with Sink(echoes).serve() as port, pytest.raises(TransportError) as raised:
        send(f"smtp://digest:s3cret@127.0.0.1:{port}")
    assert "535 no … or …" in str(raised.value)


def test_a_server_without_authentication_is_named_as_the_trouble() -> None:
    with Sink().serve() as port, pytest.raises(TransportError, match="offers no authentication"):
        send(f"smtp://digest:x@127.0.0.1:{port}")


def test_starttls_with_a_trusted_certificate(certificate: Certificate) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox, starttls=certificate.server) as port:
        send(f"smtp://127.0.0.1:{port}?tls=starttls&ca={certificate.file}")
    assert mailbox.secured
    assert mailbox.messages == [(READER, MESSAGE)]


def test_tls_from_the_first_byte_with_a_trusted_certificate(certificate: Certificate) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox, tls=certificate.server, password="right") as port:
        send(f"smtps://digest:right@127.0.0.1:{port}?ca={certificate.file}")
    assert mailbox.messages == [(READER, MESSAGE)]


def test_starttls_with_an_untrusted_certificate_is_refused(certificate: Certificate) -> None:
    mailbox = Mailbox()
    with (
        mail_server(mailbox, starttls=certificate.server) as port,
        pytest.raises(TransportError, match=r"certificate of smtp://127.0.0.1:\d+ is not trusted") as raised,
    ):
        send(f"smtp://127.0.0.1:{port}?tls=starttls")
    assert raised.value.permanent
    assert not mailbox.messages


def test_tls_with_an_untrusted_certificate_is_refused(certificate: Certificate) -> None:
    with (
        mail_server(Mailbox(), tls=certificate.server) as port,
        pytest.raises(TransportError, match="is not trusted: self-signed certificate"),
    ):
        send(f"smtps://127.0.0.1:{port}")


def test_a_server_without_starttls_gets_nothing_when_it_is_asked_for() -> None:
    mailbox = Mailbox()
    with (
        mail_server(mailbox) as port,
        pytest.raises(TransportError, match="does not offer STARTTLS") as raised,
    ):
        send(f"smtp://127.0.0.1:{port}?tls=starttls")
    assert raised.value.permanent
    assert not mailbox.tried


def test_tls_to_a_plain_port_is_named_as_the_trouble() -> None:
    with (
        mail_server(Mailbox()) as port,
        pytest.raises(TransportError, match="does not speak TLS on this port"),
    ):
        send(f"smtps://127.0.0.1:{port}")


def test_lmtp_greets_with_lhlo() -> None:
    steps: list[str] = []
    sink = Sink(lambda step, recipient: steps.append(step))
    with sink.serve() as port:
        send(f"lmtp://127.0.0.1:{port}")
    assert steps[:2] == ["CONNECT", "LHLO"]
    assert sink.accepted == [READER]


def test_a_server_that_knows_only_helo_is_enough() -> None:
    sink = Sink(lambda step, recipient: "502 what" if step == "EHLO" else None)
    with sink.serve() as port:
        assert isinstance(send(f"smtp://127.0.0.1:{port}"), Accepted)


@pytest.mark.parametrize(
    ("step", "answer", "error", "permanent"),
    [
        ("CONNECT", "554 not here", "refuses us: 554 not here", True),
        ("CONNECT", "421 busy", "refuses us: 421 busy", False),
        ("CONNECT", HANG_UP, "cannot be reached", False),
        ("MAIL", "451 not now", "no mail is taken now: 451", False),
        ("MAIL", "550 not you", "the sender is refused: 550 not you", True),
        ("RCPT", "421 closing", "421 closing", False),
        ("RCPT", "530 5.7.0 authenticate", "give user and password", False),
        ("RCPT", HANG_UP, "the connection broke", False),
        ("RCPT", SILENCE, "the connection broke", False),
        ("RCPT", "354 what", "unexpected answer to RCPT", False),
        ("DATA", "250 what", "unexpected answer to DATA", False),
        ("DATA", HANG_UP, "the connection broke", False),
    ],
)
def test_trouble_before_the_message_is_the_servers_not_the_readers(
    step: str, answer: str, error: str, permanent: bool
) -> None:
    sink = Sink(lambda at, recipient: answer if at == step else None)
    # Only a server that never answers is given up soon: a busy machine takes a while to connect.
    timeout = 2.0 if answer == SILENCE else 20.0
    with sink.serve() as port, pytest.raises(TransportError) as raised:
        send(f"smtp://127.0.0.1:{port}", timeout=timeout)
    assert error in str(raised.value)
    assert raised.value.permanent is permanent
    assert not sink.accepted


def test_hanging_up_on_a_recipient_is_told_apart() -> None:
    sink = Sink(lambda step, recipient: HANG_UP if step == "RCPT" else None)
    with sink.serve() as port, pytest.raises(HungUp):
        send(f"smtp://127.0.0.1:{port}")


@pytest.mark.parametrize("answer", [HANG_UP, SILENCE, "no code at all", "354 what"])
def test_without_an_answer_to_the_message_nobody_knows(answer: str) -> None:
    sink = Sink(lambda step, recipient: answer if step == "BODY" else None)
    with sink.serve() as port, pytest.raises(OutcomeUnknown):
        send(f"smtp://127.0.0.1:{port}", timeout=2.0 if answer == SILENCE else 20.0)


def test_an_answer_that_is_no_smtp_is_kept_short_and_without_the_readers_address() -> None:
    sink = Sink(lambda step, recipient: f"what {recipient} " + "y" * 3_000 if step == "BODY" else None)
    with sink.serve() as port, pytest.raises(OutcomeUnknown) as raised:
        send(f"smtp://127.0.0.1:{port}")
    assert "what …@… yyy" in str(raised.value)
    assert len(str(raised.value)) < 400


@pytest.mark.parametrize("step", ["RCPT", "DATA", "BODY"])
@pytest.mark.parametrize(("code", "permanent"), [(450, False), (550, True)])
def test_a_refusal_says_whether_it_is_for_good(step: str, code: int, permanent: bool) -> None:
    sink = Sink(lambda at, recipient: f"{code} no" if at == step else None)
    with sink.serve() as port:
        answer = send(f"smtp://127.0.0.1:{port}")
    assert isinstance(answer, Refused)
    assert (answer.code, answer.text, answer.permanent) == (code, "no", permanent)
    assert not sink.accepted


@pytest.mark.parametrize(
    "recipient",
    [
        "ann@exämple.com",
        "a\u00a0b@example.com",
        "a\ud800@example.com",
        "ann@example.com> SIZE=0",
        "ann\r\nDATA@x",
        "ann",
        "",
    ],
)
def test_what_is_no_plain_address_is_refused_before_anything_is_sent(recipient: str) -> None:
    sink = Sink()
    with sink.serve() as port:
        relays = Relays.parse(f"smtp://127.0.0.1:{port}")
        answer = send_one(relays, patient(5), SENDER, recipient, MESSAGE)
    assert isinstance(answer, Refused)
    assert answer.permanent
    assert not sink.accepted


UTF8_READER = "jörg@xn--bcher-kva.example.com"


async def both(port: int) -> list[Accepted | Refused]:
    """Send to a reader who needs SMTPUTF8 and then, over the same connection, to one who does not."""
    async with Courier(Relays.parse(f"smtp://127.0.0.1:{port}"), patient(5)) as courier:
        return [
            await courier.send(SENDER, recipient, f"To: {recipient}\r\n\r\nShip.\r\n".encode())
            for recipient in (UTF8_READER, READER)
        ]


def test_case_20_smtputf8_is_asked_for_only_where_the_address_needs_it() -> None:
    mailbox = Mailbox()
    with mail_server(mailbox, utf8=True) as port:
        answers = run(both(port))
    assert [type(answer) for answer in answers] == [Accepted, Accepted]
    assert mailbox.options == [["SIZE=46", "BODY=8BITMIME", "SMTPUTF8"], ["SIZE=30"]]
    assert mailbox.messages[0] == (UTF8_READER, f"To: {UTF8_READER}\r\n\r\nShip.\r\n".encode())


def test_without_smtputf8_that_reader_is_refused_with_the_reason_and_nobody_else() -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        refused, accepted = run(both(port))
    assert isinstance(refused, Refused)
    assert (refused.code, refused.permanent) == (553, True)
    assert "does not offer SMTPUTF8" in refused.text
    assert isinstance(accepted, Accepted)
    assert mailbox.recipients == [READER]


def test_a_server_that_offers_smtputf8_and_takes_none_refuses_that_reader_only() -> None:
    def fickle(step: str, recipient: str) -> str | None:
        mails.append(step)
        first = step == "MAIL" and mails.count("MAIL") == 1
        hello = "250-sink\r\n250 SMTPUTF8"
        return {"EHLO": hello}.get(step, "555 5.5.4 no such parameter" if first else None)

    mails: list[str] = []
    sink = Sink(fickle)
    with sink.serve() as port:
        refused, accepted = run(both(port))
    assert isinstance(refused, Refused)
    assert "asked for SMTPUTF8" in refused.text
    assert isinstance(accepted, Accepted)


def test_a_sender_that_is_no_plain_address_names_the_setting() -> None:
    sender = "Desk <desk@example.com>"
    with Sink().serve() as port, pytest.raises(TransportError, match=r"check \[mail\] from_addr") as raised:
        send_one(Relays.parse(f"smtp://127.0.0.1:{port}"), patient(5), sender, READER, MESSAGE)
    assert raised.value.permanent


@pytest.mark.parametrize("ends", ["\n", "\r", "\r\n", "\n\r"])
def test_case_21_what_the_list_writes_is_one_message_whatever_stands_in_it(ends: str) -> None:
    """Bare line ends, lone dots and commands in a body; in names and subjects they are refused."""
    inside = ends.join(("Ship", ".", "..", "", ".", "MAIL FROM:<x@example.org>", "From x", "end"))
    page = f"<!DOCTYPE html>\n<html><body><pre>{inside}</pre></body></html>"
    email = RenderedEmail("Łódź vs \u202e. =?utf-8?q?x?=", "", page, f"Text\n{inside}", "", SENTINEL)
    reader = Personal(
        address=READER,
        name='Ann ". <x@example.org>',
        message_id="<1@example.com>",
        date=datetime(2026, 11, 20, 9, tzinfo=UTC),
        **dict.fromkeys(BODY_SLOTS, "token"),
    )
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        written = Edition.compile(email, IDENTITY).message(reader)
        assert isinstance(send(f"smtp://127.0.0.1:{port}", message=written), Accepted)
    [(recipient, received)] = mailbox.messages
    assert (recipient, received) == (READER, written)
    read = message_from_bytes(received, policy=policy.default)
    assert (read["To"].addresses[0].addr_spec, read["To"].addresses[0].display_name) == (READER, reader.name)
    assert read["Subject"] == email.subject
    part = read.get_body(("plain",))
    assert part is not None
    assert part.get_content().splitlines()[1:] == f"x\n{inside}".splitlines()[1:]
    for bad in (replace(reader, name=f"Ann{ends}Bcc: x@example.org"), replace(email, subject=f"A{ends}B: c")):
        with pytest.raises(BadInput):
            if isinstance(bad, Personal):
                Edition.compile(email, IDENTITY).message(bad)
            else:
                Edition.compile(bad, IDENTITY)


def test_case_21_leading_dots_are_doubled_and_the_end_is_marked() -> None:
    assert on_the_line(b".a\r\nb\r\n.\r\n") == b"..a\r\nb\r\n..\r\n.\r\n"


@pytest.mark.parametrize(
    "message", [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n.\nMAIL FROM:<x>\r\n", b"a", b"", b"a\r\n\r"]
)
def test_case_21_a_bare_cr_or_lf_never_goes_out(message: bytes) -> None:
    with pytest.raises(BadInput, match="CRLF"):
        on_the_line(message)

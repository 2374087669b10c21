"""The protocol log: what it shows of a dialogue, and what never gets into it."""

from __future__ import annotations

import logging
from base64 import b64encode
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.clock import FixedClock
from digest.errors import DigestError
from digest.rendering.transparency import on_the_line
from digest.settings import SendingSettings
from jobs.sending.auth import CANCEL, Login
from jobs.sending.client import Client
from jobs.sending.envelope import Envelope
from jobs.sending.loop import run
from jobs.sending.relay import Mechanism, Relay
from jobs.sending.trace import Trace
from tests.conftest import Certificate
from tests.servers import Mailbox, mail_server

CLOCK = FixedClock(datetime(2026, 11, 22, 9, 0, 4, 118_900, tzinfo=UTC))
RELAY = "smtp://127.0.0.1:25"
AT = "2026-11-22T09:00:04.118Z"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "trace.log"


def shown(file: Path) -> list[str]:
    """Return the lines of a trace without their time."""
    return [line.removeprefix(f"{AT} ") for line in file.read_text("utf-8").splitlines()]


def test_a_dialogue_is_shown_line_by_line_with_time_connection_and_direction(file: Path) -> None:
    trace = Trace.open(str(file), CLOCK)
    one, other = trace.log("smtp://127.0.0.1:25"), trace.log("smtps://b.example.com:465")
    one.received(b"220 mail.example.test ESMTP")
    one.sent(b"EHLO digest.example.com\r\n")
    one.received(b"250-mail.example.test")
    one.received(b"250 PIPELINING")
    envelope = (
        b"MAIL FROM:<bounces+abcdefgh234567@news.example.com> SIZE=40960\r\n"
        b"RCPT TO:<ann.lee@example.org>\r\nDATA\r\n"
    )
    one.sent(envelope)
    other.received(b"421 4.3.2 later")
    other.note("the server closed it")
    one.received(b"354 go on")
    message = b"To: ann.lee@example.org\r\n".ljust(40_955, b"x") + b"\r\n.\r\n"
    one.sent(message + b"MAIL FROM:<>\r\n", len(message))
    trace.close()
    assert file.read_text("utf-8").startswith(f"{AT} 1 * opening smtp://127.0.0.1:25\n")
    assert shown(file) == [
        "1 * opening smtp://127.0.0.1:25",
        "2 * opening smtps://b.example.com:465",
        "1 < 220 mail.example.test ESMTP",
        "1 > EHLO digest.example.com",
        "1 < 250-mail.example.test",
        "1 < 250 PIPELINING",
        "1 > MAIL FROM:<…@news.example.com> SIZE=40960",
        "1 > RCPT TO:<…@example.org>",
        "1 > DATA",
        "2 < 421 4.3.2 later",
        "2 * the server closed it",
        "1 < 354 go on",
        "1 > <40,960 bytes>",
        "1 > MAIL FROM:<>",
    ]


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ("550 5.1.1 <Ann.Lee@example.org>: unknown", "550 5.1.1 <…@example.org>: unknown"),
        ("550 5.1.1 no such user: ann.lee", "550 5.1.1 no such user: …"),
        ("550-bounce+ann.lee=example.org@lists.example.net", "550-…@lists.example.net"),
        ("550 ann.lee=example.org", "550 …=example.org"),
        (
            "550 see https://example.net/?rcpt=ann.lee%40example.org",
            "550 see https://example.net/?…%40example.org",
        ),
        ("550 from abcdefgh or bob@example.net", "550 from … or …@example.net"),
        ("250 \x1b[31m2.1.5 fine\x00", "250 [31m2.1.5 fine"),
        ("\x1b[31m ann.lee", "[31m …"),
        ("250", "250"),
        ("", ""),
    ],
)
def test_an_answer_shows_no_local_part_in_whatever_form(file: Path, answer: str, line: str) -> None:
    log = Trace.open(str(file), CLOCK).log(RELAY)
    log.sent(b"MAIL FROM:<abcdefgh@news.example.com>\r\nRCPT TO:<ann.lee@example.org>\r\n")
    log.received(answer.encode())
    assert shown(file)[3] == f"1 < {line}"


@settings(deadline=None)
@given(st.from_regex(r"[a-z0-9!#$%&'*+/=?^_`{|}~.\"ä-]{5,30}", fullmatch=True).map("§{}".format))
def test_no_local_part_is_ever_shown(local: str) -> None:
    written = StringIO()
    log = Trace(written, "-", CLOCK).log(RELAY)
    address = f"{local}@example.org"
    log.sent(f"MAIL FROM:<{address}> AUTH=<>\r\nRCPT TO:<{address}> ORCPT=rfc822;x\r\n".encode())
    for words in (address, f"<{address}>", f"{local} unknown", address.replace("@", "="), address.upper()):
        log.received(f"550 5.1.1 {words}".encode())
    assert local.lower() not in written.getvalue().lower()
    assert "§" not in written.getvalue()


@pytest.mark.parametrize("mechanism", Mechanism)
@pytest.mark.parametrize("length", [10, 600])
def test_of_a_log_in_only_the_mechanism_is_shown(file: Path, mechanism: Mechanism, length: int) -> None:
    user, secret = "desk-7@example.com", "s3cret = ß".ljust(length, "x")
    relay = Relay.parse("smtps://desk-7%40example.com:x@mail.example.com")
    log, login = Trace.open(str(file), CLOCK).log(relay.name), Login(relay, mechanism, secret)
    log.sent(command := login.command() + b"\r\n")
    answers = []
    for challenge in ("UGFzc3dvcmQ6", "")[: 2 if mechanism is Mechanism.LOGIN else 1]:
        log.received(f"334 {challenge}".strip().encode())
        answers.append(login.answer(challenge))
        log.sent(answers[-1] + b"\r\n")
    forms = [b64encode(user.encode()), *command.split()[2:], *answers]
    forms = [form for form in forms if form not in (b"", CANCEL)]
    if mechanism is not Mechanism.CRAM_MD5:
        # There it was not on the line.
        forms += [secret.encode(), b64encode(secret.encode())]
    log.received(b"535-5.7.8 no " + b" ".join(forms))
    log.received(b"535 5.7.8 " + user.encode())
    log.sent(b"QUIT\r\n")
    text = file.read_text("utf-8")
    assert f"1 > AUTH {mechanism.upper()}" in text
    assert text.count("1 > …") == len(answers)
    for form in (*forms, b"desk-7"):
        assert form.decode() not in text
    assert text.endswith("1 > QUIT\n")


def test_only_its_owner_may_read_it_and_an_older_trace_stays(file: Path) -> None:
    file.write_text("older\n")
    file.chmod(0o644)
    trace = Trace.open(str(file), CLOCK)
    trace.log(RELAY)
    trace.close()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text() == f"older\n{AT} 1 * opening {RELAY}\n"


def test_a_hyphen_is_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    trace = Trace.open("-", CLOCK)
    trace.log(RELAY)
    trace.close()
    assert capsys.readouterr() == ("", f"{AT} 1 * opening {RELAY}\n")


def test_a_full_disk_ends_the_trace_with_one_word_and_not_the_sending(
    caplog: pytest.LogCaptureFixture,
) -> None:
    trace = Trace.open("/dev/full", CLOCK)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            log = trace.log(RELAY)
            log.sent(b"x" * 10 + b"RSET\r\n", 10)
            log.received(b"250 ok")
        trace.close()
    assert [record.getMessage() for record in caplog.records] == [
        "the trace to /dev/full ends here: No space left on device; sending goes on without it"
    ]


def test_a_file_that_cannot_be_written_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(DigestError, match=r"cannot be written to .*: Is a directory; take another file"):
        Trace.open(str(tmp_path))


def test_an_answer_without_end_is_cut(file: Path) -> None:
    Trace.open(str(file), CLOCK).log(RELAY).received(b"250 " + b"x" * 100_000)
    assert len(shown(file)[1]) < 1_100


@pytest.mark.parametrize("mechanism", [Mechanism.PLAIN, Mechanism.LOGIN])
def test_a_mail_sent_to_a_real_server_leaves_neither_address_nor_password(
    file: Path, mechanism: Mechanism, certificate: Certificate
) -> None:
    mailbox = Mailbox(refuse={"bob@example.org": ["550 5.1.1 no such user: bob"]})
    trace = Trace.open(str(file))
    with mail_server(mailbox, password="s3cret", starttls=certificate.server) as port:
        options = f"tls=starttls&ca={certificate.file}&auth={mechanism}"
        relay = Relay.parse(f"smtp://digest:s3cret@localhost:{port}?{options}")
        run(mail_to(relay, trace, "ann@example.com", "bob@example.org"))
    text = file.read_text("utf-8")
    assert mailbox.recipients == ["ann@example.com"]
    for said in (
        f"1 * opening smtp://localhost:{port}",
        "1 * secured by TLS",
        f"1 > AUTH {mechanism.upper()}",
    ):
        assert said in text
    for said in ("1 > RCPT TO:<…@example.com>", "1 < 550 5.1.1 no such user: …", "1 > QUIT"):
        assert said in text
    for secret in ("s3cret", "czNjcmV0", "ann", "bob", "bounces", "Ship."):
        assert secret not in text


async def mail_to(relay: Relay, trace: Trace, *recipients: str) -> None:
    """Send a message to each over one connection."""
    client = Client(relay, SendingSettings(), trace=trace)
    for recipient in recipients:
        if await client.announce(Envelope("bounces+x@news.example.com", recipient, 20)) is None:
            await client.send(on_the_line(b"Subject: x\r\n\r\nShip.\r\n"), recipient)
    await client.close()

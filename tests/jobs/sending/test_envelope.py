"""The commands that open an envelope, and the envelopes that no command is made of."""

from __future__ import annotations

import pytest

from digest.errors import TransportError
from jobs.sending.envelope import Envelope, Opening, opening
from jobs.sending.offer import Offer
from jobs.sending.replies import Refused

SENDER, READER, ABROAD = "bounces+a1@news.example.com", "ann@example.org", "jürgen@example.org"
SERVER = "smtp://mail.example.com:25"


def opened(offer: Offer, recipient: str = READER, *, sender: str = SENDER, size: int = 40_960) -> Opening:
    made = opening(Envelope(sender, recipient, size), offer, SERVER)
    assert isinstance(made, Opening), made
    return made


def refused(recipient: str, offer: Offer | None = None) -> Refused:
    made = opening(Envelope(SENDER, recipient, 1), offer or Offer(), SERVER)
    assert isinstance(made, Refused), made
    return made


def test_a_plain_server_is_told_sender_and_reader_and_nothing_else() -> None:
    commands = opened(Offer())
    assert commands.mail == b"MAIL FROM:<bounces+a1@news.example.com>\r\n"
    assert commands.rcpt == b"RCPT TO:<ann@example.org>\r\n"
    assert commands.whole == commands.mail + commands.rcpt + b"DATA\r\n"


def test_the_size_is_told_where_the_server_wants_it_with_a_bound_or_without() -> None:
    for offer in (Offer(takes_size=True), Offer(takes_size=True, size=40_960)):
        assert opened(offer).mail.endswith(b"> SIZE=40960\r\n")


def test_a_message_above_the_bound_is_nobodys_refusal_but_trouble_that_a_person_mends() -> None:
    with pytest.raises(
        TransportError, match="no message of more than 1,000 bytes, this one has 1,001"
    ) as raised:
        opened(Offer(takes_size=True, size=1000), size=1001)
    assert raised.value.permanent


def test_smtputf8_is_asked_for_only_by_a_reader_who_needs_it() -> None:
    offer = Offer(utf8=True, eight_bit=True, takes_size=True)
    assert opened(offer).mail.endswith(b"> SIZE=40960\r\n")
    abroad = opened(offer, ABROAD)
    assert abroad.mail.endswith(b"> SIZE=40960 BODY=8BITMIME SMTPUTF8\r\n")
    assert abroad.rcpt == "RCPT TO:<jürgen@example.org>\r\n".encode()
    assert opened(Offer(utf8=True), ABROAD).mail.endswith(b"> SMTPUTF8\r\n")


def test_without_smtputf8_such_a_reader_is_refused_for_good_and_told_why() -> None:
    answer = refused(ABROAD)
    assert (answer.code, answer.permanent) == (553, True)
    assert answer.text.startswith("5.6.7 the mail server does not offer SMTPUTF8")


@pytest.mark.parametrize(
    "recipient",
    [
        "",
        "ann",
        "@example.org",
        "ann@",
        "ann lee@example.org",
        "ann@example.org>\r\nRCPT TO:<eve@example.org",
        "ann\n@example.org",
        "<ann@example.org>",
        "ann\x00@example.org",
        "a" * 990 + "@example.org",
        "jürgen\u2028@example.org",
        "jürgen\u0085@example.org",
        "jürgen@exämple.org",
        "j\ud800rgen@example.org",
    ],
)
def test_what_is_no_address_never_becomes_a_command(recipient: str) -> None:
    answer = refused(recipient, Offer(utf8=True))
    assert (answer.code, answer.text) == (553, "5.1.3 not an address that can be sent to")


@pytest.mark.parametrize("sender", ["", "desk", "desk@x>\r\nDATA", "bücher@example.com", "a b@example.com"])
def test_a_sender_that_is_no_plain_address_stops_the_issue_not_the_reader(sender: str) -> None:
    with pytest.raises(TransportError, match=r"check \[mail\] from_address") as raised:
        opened(Offer(utf8=True), sender=sender)
    assert raised.value.permanent

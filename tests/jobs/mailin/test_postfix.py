"""Postfix hands over to us, as docs/mailin.md has it set up, and its own bounces come back to us."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Iterator
from dataclasses import replace
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy.orm import Session

from digest.db import Database
from jobs.mailin.router import Bounces, Router
from subscribers.addresses import parse_address
from subscribers.bounces import receive
from subscribers.bounces.verp import BounceTokens, Mail, Sort
from subscribers.joining import add_reader
from subscribers.store import find
from tests.jobs.mailin.bouncing import Bounced
from tests.jobs.mailin.conftest import Serve
from tests.jobs.mailin.postfix import Postfix, postfix
from tests.processes import until
from tests.subscribers.conftest import KEYS
from tests.subscribers.mailin.letters import READER, letter

pytestmark = pytest.mark.postfix

ENVELOPE = "bounces+abcdefgh234567@news.example.com"
Standing = Callable[[], dict[str, str]]


@pytest.fixture
def mta(serve: Serve) -> Iterator[Postfix]:
    """A Postfix in front of our server."""
    with serve() as port, postfix(port) as made:
        yield made


def test_a_sign_up_through_postfix_arrives(mta: Postfix, standing: Standing) -> None:
    with smtplib.SMTP("127.0.0.1", mta.port) as client:
        client.sendmail(READER, ["subscribe@news.example.com"], letter())
    until(lambda: standing() == {READER: "pending"}, lambda: mta.log)


def test_a_real_bounce_comes_back_to_the_address_the_issue_was_sent_from(
    mta: Postfix, bounced: Bounced
) -> None:
    with smtplib.SMTP("127.0.0.1", mta.port) as client:
        client.sendmail(ENVELOPE, ["nobody-lives-here@example.test"], letter(subject="An issue"))
    until(lambda: bounced.received, lambda: mta.log)
    [(recipient, message)] = bounced.received
    report = message_from_bytes(message, policy=default)
    assert recipient == ENVELOPE
    assert report.get_content_type() == "multipart/report"
    assert report["Auto-Submitted"] == "auto-replied"
    assert b"Status: 5.1.1" in message
    assert b"Final-Recipient: rfc822; nobody-lives-here@example.test" in message


def test_case_23_a_real_bounce_of_a_sealed_address_suppresses_its_reader_and_a_forged_one_nobody(
    database: Database, serve: Serve, router: Router, standing: Standing
) -> None:
    gone, other = "nobody-lives-here@example.test", READER
    with database.writing() as session:
        for address in (gone, other):
            add_reader(session, parse_address(address), name=None, clock=router.clock, keys=KEYS)
        reader = find(session, parse_address(gone).key)
        assert reader is not None
        mail = Mail(Sort.ISSUE, 202647, reader.id, router.clock.now().date())
    sender = BounceTokens(KEYS).sender("bounces@news.example.com", mail)
    whole = replace(router, bounces=Bounces("bounces@news.example.com", receive))
    with serve(over=whole) as port, postfix(port) as mta, smtplib.SMTP("127.0.0.1", mta.port) as client:
        client.sendmail(ENVELOPE, [gone], letter(subject="A forged envelope"))
        client.sendmail(sender, [gone], letter(subject="An issue"))
        until(lambda: standing()[gone] == "bounced", lambda: mta.log)
    assert standing() == {gone: "bounced", other: "confirmed"}


def test_postfix_asks_us_first_and_takes_nothing_for_an_address_that_is_none_of_ours(mta: Postfix) -> None:
    with smtplib.SMTP("127.0.0.1", mta.port, timeout=60) as client:
        client.ehlo()
        client.mail(READER)
        code, said = client.rcpt("stranger@news.example.com")
        assert code == 550
        assert b"there is no such address here" in said
        assert client.rcpt("subscribe@news.example.com")[0] == 250


def test_postfix_keeps_a_message_for_as_long_as_we_cannot_take_it(
    serve: Serve, router: Router, standing: Standing
) -> None:
    tries: list[str] = []

    def second_time_lucky(session: Session, message: bytes, recipient: str, **_: object) -> str:
        del session, message
        tries.append(recipient)
        if len(tries) == 1:
            raise OSError("the disk is full")
        return "taken"

    moody = replace(router, bounces=Bounces("bounces@news.example.com", second_time_lucky))
    with serve(over=moody) as port, postfix(port) as mta:
        with smtplib.SMTP("127.0.0.1", mta.port) as client:
            client.sendmail("", [ENVELOPE, "subscribe@news.example.com"], letter())
            client.sendmail(READER, ["subscribe@news.example.com"], letter())
        until(lambda: len(tries) == 2, lambda: mta.log)
        until(lambda: standing() == {READER: "pending"}, lambda: mta.log)

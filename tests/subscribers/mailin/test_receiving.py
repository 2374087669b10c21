"""Coming and leaving by mail, as the list sees it; and what a forged message can do at most."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_address

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from digest.clock import FixedClock
from digest.db import Database
from digest.settings import LimitsSettings
from subscribers.abuse import surge
from subscribers.abuse.clients import IpAddress
from subscribers.addresses import parse_address
from subscribers.asking import Door, Form, Request
from subscribers.events import What, timeline
from subscribers.leaving import suppress
from subscribers.mailin.reading import read
from subscribers.mailin.receiving import Done, Received, count_not_understood, receive
from subscribers.rows import NoticeRow, SubscriberRow
from subscribers.values import Reason, Status
from tests.subscribers.conftest import KEYS
from tests.subscribers.mailin.letters import DOORS, READER, letter

PASSED = "Authentication-Results: mx.example.com; dmarc=pass header.from=example.org"
FAILED = "Authentication-Results: mx.example.com; dmarc=fail header.from=example.org"
Send = Callable[..., Received]
RowOf = Callable[..., SubscriberRow | None]
Add = Callable[..., str]


@pytest.fixture
def send(database: Database, clock: FixedClock) -> Send:
    """Receive a message; return what came of it."""

    def received(
        to: str,
        message: bytes,
        sender: str | None = READER,
        authserv_id: str | None = "mx.example.com",
        client: IpAddress | None = None,
    ) -> Received:
        recipient = DOORS.find(to)
        assert recipient is not None
        with database.writing() as session:
            return receive(
                session,
                read(message),
                recipient,
                sender,
                doors=DOORS,
                authserv_id=authserv_id,
                clock=clock,
                keys=KEYS,
                entrance=Door(database, clock, KEYS, LimitsSettings()),
                client=client,
            )

    return received


@pytest.fixture
def mails(database: Database) -> Callable[[], list[str]]:
    """Return the kinds of all mails that wait to be sent."""

    def kinds() -> list[str]:
        query = select(NoticeRow.kind).where(NoticeRow.state == "pending").order_by(NoticeRow.id)
        with database.reading() as session:
            return list(session.scalars(query))

    return kinds


Mails = Callable[[], list[str]]


def status(row_of: RowOf) -> str | None:
    row = row_of(READER)
    return None if row is None else row.status


@pytest.mark.parametrize(
    ("to", "subject"),
    [
        ("subscribe@news.example.com", "whatever"),
        ("digest+subscribe@example.com", ""),
        ("digest@example.com", "Subscribe"),
        ("digest@example.com", "=?utf-8?q?subscribe?="),
        ("digest@example.com", "Subscribe me, please"),
    ],
)
def test_a_sign_up_by_mail_is_asked_to_confirm_and_nothing_else(
    send: Send, row_of: RowOf, mails: Mails, to: str, subject: str
) -> None:
    assert send(to, letter(subject=subject)).done is Done.ASKED
    row = row_of(READER)
    assert row is not None
    assert (row.status, row.name, row.consent) == (Status.PENDING, None, "mail")
    assert mails() == ["confirm"]


def test_the_same_message_again_asks_nobody_again(send: Send, mails: Mails) -> None:
    for _ in range(3):
        send("subscribe@news.example.com", letter())
    assert mails() == ["confirm"]


def test_case_22_a_forged_from_causes_at_most_three_mails_a_day(
    send: Send, mails: Mails, clock: FixedClock
) -> None:
    for _ in range(200):
        send("subscribe@news.example.com", letter(), "attacker@example.net")
        clock.at += timedelta(minutes=7)
    assert len(mails()) == 3


def test_case_22_what_dmarc_calls_forged_causes_nothing(
    send: Send, add: Add, row_of: RowOf, mails: Mails
) -> None:
    assert send("subscribe@news.example.com", letter(FAILED)).done is Done.IGNORED
    assert row_of(READER) is None
    add(READER)
    assert send("unsubscribe@news.example.com", letter(FAILED)).done is Done.IGNORED
    assert (status(row_of), mails()) == (Status.CONFIRMED, [])


def test_a_confirmed_reader_stays_untouched_by_a_sign_up(
    send: Send, add: Add, row_of: RowOf, mails: Mails
) -> None:
    add(READER)
    assert send("subscribe@news.example.com", letter()).done is Done.KNOWN
    assert (status(row_of), mails()) == (Status.CONFIRMED, [])


def test_a_suppressed_address_gets_no_mail(
    send: Send, database: Database, clock: FixedClock, mails: Mails
) -> None:
    with database.writing() as session:
        suppress(session, parse_address(READER), Reason.COMPLAINT, clock=clock, keys=KEYS)
    assert send("subscribe@news.example.com", letter()).done is Done.SUPPRESSED
    assert mails() == []


def test_the_readers_own_address_to_leave_takes_them_off_at_once(
    send: Send, add: Add, row_of: RowOf, mails: Mails, database: Database
) -> None:
    address = DOORS.leave_at(KEYS)(add(READER))
    assert send(address.upper(), letter()).done is Done.LEFT
    row = row_of(READER)
    assert row is not None
    assert (row.status, mails()) == (Status.UNSUBSCRIBED, ["goodbye"])
    with database.reading() as session:
        [_, event] = timeline(session, row.id)
    assert (event.what, event.detail) == (What.LEFT, {"by": "mail", "was": "confirmed"})


def test_leaving_twice_changes_nothing(send: Send, add: Add, mails: Mails) -> None:
    address = DOORS.leave_at(KEYS)(add(READER))
    send(address, letter())
    assert send(address, letter()).done is Done.NOT_LISTED
    assert mails() == ["goodbye"]


def test_a_mail_providers_program_may_leave_for_its_user(send: Send, add: Add, row_of: RowOf) -> None:
    address = DOORS.leave_at(KEYS)(add(READER))
    assert send(address, letter("Auto-Submitted: auto-generated"), "").done is Done.LEFT
    assert status(row_of) == Status.UNSUBSCRIBED


def test_another_readers_tag_or_a_changed_one_takes_nobody_off(send: Send, add: Add, row_of: RowOf) -> None:
    other = DOORS.leave_at(KEYS)(add("other@example.org"))
    add(READER)
    send(other, letter())
    assert status(row_of) == Status.CONFIRMED
    changed = other.replace("+", "+a", 1)
    assert send(changed, letter()).done is Done.NOT_UNDERSTOOD
    assert status(row_of) == Status.CONFIRMED


@pytest.mark.parametrize(
    ("to", "subject"),
    [
        ("unsubscribe@news.example.com", "subscribe"),
        ("digest+unsubscribe@example.com", ""),
        ("digest@example.com", "unsubscribe"),
        ("digest@example.com", "Re: unsubscribe"),
        ("digest@example.com", "Bitte abmelden"),
    ],
)
def test_without_a_tag_a_reader_is_mailed_the_link_and_stays(
    send: Send, add: Add, row_of: RowOf, mails: Mails, to: str, subject: str
) -> None:
    add(READER)
    assert send(to, letter(subject=subject)).done is Done.SENT_LINK
    assert (status(row_of), mails()) == (Status.CONFIRMED, ["leave"])


def test_case_22_links_to_leave_are_limited_like_confirmations(
    send: Send, add: Add, mails: Mails, clock: FixedClock
) -> None:
    add(READER)
    for _ in range(200):
        send("unsubscribe@news.example.com", letter(), "attacker@example.net")
        clock.at += timedelta(minutes=7)
    assert mails() == ["leave"] * 3


def test_a_reader_our_server_vouches_for_leaves_at_once(send: Send, add: Add, row_of: RowOf) -> None:
    add(READER)
    assert send("unsubscribe@news.example.com", letter(PASSED)).done is Done.LEFT
    assert status(row_of) == Status.UNSUBSCRIBED


def test_case_22_without_a_name_for_our_server_a_forged_pass_is_worth_nothing(
    send: Send, add: Add, row_of: RowOf
) -> None:
    add(READER)
    done = send("unsubscribe@news.example.com", letter(PASSED), authserv_id=None).done
    assert (done, status(row_of)) == (Done.SENT_LINK, Status.CONFIRMED)


def test_strangers_and_those_who_never_confirmed_get_no_link(send: Send, mails: Mails) -> None:
    assert send("unsubscribe@news.example.com", letter()).done is Done.NOT_LISTED
    send("subscribe@news.example.com", letter())
    assert send("unsubscribe@news.example.com", letter()).done is Done.NOT_LISTED
    assert mails() == ["confirm"]


@pytest.mark.parametrize("to", ["subscribe@news.example.com", "unsubscribe@news.example.com"])
@pytest.mark.parametrize(
    ("message", "sender"),
    [
        (letter(), ""),
        (letter("Auto-Submitted: auto-replied"), READER),
        (letter("List-Id: <dogs.example.net>"), READER),
        (letter(author="dogs-request@example.org"), READER),
        (letter(author="digest@example.com"), READER),
        (letter(author="a@example.org, b@example.org"), READER),
        (letter(author="Nobody"), READER),
    ],
)
def test_case_22_a_program_or_a_forger_gets_no_answer(
    send: Send, mails: Mails, add: Add, row_of: RowOf, to: str, message: bytes, sender: str
) -> None:
    add(READER)
    assert send(to, message, sender).done is Done.IGNORED
    assert (status(row_of), mails()) == (Status.CONFIRMED, [])


@pytest.mark.parametrize("subject", ["Re: unsubscribe", "Subscribe me", "abmelden"])
def test_case_22_a_program_that_answers_with_such_a_subject_gets_nothing(
    send: Send, add: Add, row_of: RowOf, mails: Mails, subject: str
) -> None:
    add(READER)
    answered = letter("Auto-Submitted: auto-replied", subject=subject)
    assert send("digest@example.com", answered).done is Done.IGNORED
    assert send("digest@example.com", letter(subject=subject), "").done is Done.IGNORED
    assert (status(row_of), mails()) == (Status.CONFIRMED, [])


def test_other_mail_to_the_lists_address_is_counted_for_a_day(
    send: Send, mails: Mails, database: Database, clock: FixedClock
) -> None:
    for _ in range(2):
        assert send("digest@example.com", letter(subject="Your last issue")).done is Done.NOT_UNDERSTOOD
    assert send("digest@example.com", letter("Auto-Submitted: auto-replied")).done is Done.IGNORED
    assert mails() == []
    with database.reading() as session:
        assert count_not_understood(session, clock.at) == 2
        assert count_not_understood(session, clock.at + timedelta(days=1)) == 0


def test_case_22_forged_mail_asks_few_strangers_and_takes_nothing_from_the_form(
    send: Send, mails: Mails, database: Database, clock: FixedClock
) -> None:
    done = [
        send("subscribe@news.example.com", letter(author=f"forged{number}@example.org")).done
        for number in range(520)
    ]
    assert done == [Done.ASKED] * 20 + [Done.HELD_UP] * 500
    with database.reading() as session:
        assert surge.under_way(session, clock.at) is None
    door = Door(database, clock, KEYS, LimitsSettings())
    door.ask(Request(parse_address("a-person@example.org"), None, Form.PAGE, ip_address("192.0.2.1")))
    assert len(mails()) == 21


def test_case_22_forged_mail_of_many_domains_is_bounded_too(send: Send, mails: Mails) -> None:
    for number in range(100):
        send("subscribe@news.example.com", letter(author=f"forged@example{number}.org"))
    assert len(mails()) == 40


def test_case_22_one_machine_signs_up_few_and_leaves_the_rest_to_others(send: Send, mails: Mails) -> None:
    client = ip_address("192.0.2.1")
    for number in range(100):
        send("subscribe@news.example.com", letter(author=f"forged@example{number}.org"), client=client)
    assert len(mails()) == 10
    assert send("subscribe@news.example.com", letter()).done is Done.ASKED


def test_sign_ups_by_mail_wait_for_no_surge_at_the_form(
    send: Send, database: Database, clock: FixedClock
) -> None:
    with database.writing() as session:
        for _ in range(200):
            surge.due(session, LimitsSettings(), clock.at)
    assert send("subscribe@news.example.com", letter()).done is Done.ASKED
    with database.reading() as session:
        assert session.scalar(select(NoticeRow.next_try_at)) == clock.at


def test_what_is_said_of_a_message_names_nobody(send: Send, add: Add) -> None:
    add(READER)
    for to in ("subscribe@news.example.com", "unsubscribe@news.example.com", "digest@example.com"):
        for message in (letter(), letter("Auto-Submitted: x"), letter(author="noreply@example.org")):
            assert "example" not in str(send(to, message))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    message=st.one_of(
        st.binary(max_size=2_000),
        st.binary(max_size=500).map(lambda noise: letter()[:-10] + noise),
        st.binary(max_size=200).map(lambda noise: b"From: " + noise + b"\r\nSubject: " + noise + b"\r\n\r\n"),
    ),
    door=st.sampled_from(
        ["subscribe@news.example.com", "unsubscribe@news.example.com", "digest@example.com"]
    ),
    sender=st.one_of(st.none(), st.text(max_size=100)),
)
def test_no_bytes_crash_it_or_take_a_reader_off(
    send: Send, database: Database, message: bytes, door: str, sender: str | None
) -> None:
    send(door, message, sender)
    with database.reading() as session:
        gone = select(func.count()).where(SubscriberRow.status == Status.UNSUBSCRIBED)
        assert session.scalar(gone) == 0

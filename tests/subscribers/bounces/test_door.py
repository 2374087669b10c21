"""Refusals while a mail is handed over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from digest.settings import BounceSettings
from subscribers import counting, notices, store
from subscribers.addresses import address_hashes, parse_address
from subscribers.bounces.door import code_of_mailbox, refused, refused_notice
from subscribers.choices.moving import ask_to_move, move, nonce_for
from subscribers.rows import SoftBounceRow
from subscribers.tokens import Purpose
from subscribers.values import Status
from tests.subscribers.bounces.conftest import Returns

pytestmark = pytest.mark.both_databases


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("550 5.1.1 no such user", "5.1.1"),
        ("5.1.10 RecipientNotFound", "5.1.10"),
        ("550 5.2.1 disabled", "5.2.1"),
        ("552 5.2.2 over quota", "5.2.2"),
        ("452 4.2.2 over quota", "4.2.2"),
        ("550 no such user", None),
        ("550 5.7.1 not from you", None),
        ("550 5.1.8 your domain", None),
        ("553 5.1.3 not an address", None),
        ("451 4.7.1 greylisted", None),
        ("550 5.4.1 access denied", None),
        ("550 see 5.1.1", None),
    ],
)
def test_case_23_only_a_code_about_the_mailbox_counts(reply: str, code: str | None) -> None:
    assert code_of_mailbox(reply) == code


def hand_over(returns: Returns, code: str) -> None:
    with returns.database.writing() as session:
        refused(
            session,
            {returns.row.id: code},
            "2026-W47",
            returns.clock.at.date(),
            clock=returns.clock,
            keys=returns.keys,
            settings=BounceSettings(),
        )


def test_case_23_a_mailbox_that_is_not_there_at_smtp_time_is_suppressed_once(returns: Returns) -> None:
    hand_over(returns, "5.1.1")
    hand_over(returns, "5.1.1")
    assert returns.row.status == Status.BOUNCED
    assert returns.told() == ["bounced", "suppressed"]


@pytest.mark.parametrize("code", ["5.1.1", "5.2.2"])
def test_a_refusal_at_the_old_address_tells_nothing_of_the_new_one(returns: Returns, code: str) -> None:
    hand_over(returns, code)
    link = returns.tokens.sign(Purpose.PREFERENCES, returns.public_id)
    with returns.database.writing() as session:
        new = parse_address("new@example.org")
        ask_to_move(session, returns.tokens, link, new, clock=returns.clock, keys=returns.keys)
        change = returns.tokens.sign(Purpose.CHANGE, nonce_for(returns.keys, returns.public_id, new))
        move(session, returns.tokens, change, clock=returns.clock, keys=returns.keys)
    told = returns.told()
    hand_over(returns, code)
    assert (returns.row.address, returns.row.status) == ("new@example.org", Status.CONFIRMED)
    assert returns.told() == told
    with returns.database.reading() as session:
        assert not store.suppressions(session, address_hashes(returns.keys, "new@example.org"))
        assert session.scalar(select(func.count()).select_from(SoftBounceRow)) == 0


def test_a_full_mailbox_is_counted_once_whether_told_at_the_door_or_by_mail(returns: Returns) -> None:
    hand_over(returns, "5.2.2")
    hand_over(returns, "5.2.2")
    returns.take(returns.sample("gmail-out-of-storage"))
    assert returns.told() == ["bounced"]
    for _ in range(4):
        returns.clock.at += timedelta(weeks=1)
        hand_over(returns, "5.2.2")
    assert returns.told() == ["bounced"] * 5 + ["probed"]


def test_what_still_waits_for_a_suppressed_reader_is_taken_back(
    returns: Returns, queued: Callable[[], list[str]]
) -> None:
    with returns.database.writing() as session:
        notices.queue(
            session,
            notices.WELCOME,
            returns.row.id,
            "reader@example.com",
            returns.clock.at,
            keys=returns.keys,
        )
    hand_over(returns, "5.1.1")
    with returns.database.reading() as session:
        assert counting.count_suppressed(session) == 1
    assert queued() == ["cancelled"]


@pytest.mark.parametrize(
    ("reply", "probe", "status"),
    [
        ("550 5.1.1 unknown", False, Status.BOUNCED),
        ("550 5.1.1 unknown", True, Status.BOUNCED),
        ("552 5.2.2 full", True, Status.BOUNCED),
        ("552 5.2.2 full", False, Status.CONFIRMED),
        ("550 refused", True, Status.BOUNCED),
        ("452 4.2.2 full", True, Status.BOUNCED),
        ("450 4.1.1 cannot be verified", True, Status.BOUNCED),
        ("452 4.2.2 full", False, Status.CONFIRMED),
        ("452 4.3.1 no space left", True, Status.CONFIRMED),
        ("451 4.7.1 greylisted", True, Status.CONFIRMED),
        ("451 later", True, Status.CONFIRMED),
        ("no answer to the message: 550", True, Status.CONFIRMED),
        ("550 5.7.1 not from you", True, Status.CONFIRMED),
        ("550 refused", False, Status.CONFIRMED),
    ],
)
def test_a_notice_that_is_refused(returns: Returns, reply: str, probe: bool, status: Status) -> None:
    with returns.database.writing() as session:
        kind = notices.PROBE if probe else notices.RECONFIRM
        notices.queue(
            session, kind, returns.row.id, "reader@example.com", returns.clock.at, keys=returns.keys
        )
    with returns.database.writing() as session:
        refused_notice(
            session,
            returns.mail(notice=1),
            reply,
            probe=probe,
            clock=returns.clock,
            keys=returns.keys,
            settings=BounceSettings(),
        )
    assert returns.row.status == status

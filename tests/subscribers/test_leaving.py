"""Leaving the list: at once, for good, and without a trace when that is asked for."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from digest.clock import FixedClock
from digest.db import Database
from digest.errors import NotFound
from digest.votes.store import forget
from subscribers import counting, leaving, notices, store
from subscribers.addresses import parse_address
from subscribers.audience import audience_select, count_audience
from subscribers.events import What, timeline
from subscribers.joining import Answer
from subscribers.moving.exporting import write_csv
from subscribers.moving.importing import import_file
from subscribers.rows import SubscriberRow
from subscribers.tokens import BadToken, Purpose, Tokens
from subscribers.values import Reason, Status
from tests.stock import NOW
from tests.subscribers.conftest import KEYS

Add = Callable[..., str]
RowOf = Callable[..., SubscriberRow | None]

ANN = parse_address("reader@example.com")


def audience(database: Database) -> int:
    with database.reading() as session:
        return count_audience(session, NOW)


def test_unsubscribing_works_at_once_and_again_changes_nothing(
    database: Database, add: Add, tokens: Tokens, clock: FixedClock, row_of: RowOf
) -> None:
    token = tokens.sign(Purpose.UNSUBSCRIBE, add())
    assert audience(database) == 1
    for _ in range(3):
        with database.writing() as session:
            leaving.unsubscribe(session, tokens, token, clock=clock, keys=KEYS)
        assert audience(database) == 0
    row = row_of()
    assert row is not None
    assert (row.status, row.left_at) == (Status.UNSUBSCRIBED, clock.at)
    with database.reading() as session:
        events = timeline(session, row.id)
    assert [(event.what, event.detail) for event in events[1:]] == [
        (What.LEFT, {"by": "link", "was": "confirmed"})
    ]


def test_unsubscribing_takes_back_a_mail_that_waits(
    database: Database,
    ask: Callable[..., Answer],
    tokens: Tokens,
    clock: FixedClock,
    row_of: RowOf,
    queued: Callable[[], list[str]],
) -> None:
    ask()
    row = row_of()
    assert row is not None
    with database.writing() as session:
        leaving.unsubscribe(
            session, tokens, tokens.sign(Purpose.UNSUBSCRIBE, row.public_id), clock=clock, keys=KEYS
        )
    assert queued() == ["cancelled"]


def test_the_link_of_an_erased_reader_still_answers(
    database: Database, tokens: Tokens, clock: FixedClock
) -> None:
    token = tokens.sign(Purpose.UNSUBSCRIBE, "erased since")
    with database.writing() as session:
        leaving.unsubscribe(session, tokens, token, clock=clock, keys=KEYS)
        assert leaving.holder(session, tokens, token, clock=clock) is None


def test_a_tampered_link_takes_nobody_off(
    database: Database, add: Add, tokens: Tokens, clock: FixedClock
) -> None:
    token = tokens.sign(Purpose.UNSUBSCRIBE, add())
    with pytest.raises(BadToken), database.writing() as session:
        leaving.unsubscribe(session, tokens, token[:-3], clock=clock, keys=KEYS)
    assert audience(database) == 1


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (Reason.BOUNCE, Status.BOUNCED),
        (Reason.COMPLAINT, Status.COMPLAINED),
        (Reason.OPERATOR, Status.UNSUBSCRIBED),
    ],
)
def test_suppressing_a_reader_writes_hash_and_status(
    database: Database,
    add: Add,
    clock: FixedClock,
    keys: tuple[str, ...],
    row_of: RowOf,
    reason: Reason,
    status: Status,
) -> None:
    add()
    with database.writing() as session:
        leaving.suppress(session, ANN, reason, clock=clock, keys=keys)
        leaving.suppress(session, ANN, reason, clock=clock, keys=keys)
        assert counting.count_suppressed(session) == 1
    row = row_of()
    assert row is not None
    assert row.status == status
    assert audience(database) == 0


def test_who_bounces_is_sent_nothing_that_still_waits(
    database: Database, add: Add, queued: Callable[[], list[str]], clock: FixedClock, keys: tuple[str, ...]
) -> None:
    add("reader@example.com")
    with database.writing() as session:
        [reader] = session.scalars(audience_select(clock.at))
        notices.queue(session, notices.RECONFIRM, reader, "reader@example.com", clock.at, keys=keys)
        leaving.mark_bounced(session, {reader: "5.1.1"}, "2026-W47", clock=clock, keys=keys)
    assert queued() == [notices.CANCELLED]


def test_readers_whose_mailbox_does_not_exist_are_suppressed_together(
    database: Database, add: Add, clock: FixedClock, keys: tuple[str, ...]
) -> None:
    for number in range(5):
        add(f"reader{number}@example.com")
    with database.writing() as session:
        ids = list(session.scalars(audience_select(clock.at)))
        gone = dict.fromkeys(ids[:3], "5.1.1")
        assert leaving.mark_bounced(session, gone | {999: "5.1.1"}, "2026-W47", clock=clock, keys=keys) == 3
        assert leaving.mark_bounced(session, gone, "2026-W47", clock=clock, keys=keys) == 0
        assert counting.count_by_status(session, clock.at)[Status.BOUNCED] == 3
        assert counting.count_suppressed(session) == 3
        assert [store.contacts(session, ids, clock.at)[number].status for number in ids[2:4]] == [
            Status.BOUNCED,
            Status.CONFIRMED,
        ]


def test_case_25_an_erased_address_stays_suppressed_and_is_nowhere_in_plain(
    database: Database,
    add: Add,
    ask: Callable[..., Answer],
    clock: FixedClock,
    keys: tuple[str, ...],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    for number in range(200):
        add(f"other{number}@example.com")
    add("forget.me@example.com", name="Forgetful")
    with database.writing() as session:
        leaving.erase(session, parse_address("Forget.Me@example.com"), clock=clock, keys=keys, forget=forget)
    assert database.fold()

    rejects = tmp_path / "rejects.csv"
    for row in (b"forget.me@example.com,Forgetful,", b"Forget.Me@example.com,Forgetful,unsubscribed"):
        file = io.BytesIO(b"email,name,status\n" + row)
        report = import_file(database, file, "again.csv", clock=clock, keys=keys, rejects=str(rejects))
        assert (report.added.total(), report.suppressed) == (0, 1)
    assert ask("forget.me@example.com") is Answer.SUPPRESSED

    exported = io.StringIO()
    with database.reading() as session:
        write_csv(store.readers(session, clock.at), exported)
    assert database.file is not None
    kept = [*database.file.parent.glob(database.file.name + "*")]
    for text in (exported.getvalue(), caplog.text, "\n".join(report.problems), rejects.read_text("utf-8")):
        assert "forget.me" not in text.lower()
    for path in kept:
        assert b"forget" not in path.read_bytes().lower(), path.name


def test_erasing_twice_is_fine_and_erasing_a_stranger_says_so(
    database: Database, add: Add, clock: FixedClock, keys: tuple[str, ...]
) -> None:
    add()
    with database.writing() as session:
        leaving.erase(session, ANN, clock=clock, keys=keys, forget=forget)
        leaving.erase(session, ANN, clock=clock, keys=keys, forget=forget)
    with pytest.raises(NotFound, match="nothing to erase"), database.writing() as session:
        leaving.erase(session, parse_address("stranger@example.com"), clock=clock, keys=keys, forget=forget)

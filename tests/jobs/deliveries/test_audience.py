"""Who gets an issue, which edition of it, and when it is first tried."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from jobs.deliveries import store
from jobs.deliveries.audience import Editions, Times, freeze_audience
from jobs.deliveries.rows import DeliveryRow
from subscribers.audience import audience_select
from subscribers.rows import SubscriberRow
from tests.jobs.mailing import Mailing

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
EVENING = NOW + timedelta(hours=9)


def frozen(
    mailing: Mailing, editions: Editions, times: Times, turn: int | None = None
) -> dict[int, DeliveryRow]:
    """Freeze the audience anew; return its deliveries by reader."""
    with mailing.database.writing() as session:
        session.execute(delete(DeliveryRow))
        freeze_audience(session, mailing.issue_id, audience_select(NOW, turn), NOW, editions, times)
        return {row.reader_id: row for row in session.scalars(select(DeliveryRow).order_by(DeliveryRow.id))}


def choose(mailing: Mailing, *readers: int, **columns: object) -> None:
    with mailing.database.writing() as session:
        session.execute(update(SubscriberRow).where(SubscriberRow.id.in_(readers)).values(**columns))


def test_each_reader_gets_the_edition_of_their_choice(mailing: Mailing) -> None:
    choose(mailing, 2, 3, interests="Music\nTravel")
    choose(mailing, 3, language="de")
    rows = frozen(mailing, {("en", ""): None, ("en", "Music\nTravel"): 7, ("de", "Music\nTravel"): 8}, {})
    assert {reader: row.edition_id for reader, row in rows.items() if row.edition_id} == {2: 7, 3: 8}
    assert len(rows) == 10


def test_each_reader_is_first_tried_at_their_hour(mailing: Mailing) -> None:
    choose(mailing, 4, 5, hour=18)
    choose(mailing, 5, zone="Asia/Tokyo")
    rows = frozen(mailing, {}, {(18, None): EVENING, (18, "Asia/Tokyo"): NOW + timedelta(hours=1)})
    assert {rows[reader].next_try_at for reader in (1, 2, 3)} == {NOW}
    assert rows[4].next_try_at == EVENING
    assert rows[5].next_try_at == NOW + timedelta(hours=1)


def test_a_choice_made_this_very_moment_loses_nobody(mailing: Mailing) -> None:
    choose(mailing, 6, language="de", interests="Chess", hour=3, zone="Asia/Tokyo")
    row = frozen(mailing, {}, {})[6]
    assert (row.edition_id, row.next_try_at) == (None, NOW)


def test_deliveries_are_numbered_edition_by_edition(mailing: Mailing) -> None:
    choose(mailing, 1, 4, 9, language="de")
    choose(mailing, 2, 8, interests="Music")
    rows = frozen(mailing, {("de", ""): 5, ("en", "Music"): 6}, {})
    assert list(rows) == [3, 5, 6, 7, 10, 1, 4, 9, 2, 8]


def test_four_issues_reach_every_monthly_reader_once(mailing: Mailing) -> None:
    choose(mailing, *range(1, 9), every_weeks=4)
    got = [frozen(mailing, {}, {}, turn) for turn in range(3, 7)]
    assert sorted(reader for rows in got for reader in rows) == sorted([*range(1, 9), *[9, 10] * 4])
    assert [len(rows) for rows in got] == [4, 4, 4, 4]


def test_freezing_leaves_nothing_behind_but_deliveries(mailing: Mailing) -> None:
    for _ in range(2):
        frozen(mailing, {("de", ""): 1}, {(1, None): NOW})
    with mailing.database.reading() as session, pytest.raises(DBAPIError, match="chosen_edition"):
        session.execute(text("select * from chosen_edition"))


def test_a_claim_has_what_is_due_and_its_edition(mailing: Mailing) -> None:
    choose(mailing, 1, language="de")
    choose(mailing, 2, hour=18)
    frozen(mailing, {("de", ""): 3}, {(18, None): EVENING})
    with mailing.database.reading() as session:
        due = store.claim_due(session, mailing.issue_id, NOW, 100)
        assert store.waiting_for_hour(session, mailing.issue_id, NOW) == 1
        assert store.waiting_for_hour(session, mailing.issue_id, EVENING) == 0
    chosen = {one.delivery.reader_id: one.delivery.edition_id for one in due}
    assert chosen == {1: 3, **dict.fromkeys(range(3, 11))}


def test_an_issue_is_idle_while_all_wait_for_their_hour(mailing: Mailing) -> None:
    choose(mailing, *range(1, 11), hour=18)
    frozen(mailing, {}, {(18, None): EVENING})
    with mailing.database.writing() as session:
        assert store.is_idle(session, mailing.issue_id, NOW)
        assert not store.is_idle(session, mailing.issue_id, EVENING)
        session.execute(update(DeliveryRow).where(DeliveryRow.reader_id == 1).values(state="sending"))
        assert not store.is_idle(session, mailing.issue_id, NOW)

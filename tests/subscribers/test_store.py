"""The queries: who is the audience, what the sender gets, and that an index carries what grows."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, update
from sqlalchemy.orm import Session

from digest.clock import FixedClock
from digest.db import Database
from subscribers import counting, store
from subscribers.addresses import parse_address
from subscribers.audience import audience_select, count_audience, hours, segments
from subscribers.rows import SubscriberRow
from subscribers.values import Reader, Status
from tests.stock import NOW, stock_readers


@pytest.fixture
def one_of_each(database: Database, clock: FixedClock) -> None:
    """A list with one reader in each status, named after it."""
    with database.writing() as session:
        store.insert_readers(
            session,
            [
                store.new_reader(
                    parse_address(f"{status}@example.com"),
                    status.upper(),
                    status,
                    consent="import",
                    now=clock.at,
                )
                for status in Status
            ],
        )


@pytest.mark.usefixtures("one_of_each")
def test_only_confirmed_readers_are_the_audience(database: Database) -> None:
    with database.reading() as session:
        ids = list(session.scalars(audience_select(NOW)))
        assert [contact.address for contact in store.contacts(session, ids, NOW).values()] == [
            "confirmed@example.com"
        ]
        assert count_audience(session, NOW) == 1


@pytest.mark.usefixtures("one_of_each")
def test_a_pause_ends_by_itself_at_its_moment_and_not_before(database: Database, clock: FixedClock) -> None:
    ends, just_before = clock.at + timedelta(days=28), clock.at + timedelta(days=28, microseconds=-1)
    with database.writing() as session:
        row = store.find(session, "paused@example.com")
        assert row is not None
        row.paused_until = ends

    def standing(now: datetime) -> tuple[set[str], Status, int, list[str]]:
        with database.reading() as session:
            audience = store.contacts(session, list(session.scalars(audience_select(now))), now)
            assert count_audience(session, now) == len(audience)
            return (
                {contact.address.partition("@")[0] for contact in audience.values()},
                store.contacts(session, [row.id], now)[row.id].status,
                counting.count_by_status(session, now)[Status.PAUSED],
                [reader.email for reader in store.readers(session, now, store.Part(Status.PAUSED))],
            )

    assert standing(just_before) == ({"confirmed"}, Status.PAUSED, 1, ["paused@example.com"])
    assert standing(ends) == ({"confirmed", "paused"}, Status.CONFIRMED, 0, [])
    with database.reading() as session:
        listed = {reader.email: reader.paused_until for reader in store.readers(session, just_before)}
        assert listed == {f"{status}@example.com": None for status in Status} | {"paused@example.com": ends}
        assert set(store.readers(session, ends, store.Part(Status.CONFIRMED))) > set(
            store.readers(session, just_before, store.Part(Status.CONFIRMED))
        )


@pytest.mark.usefixtures("one_of_each")
def test_a_pause_without_a_day_goes_on_until_the_reader_ends_it(database: Database) -> None:
    with database.reading() as session:
        later = NOW + timedelta(days=3650)
        assert count_audience(session, later) == 1
        assert counting.count_by_status(session, later)[Status.PAUSED] == 1


@pytest.mark.usefixtures("one_of_each")
def test_contacts_carry_the_status_of_now_and_leave_out_the_erased(database: Database) -> None:
    with database.reading() as session:
        found = store.contacts(session, range(1, 50_000), NOW)
        assert {contact.status for contact in found.values()} == set(Status)
        assert all(found[number].id == number for number in found)
        assert store.contacts(session, [], NOW) == {}


@pytest.mark.usefixtures("one_of_each")
def test_an_address_that_is_there_is_not_inserted_again(database: Database, clock: FixedClock) -> None:
    again = store.new_reader(
        parse_address("PENDING@example.com"), "Mallory", Status.CONFIRMED, consent="form", now=clock.at
    )
    with database.writing() as session:
        store.insert_readers(session, [again])
        row = store.find(session, "pending@example.com")
    assert row is not None
    assert (row.name, row.status) == ("PENDING", "pending")


def test_readers_come_page_by_page_in_the_order_they_joined(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_PAGE", 10)
    addresses = [f"r{number}@example.com" for number in range(25)]
    with database.writing() as session:
        for address in addresses:
            row = store.new_reader(
                parse_address(address), None, Status.CONFIRMED, consent="form", now=clock.at
            )
            store.insert_readers(session, [row])

        def emails(status: Status | None = None, limit: int | None = None) -> list[str]:
            return [reader.email for reader in store.readers(session, NOW, store.Part(status), limit)]

        assert emails() == addresses
        assert emails(limit=13) == addresses[:13]
        assert emails(limit=10) == addresses[:10]
        assert emails(Status.PENDING) == []


def test_ids_made_together_are_told_apart_and_are_those_of_sixteen_bytes() -> None:
    ids = store.new_public_ids(500)
    assert len(set(ids)) == 500
    for one in ids:
        assert urlsafe_b64encode(urlsafe_b64decode(f"{one}==")).decode() == f"{one}=="
    assert store.new_public_ids(1)[0][:4] != ids[0][:4]


def test_a_reader_in_json_has_the_words_of_the_design(clock: FixedClock) -> None:
    until = clock.at + timedelta(days=28)
    assert Reader("id1", "ann@example.com", None, Status.PAUSED, clock.at, until).as_json() == {
        "id": "id1",
        "email": "ann@example.com",
        "name": None,
        "status": "paused",
        "joined_at": "2026-11-20T09:00:00+00:00",
        "paused_until": "2026-12-18T09:00:00+00:00",
    }


_GIVEN = "'SCAN anon_1 VIRTUAL TABLE INDEX 1:'"


def plans(database: Database, use: Callable[[Session], object]) -> list[str]:
    """Return SQLite's plan for every SELECT that ``use`` runs."""
    seen: list[tuple[str, tuple[Any, ...]]] = []

    def note(
        connection: Connection, cursor: Any, statement: str, values: tuple[Any, ...], *rest: object
    ) -> None:
        if statement.startswith("SELECT"):
            seen.append((f"EXPLAIN QUERY PLAN {statement}", values))

    with database.reading() as session:
        event.listen(database.engine, "before_cursor_execute", note)
        use(session)
        event.remove(database.engine, "before_cursor_execute", note)
        driver = session.connection()
        return [" ".join(str(row) for row in driver.exec_driver_sql(sql, values)) for sql, values in seen]


@pytest.mark.parametrize(
    "use",
    [
        lambda session: session.scalars(audience_select(NOW)).all(),
        lambda session: store.contacts(session, [1, 2], NOW),
        lambda session: list(store.readers(session, NOW, store.Part(Status.PENDING))),
        lambda session: list(store.readers(session, NOW, store.Part(Status.PAUSED))),
        lambda session: list(store.readers(session, NOW, store.Part(Status.CONFIRMED))),
        lambda session: list(store.readers(session, NOW, store.Part(Status.CONFIRMED, "Music", "de"))),
        lambda session: store.find(session, "a@b.org"),
        lambda session: store.find_by_public_id(session, "x"),
        lambda session: store.statuses(session, ["a@b.org"]),
        lambda session: store.suppressions(session, ["hash"]),
        lambda session: list(store.readers(session, NOW, after=2, limit=2)),
    ],
)
@pytest.mark.usefixtures("one_of_each")
def test_what_grows_with_the_list_is_found_by_index(
    database: Database, use: Callable[[Session], object]
) -> None:
    found = plans(database, use)
    assert found
    # What is looked for comes as a list that is read from end to end; nothing else is.
    assert all("SEARCH" in plan and "SCAN" not in plan.replace(_GIVEN, "") for plan in found), found
    assert not any("ORDER BY" in plan for plan in found), found


@pytest.mark.usefixtures("one_of_each")
def test_who_stays_is_looked_for_by_address(database: Database) -> None:
    [found] = plans(database, lambda session: store.staying(session, ["a@b.org"]))
    assert "SEARCH subscriber USING INDEX sqlite_autoindex_subscriber_1 (address_key=?)" in found


@pytest.mark.usefixtures("one_of_each")
def test_counting_reads_no_reader_but_the_paused(database: Database) -> None:
    resumed, by_status = sorted(plans(database, lambda session: counting.count_by_status(session, NOW)))
    assert "SCAN reader_count" in by_status
    assert "SEARCH subscriber USING INDEX ix_subscriber_status_id (status=?)" in resumed


@pytest.fixture
def some(session: Session, clock: FixedClock) -> Session:
    """Three readers, one of whom gave a name."""
    named = (("ann@example.com", "Mary Lee"), ("bob@example.org", None), ("c@annex.example", None))
    store.insert_readers(
        session,
        [
            store.new_reader(parse_address(address), name, Status.CONFIRMED, consent="import", now=clock.at)
            for address, name in named
        ],
    )
    return session


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ("ANN", ["ann@example.com", "c@annex.example"]),
        ("lee", ["ann@example.com"]),
        ("%", []),
        ("", ["ann@example.com", "bob@example.org", "c@annex.example"]),
    ],
)
def test_readers_are_searched_by_part_of_address_or_name(some: Session, part: str, found: list[str]) -> None:
    assert [reader.email for reader in store.search(some, part, 10, NOW)] == found


def test_a_search_finds_no_more_than_asked_for(some: Session) -> None:
    assert len(store.search(some, "", 2, NOW)) == 2


def test_a_contact_is_found_by_public_id_and_a_stranger_is_not(some: Session) -> None:
    ann = store.search(some, "ann@", 1, NOW)[0]

    contact = store.contact_of(some, ann.id, NOW)

    assert contact is not None
    assert (contact.address, contact.name) == ("ann@example.com", "Mary Lee")
    assert store.contact_of(some, "gone", NOW) is None


def test_readers_who_chose_the_same_are_counted_together(database: Database) -> None:
    with database.writing() as session:
        stock_readers(session, 6)
        session.execute(update(SubscriberRow).where(SubscriberRow.id < 4).values(interests="Music"))
        session.execute(update(SubscriberRow).where(SubscriberRow.id == 1).values(language="de"))
        session.execute(update(SubscriberRow).where(SubscriberRow.id == 6).values(every_weeks=4))
        assert segments(session, NOW, 0) == {("en", "Music"): 2, ("en", ""): 2, ("de", "Music"): 1}
        assert segments(session, NOW, 2)["en", ""] == 3


def test_hours_are_those_that_somebody_chose(database: Database) -> None:
    with database.writing() as session:
        stock_readers(session, 4)
        session.execute(update(SubscriberRow).where(SubscriberRow.id < 3).values(hour=7, zone="Asia/Tokyo"))
        session.execute(update(SubscriberRow).where(SubscriberRow.id == 3).values(hour=7))
        assert sorted(hours(session, NOW, 0), key=str) == [(7, "Asia/Tokyo"), (7, None)]


def test_every_fourth_issue_reaches_a_reader_whatever_their_number(database: Database) -> None:
    with database.writing() as session:
        stock_readers(session, 8)
        session.execute(update(SubscriberRow).values(every_weeks=4))
        turns = [list(session.scalars(audience_select(NOW, turn))) for turn in range(8)]
    assert [len(turn) for turn in turns] == [2] * 8
    assert turns[:4] == turns[4:]
    assert sorted(reader for turn in turns[:4] for reader in turn) == list(range(1, 9))

"""Requests to join from outside: what is let in, what is recorded, and what never shows."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from ipaddress import ip_address

import pytest
from sqlalchemy import event, func, select, text

from digest.clock import FixedClock
from digest.db import Database
from digest.settings import LimitsSettings
from subscribers import leaving
from subscribers.addresses import parse_address
from subscribers.asking import Door, Form, Request, client_hash
from subscribers.consent import AGREED
from subscribers.events import What, timeline
from subscribers.rows import NoticeRow, SubscriberRow
from subscribers.values import Reason, Status

RowOf = Callable[..., SubscriberRow | None]
Queued = Callable[[], list[str]]
CLIENT = ip_address("192.0.2.77")


@pytest.fixture
def door(database: Database, clock: FixedClock, keys: tuple[str, ...]) -> Door:
    return Door(database, clock, keys, LimitsSettings())


def request(
    email: str = "reader@example.com", *, name: str | None = None, client: str = str(CLIENT)
) -> Request:
    return Request(parse_address(email), name, Form.PAGE, ip_address(client), agreed=AGREED)


def test_consent_is_recorded_with_its_form_its_words_and_a_hash_of_where_it_came_from(
    door: Door, database: Database, row_of: RowOf, clock: FixedClock, keys: tuple[str, ...]
) -> None:
    door.ask(request())
    row = row_of()
    assert row is not None
    assert (row.status, row.consent) == (Status.PENDING, "page")
    with database.reading() as session:
        (told,) = timeline(session, row.id)
    assert (told.at, told.what) == (clock.at, What.SIGNED_UP)
    assert told.detail == {"form": "page", "agreed": AGREED, "client": client_hash(keys, CLIENT)}


@pytest.mark.parametrize("form", [Form.API, Form.EMBED])
def test_of_words_that_others_showed_the_record_says_who_vouches_for_them(
    door: Door, database: Database, row_of: RowOf, form: Form
) -> None:
    door.ask(Request(parse_address("reader@example.com"), None, form))
    row = row_of()
    assert row is not None
    with database.reading() as session:
        detail = timeline(session, row.id)[0].detail
    assert detail == {"form": form.value, "shown": "by the caller, who vouches for it"}


def test_a_mail_is_a_request_too_and_agreed_to_no_form(door: Door, database: Database, row_of: RowOf) -> None:
    door.ask(Request(parse_address("reader@example.com"), None, Form.MAIL))
    row = row_of()
    assert row is not None
    with database.reading() as session:
        assert timeline(session, row.id)[0].detail == {"form": "mail"}


def test_case_19_a_thousand_requests_for_one_victim_queue_three_mails_a_day_at_most(
    door: Door, clock: FixedClock, queued: Queued
) -> None:
    """From a thousand addresses, in every network, over a day."""
    for number in range(1000):
        clock.at += timedelta(seconds=80)
        client = f"{1 + number % 200}.{number // 4}.{number % 250}.9"
        door.ask(request(f"victim+{number}@example.com", client=client))
    assert len(queued()) <= 3


def test_case_19_a_thousand_victims_of_one_network_are_left_in_peace(door: Door, queued: Queued) -> None:
    for number in range(60):
        door.ask(request(f"victim{number}@example.com", client=f"192.0.2.{number % 250}"))
    assert len(queued()) == 40


@pytest.mark.both_databases
def test_case_19_the_bounds_hold_for_requests_side_by_side(
    database: Database, clock: FixedClock, keys: tuple[str, ...]
) -> None:
    """Forty at once, of one client that has ten: none lost to a lock, none too many."""
    door = Door(database, clock, keys, LimitsSettings())
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(door.ask, [request(f"reader{number}@example.com") for number in range(40)]))
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SubscriberRow)) == 10


def test_what_was_not_acted_upon_is_logged_without_the_address(
    database: Database, clock: FixedClock, keys: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    door = Door(database, clock, keys, LimitsSettings.model_validate({"client": "1/1h"}))
    with caplog.at_level(logging.DEBUG, logger="subscribers"):
        door.ask(request())
        door.ask(request("other@example.com"))
    assert "a sign-up by page was not acted upon: beyond [limits] client" in caplog.text
    assert "example.com" not in caplog.text
    assert "192.0.2" not in caplog.text


def test_work_is_paid_with_once(door: Door, queued: Queued, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="subscribers"):
        for email in ("ann@example.com", "bob@example.com"):
            door.ask(Request(parse_address(email), None, Form.API, CLIENT, once="a-nonce"))
    assert queued() == ["pending"]
    assert "the proof of work was used before" in caplog.text


def test_in_a_surge_sign_ups_are_taken_and_their_mails_slowed(
    database: Database, clock: FixedClock, keys: tuple[str, ...], row_of: RowOf
) -> None:
    door = Door(database, clock, keys, LimitsSettings.model_validate({"surge": "1/1h", "surge_pace": "1/1m"}))
    for number in range(3):
        door.ask(request(f"a{number}@example.com", client=f"192.0.{number}.1"))
        assert row_of(f"a{number}@example.com") is not None
    with database.reading() as session:
        times = session.scalars(select(NoticeRow.next_try_at).order_by(NoticeRow.id)).all()
    assert times == [clock.at + timedelta(minutes=minutes) for minutes in (0, 1, 2)]


def test_a_surge_of_more_than_a_day_is_not_taken(
    database: Database, clock: FixedClock, keys: tuple[str, ...], queued: Queued
) -> None:
    door = Door(database, clock, keys, LimitsSettings.model_validate({"surge": "1/1h", "surge_pace": "1/1d"}))
    for number in range(5):
        door.ask(request(f"a{number}@example.com", client=f"192.0.{number}.1"))
    assert len(queued()) == 2


@pytest.mark.parametrize("known", ["new", "pending", "confirmed", "left", "complained", "erased"])
def test_case_19_the_same_statements_run_whoever_is_asked_for(
    door: Door,
    database: Database,
    clock: FixedClock,
    keys: tuple[str, ...],
    add: Callable[..., str],
    ask: Callable[..., object],
    known: str,
) -> None:
    """What a request costs does not tell who is on the list: what must have no effect is taken back."""
    email = "reader@example.com"
    if known == "pending":
        ask()
        clock.at += timedelta(minutes=11)
    elif known != "new":
        add()
        with database.writing() as session:
            address = parse_address(email)
            if known == "left":
                row = session.scalars(select(SubscriberRow)).one()
                row.status, row.left_at = Status.UNSUBSCRIBED, clock.at
            elif known == "erased":
                leaving.erase(session, address, clock=clock, keys=keys, forget=lambda *_: None)
            elif known == "complained":
                leaving.suppress(session, address, Reason.COMPLAINT, clock=clock, keys=keys)
    said: list[str] = []
    event.listen(
        database.engine,
        "before_cursor_execute",
        lambda connection, cursor, statement, *rest: said.append(statement.split(maxsplit=1)[0]),
    )
    door.ask(request())
    written = [word for word in said if word in ("INSERT", "UPDATE", "DELETE")]
    assert written == ["INSERT"] * 9 + ["UPDATE"] + ["INSERT"] * 3
    assert said.count("SELECT") == 4 + 7


def test_what_is_taken_back_leaves_no_trace(
    door: Door, database: Database, add: Callable[..., str], row_of: RowOf, queued: Queued
) -> None:
    add(name="Ann")
    row = row_of()
    assert row is not None
    with database.reading() as session:
        before = timeline(session, row.id)
    door.ask(request(name="Mallory"))
    with database.reading() as session:
        assert timeline(session, row.id) == before
    after = row_of()
    assert after is not None
    assert after.name == "Ann"
    assert queued() == []


def test_a_request_that_cannot_be_stored_is_logged_without_the_address(
    door: Door, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with database.writing() as session:
        session.execute(text("DROP TABLE notice"))
    with caplog.at_level(logging.DEBUG, logger="subscribers"):
        door.ask(request())
    assert "a sign-up could not be stored: OperationalError" in caplog.text
    assert "reader@" not in caplog.text

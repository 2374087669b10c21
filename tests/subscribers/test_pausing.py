"""Pauses: for some weeks or up to a day, never for ever, and over without anybody's doing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from digest.clock import FixedClock
from digest.db import Database
from digest.errors import BadInput, WrongState
from subscribers import joining, leaving, pausing, store
from subscribers.addresses import parse_address
from subscribers.audience import count_audience
from subscribers.joining import Answer
from subscribers.rows import SubscriberRow
from subscribers.tokens import BadToken, ExpiredToken, Purpose, Tokens
from subscribers.values import Reader, Status
from tests.subscribers.conftest import KEYS

pytestmark = pytest.mark.both_databases

Add = Callable[..., str]
RowOf = Callable[..., SubscriberRow]
Pause = Callable[..., Reader]

PARIS = ZoneInfo("Europe/Paris")
CHRISTMAS = date(2026, 12, 25)


@pytest.fixture
def token(add: Add, tokens: Tokens) -> str:
    return tokens.sign(Purpose.PREFERENCES, add())


@pytest.fixture
def pause(database: Database, tokens: Tokens, clock: FixedClock, token: str) -> Pause:
    def pause(until: date = CHRISTMAS, zone: ZoneInfo = PARIS) -> Reader:
        with database.writing() as session:
            return pausing.pause(session, tokens, token, until, clock=clock, zone=zone)

    return pause


@pytest.fixture
def resume(database: Database, tokens: Tokens, clock: FixedClock, token: str) -> Callable[[], Reader]:
    def resume() -> Reader:
        with database.writing() as session:
            return pausing.resume(session, tokens, token, clock=clock)

    return resume


def audience(database: Database, now: datetime) -> int:
    with database.reading() as session:
        return count_audience(session, now)


def test_a_paused_reader_is_mailed_again_when_the_day_begins_where_the_newsletter_is(
    database: Database, pause: Pause, clock: FixedClock
) -> None:
    begins = datetime(2026, 12, 24, 23, tzinfo=UTC)
    assert pause() == pause()
    assert (pause().status, pause().paused_until) == (Status.PAUSED, begins)
    assert audience(database, clock.at) == 0
    assert audience(database, begins - timedelta(seconds=1)) == 0
    assert audience(database, begins) == 1


@pytest.mark.parametrize("day", [date(2026, 11, 20), date(2026, 1, 1), date(2027, 11, 21), date.max])
def test_a_pause_ends_after_today_and_within_a_year(
    database: Database, pause: Pause, clock: FixedClock, day: date
) -> None:
    with pytest.raises(BadInput, match="at most a year"):
        pause(day)
    assert audience(database, clock.at) == 1


def test_today_is_the_day_where_the_newsletter_is(pause: Pause, clock: FixedClock) -> None:
    clock.at = datetime(2026, 12, 24, 23, 30, tzinfo=UTC)
    with pytest.raises(BadInput):
        pause(CHRISTMAS)
    assert pause(CHRISTMAS, zone=ZoneInfo("UTC")).status is Status.PAUSED


def test_a_new_day_replaces_the_old_one_and_resuming_ends_it(
    database: Database, pause: Pause, resume: Callable[[], Reader], clock: FixedClock
) -> None:
    assert pause(CHRISTMAS).paused_until != pause(date(2027, 1, 8)).paused_until
    for _ in range(2):
        reader = resume()
        assert (reader.status, reader.paused_until) == (Status.CONFIRMED, None)
        assert audience(database, clock.at) == 1


def test_a_pause_from_an_import_can_be_ended(
    database: Database, add: Add, row_of: RowOf, resume: Callable[[], Reader]
) -> None:
    with database.writing() as session:
        row = store.find(session, row_of().address_key)
        assert row is not None
        row.status = Status.PAUSED
    assert resume().status is Status.CONFIRMED


def test_who_gets_nothing_cannot_pause_and_who_is_paused_can_leave(
    database: Database, pause: Pause, tokens: Tokens, row_of: RowOf, clock: FixedClock
) -> None:
    pause()
    with database.writing() as session:
        token = tokens.sign(Purpose.UNSUBSCRIBE, row_of().public_id)
        leaving.unsubscribe(session, tokens, token, clock=clock, keys=KEYS)
    assert (row_of().status, row_of().paused_until) == (Status.UNSUBSCRIBED, None)
    with pytest.raises(WrongState, match="nothing to pause"):
        pause()
    assert audience(database, clock.at + timedelta(days=366)) == 0


def test_a_paused_reader_who_signs_up_again_is_asked_and_comes_back(
    database: Database,
    pause: Pause,
    ask: Callable[..., Answer],
    tokens: Tokens,
    row_of: RowOf,
    clock: FixedClock,
    keys: tuple[str, ...],
) -> None:
    pause()
    assert ask() is Answer.QUEUED
    assert audience(database, clock.at) == 0
    with database.writing() as session:
        link = tokens.sign(Purpose.CONFIRM, row_of().public_id)
        joining.confirm(session, tokens, link, clock=clock, keys=keys)
    assert (row_of().status, row_of().paused_until) == (Status.CONFIRMED, None)


def test_who_signs_up_after_the_pause_is_on_the_list_already(
    pause: Pause, ask: Callable[..., Answer], clock: FixedClock
) -> None:
    pause()
    clock.at = datetime(2026, 12, 25, tzinfo=UTC)
    assert ask() is Answer.ALREADY_CONFIRMED


def test_an_address_that_bounces_while_paused_is_silent_for_good(
    database: Database, pause: Pause, clock: FixedClock, keys: tuple[str, ...], row_of: RowOf
) -> None:
    pause()
    with database.writing() as session:
        store.silence(session, [parse_address("reader@example.com").key], Status.BOUNCED, clock.at)
    assert row_of().paused_until is None
    assert audience(database, clock.at + timedelta(days=366)) == 0


def test_only_a_preferences_link_of_somebody_on_the_list_pauses(
    database: Database, add: Add, tokens: Tokens, clock: FixedClock
) -> None:
    public_id = add()
    with database.writing() as session:
        for link, error in (
            (tokens.sign(Purpose.VOTE, public_id), BadToken),
            (tokens.sign(Purpose.PREFERENCES, "erased"), ExpiredToken),
        ):
            with pytest.raises(error):
                pausing.pause(session, tokens, link, CHRISTMAS, clock=clock, zone=PARIS)
            with pytest.raises(error):
                pausing.resume(session, tokens, link, clock=clock)

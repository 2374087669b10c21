"""Undoing a leaving, and the one question."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from digest.clock import FixedClock
from digest.db import Database
from digest.errors import BadInput, WrongState
from subscribers import leaving, pausing
from subscribers.addresses import parse_address
from subscribers.events import timeline
from subscribers.returning import NOTHING_LEFT, Farewell, come_back, farewell, tell_why
from subscribers.rows import SubscriberRow
from subscribers.tokens import BadToken, Purpose, Tokens
from subscribers.values import Reason, Status
from tests.subscribers.conftest import KEYS

pytestmark = pytest.mark.both_databases

RowOf = Callable[..., SubscriberRow | None]
Leave = Callable[[str], str]


@pytest.fixture
def leave(database: Database, clock: FixedClock, tokens: Tokens) -> Leave:
    """Unsubscribe a reader, and return the token it was done with."""

    def leave(reader: str) -> str:
        token = tokens.sign(Purpose.UNSUBSCRIBE, reader)
        with database.writing() as session:
            leaving.unsubscribe(session, tokens, token, clock=clock, keys=KEYS)
        return token

    return leave


@pytest.fixture
def undo(database: Database, clock: FixedClock, tokens: Tokens) -> Callable[[str], None]:
    def undo(token: str) -> None:
        with database.writing() as session:
            come_back(session, tokens, token, clock=clock, keys=KEYS)

    return undo


@pytest.fixture
def left(database: Database, clock: FixedClock, tokens: Tokens) -> Callable[[str], Farewell]:
    def left(token: str) -> Farewell:
        with database.reading() as session:
            return farewell(session, tokens, token, clock=clock, keys=KEYS)

    return left


@pytest.fixture
def told(database: Database, row_of: RowOf) -> Callable[[], list[tuple[str, dict[str, object]]]]:
    def told() -> list[tuple[str, dict[str, object]]]:
        row = row_of()
        assert row is not None
        with database.reading() as session:
            return [(event.what.value, event.detail) for event in timeline(session, row.id)]

    return told


def test_undoing_takes_back_the_leaving_and_its_receipt(
    add: Callable[..., str],
    leave: Leave,
    undo: Callable[[str], None],
    row_of: RowOf,
    queued: Callable[[], list[str]],
    told: Callable[[], list[tuple[str, dict[str, object]]]],
) -> None:
    token = leave(add())
    for _ in range(2):
        undo(token)
    row = row_of()
    assert row is not None
    assert (row.status, row.left_at) == (Status.CONFIRMED, None)
    assert queued() == ["cancelled"]
    assert told()[-1] == ("came back", {"by": "undo"})
    assert [what for what, _ in told()].count("came back") == 1


def test_a_pause_goes_on_after_undoing(
    database: Database,
    clock: FixedClock,
    tokens: Tokens,
    add: Callable[..., str],
    leave: Leave,
    undo: Callable[[str], None],
    row_of: RowOf,
) -> None:
    reader = add()
    with database.writing() as session:
        link = tokens.sign(Purpose.PREFERENCES, reader)
        pausing.pause(session, tokens, link, date(2027, 1, 15), clock=clock, zone=ZoneInfo("Europe/Paris"))
    before = row_of()
    undo(leave(reader))
    after = row_of()
    assert before is not None
    assert after is not None
    assert (after.status, after.paused_until) == (Status.PAUSED, before.paused_until)


def test_after_a_day_it_is_too_late(
    clock: FixedClock,
    add: Callable[..., str],
    leave: Leave,
    undo: Callable[[str], None],
    left: Callable[[str], Farewell],
) -> None:
    token = leave(add())
    assert left(token) == Farewell(may_return=True, may_answer=True)
    clock.at += timedelta(days=1, seconds=1)
    assert left(token) == NOTHING_LEFT
    with pytest.raises(WrongState, match="too late to undo"):
        undo(token)


def test_nobody_is_confirmed_by_undoing(
    ask: Callable[..., object],
    leave: Leave,
    undo: Callable[[str], None],
    left: Callable[[str], Farewell],
    row_of: RowOf,
) -> None:
    ask()
    row = row_of()
    assert row is not None
    token = leave(row.public_id)
    assert not left(token).may_return
    with pytest.raises(WrongState):
        undo(token)


def test_a_suppressed_address_stays_off(
    database: Database,
    clock: FixedClock,
    add: Callable[..., str],
    leave: Leave,
    undo: Callable[[str], None],
    left: Callable[[str], Farewell],
    row_of: RowOf,
) -> None:
    token = leave(add())
    with database.writing() as session:
        leaving.suppress(
            session, parse_address("reader@example.com"), Reason.OPERATOR, clock=clock, keys=KEYS
        )
    assert not left(token).may_return
    with pytest.raises(WrongState):
        undo(token)
    row = row_of()
    assert row is not None
    assert row.status == Status.UNSUBSCRIBED


def test_why_stands_with_the_leaving_and_can_be_answered_anew(
    database: Database,
    clock: FixedClock,
    tokens: Tokens,
    add: Callable[..., str],
    leave: Leave,
    left: Callable[[str], Farewell],
    told: Callable[[], list[tuple[str, dict[str, object]]]],
) -> None:
    token = leave(add())
    for why in ("other", "too often"):
        with database.writing() as session:
            tell_why(session, tokens, token, why, clock=clock)
    assert left(token).why == "too often"
    assert told()[-1] == ("left", {"by": "link", "was": "confirmed", "why": "too often"})
    with database.writing() as session, pytest.raises(BadInput):
        tell_why(session, tokens, token, "my own words", clock=clock)


def test_an_answer_of_who_has_not_left_is_dropped(
    database: Database,
    clock: FixedClock,
    tokens: Tokens,
    add: Callable[..., str],
    told: Callable[[], list[tuple[str, dict[str, object]]]],
) -> None:
    token = tokens.sign(Purpose.UNSUBSCRIBE, add())
    with database.writing() as session:
        tell_why(session, tokens, token, "other", clock=clock)
    assert all("why" not in detail for _, detail in told())


def test_a_link_for_something_else_undoes_nothing(
    tokens: Tokens, add: Callable[..., str], undo: Callable[[str], None], leave: Leave
) -> None:
    reader = add()
    leave(reader)
    with pytest.raises(BadToken):
        undo(tokens.sign(Purpose.PREFERENCES, reader))

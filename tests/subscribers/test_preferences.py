"""What a reader may see and change with a preferences link."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from digest.clock import FixedClock
from digest.db import Database
from digest.errors import BadInput
from subscribers import preferences
from subscribers.rows import SubscriberRow
from subscribers.tokens import BadToken, ExpiredToken, Purpose, Tokens

RowOf = Callable[..., SubscriberRow | None]


def test_a_name_is_changed_and_taken_away(
    database: Database, add: Callable[..., str], tokens: Tokens, clock: FixedClock, row_of: RowOf
) -> None:
    token = tokens.sign(Purpose.PREFERENCES, add(name="Ann"))
    with database.writing() as session:
        assert preferences.rename(session, tokens, token, " Zoë ", clock=clock).name == "Zoë"
    with database.writing() as session:
        assert preferences.rename(session, tokens, token, "  ", clock=clock).name is None
    row = row_of()
    assert row is not None
    assert row.name is None


def test_a_bad_name_changes_nothing(
    database: Database, add: Callable[..., str], tokens: Tokens, clock: FixedClock, row_of: RowOf
) -> None:
    token = tokens.sign(Purpose.PREFERENCES, add(name="Ann"))
    with pytest.raises(BadInput), database.writing() as session:
        preferences.rename(session, tokens, token, "Ann\nLee", clock=clock)
    row = row_of()
    assert row is not None
    assert row.name == "Ann"


def test_only_a_preferences_link_opens_them(
    database: Database, add: Callable[..., str], tokens: Tokens
) -> None:
    public_id = add()
    with database.reading() as session:
        with pytest.raises(BadToken):
            preferences.reader_row(session, tokens, tokens.sign(Purpose.UNSUBSCRIBE, public_id))
        with pytest.raises(ExpiredToken, match="no longer on the list"):
            preferences.reader_row(session, tokens, tokens.sign(Purpose.PREFERENCES, "erased"))

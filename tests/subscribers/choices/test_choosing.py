"""Choosing what comes, when and in which language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from digest.clock import FixedClock
from digest.db import Database
from digest.errors import BadInput
from subscribers.choices.choosing import choose, read_choices
from subscribers.choices.values import Choices, choices_of
from subscribers.events import timeline
from subscribers.rows import SubscriberRow
from subscribers.tokens import BadToken, Purpose, Tokens

pytestmark = pytest.mark.both_databases

RowOf = Callable[..., SubscriberRow | None]
CATEGORIES = ("Agents", "Code", "Images")
FORM: Mapping[str, Sequence[str]] = {"language": ["en"], "every_weeks": ["1"], "hour": [""], "zone": ["UTC"]}


def test_a_form_as_it_comes_means_everything_every_week_when_it_goes_out() -> None:
    assert read_choices(FORM, CATEGORIES) == Choices()


def test_a_form_says_all_of_it() -> None:
    form = {
        "language": ["de"],
        "interest": ["Images", "Agents", "Images"],
        "every_weeks": ["4"],
        "hour": ["0"],
        "zone": ["Europe/Paris"],
    }
    assert read_choices(form, CATEGORIES) == Choices("de", ("Agents", "Images"), 4, 0, "Europe/Paris")


def test_every_category_ticked_is_all_of_them_and_those_to_come() -> None:
    assert read_choices({**FORM, "interest": CATEGORIES}, CATEGORIES).interests == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"interest": ["Weapons"]},
        {"interest": ["Code\nImages"]},
        {"language": ["xx"]},
        {"language": []},
        {"every_weeks": ["0"]},
        {"every_weeks": ["2"]},
        {"hour": ["24"]},
        {"hour": ["-1"]},
        {"hour": ["09"]},
        {"hour": ["9"], "zone": ["Mars"]},
        {"hour": ["9"], "zone": []},
    ],
)
def test_what_is_not_offered_is_refused(wrong: dict[str, list[str]]) -> None:
    with pytest.raises(BadInput):
        read_choices({**FORM, **wrong}, CATEGORIES)


def test_a_choice_is_kept_and_told_once(
    database: Database, clock: FixedClock, tokens: Tokens, add: Callable[..., str], row_of: RowOf
) -> None:
    token = tokens.sign(Purpose.PREFERENCES, add())
    wanted = Choices("de", ("Agents", "Code"), 4, 7, "Europe/Paris")
    for _ in range(2):
        with database.writing() as session:
            choose(session, tokens, token, wanted, clock=clock)
    row = row_of()
    assert row is not None
    assert choices_of(row) == wanted
    assert row.interests == "Agents\nCode"
    with database.reading() as session:
        told = [(event.what.value, event.detail) for event in timeline(session, row.id)]
    chosen = {
        "language": "de",
        "interests": ["Agents", "Code"],
        "every_weeks": 4,
        "hour": 7,
        "zone": "Europe/Paris",
    }
    assert told[-1] == ("chose", chosen)
    assert [what for what, _ in told].count("chose") == 1


def test_choosing_everything_again_forgets_the_choices(
    database: Database, clock: FixedClock, tokens: Tokens, add: Callable[..., str], row_of: RowOf
) -> None:
    token = tokens.sign(Purpose.PREFERENCES, add())
    for choices in (Choices("de", ("Code",), 4, 7, "UTC"), Choices()):
        with database.writing() as session:
            choose(session, tokens, token, choices, clock=clock)
    row = row_of()
    assert row is not None
    stored = (row.language, row.interests, row.every_weeks, row.hour, row.zone)
    assert stored == ("en", None, 1, None, None)


def test_a_link_for_something_else_chooses_nothing(
    database: Database, clock: FixedClock, tokens: Tokens, add: Callable[..., str]
) -> None:
    token = tokens.sign(Purpose.UNSUBSCRIBE, add())
    with database.writing() as session, pytest.raises(BadToken):
        choose(session, tokens, token, Choices("de"), clock=clock)

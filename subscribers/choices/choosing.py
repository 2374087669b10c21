"""Choosing what comes and when, with the link from any issue."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy.orm import Session

from digest.clock import Clock
from digest.errors import BadInput
from digest.frames import LANGUAGES
from subscribers.choices.values import EVERY_WEEKS, HOURS, Choices, choices_of
from subscribers.choices.zones import find_zone
from subscribers.events import What, note
from subscribers.preferences import reader_row
from subscribers.tokens import Tokens

OUT_OF_DATE = "this form is out of date; open your preferences anew and choose again"


def read_choices(fields: Mapping[str, Sequence[str]], categories: Collection[str]) -> Choices:
    """Return what a form says: language, interest (any number), every_weeks, hour and zone.

    Whoever ticks every category wants all of them, those to come among them. Raises BadInput for a value
    that is not offered.
    """
    interests = set(fields.get("interest", ()))
    if not interests <= set(categories):
        raise BadInput(OUT_OF_DATE)
    if interests == set(categories):
        interests = set()
    language, hour = first(fields, "language"), first(fields, "hour")
    every_weeks = _number(first(fields, "every_weeks"), EVERY_WEEKS)
    if language not in LANGUAGES:
        raise BadInput(OUT_OF_DATE)
    if not hour:
        return Choices(language, tuple(sorted(interests)), every_weeks)
    zone = find_zone(first(fields, "zone"))
    return Choices(language, tuple(sorted(interests)), every_weeks, _number(hour, HOURS), zone)


def choose(session: Session, tokens: Tokens, token: str, choices: Choices, *, clock: Clock) -> None:
    """Keep what a reader chose; the same once more changes nothing. Raises BadToken or ExpiredToken.

    An issue that is being sent was made for the choices of before.
    """
    row = reader_row(session, tokens, token, lock=True)
    before, after = choices_of(row).as_json(), choices.as_json()
    changed = {name: value for name, value in after.items() if value != before[name]}
    if not changed:
        return
    for name, value in choices.columns().items():
        setattr(row, name, value)
    note(session, row.id, What.CHOSE, clock.now(), **changed)
    session.flush()


def first(fields: Mapping[str, Sequence[str]], name: str) -> str:
    """Return the first value of a form's field, "" if it did not come."""
    return next(iter(fields.get(name, ())), "")


def _number(text: str, offered: Collection[int]) -> int:
    known = {str(number): number for number in offered}
    if text not in known:
        raise BadInput(OUT_OF_DATE)
    return known[text]

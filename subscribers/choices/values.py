"""What a reader has chosen, as a plain value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from digest.frames import ENGLISH
from subscribers.rows import SubscriberRow

# An issue comes every week or every fourth one.
EVERY_WEEKS = (1, 4)
HOURS = range(24)


@dataclass(frozen=True, slots=True)
class Choices:
    """What comes to a reader, how often, and when.

    ``interests`` are categories, sorted; none is all of them. ``hour`` (0 to 23) is one in ``zone`` (an IANA
    name); both are None for a reader who gets an issue when it goes out.
    """

    language: str = ENGLISH
    interests: tuple[str, ...] = ()
    every_weeks: int = 1
    hour: int | None = None
    zone: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the choices in the words of the JSON interface."""
        return {
            "language": self.language,
            "interests": list(self.interests),
            "every_weeks": self.every_weeks,
            "hour": self.hour,
            "zone": self.zone,
        }

    def columns(self) -> Mapping[str, Any]:
        """Return the choices as the columns of a reader's row."""
        return self.as_json() | {"interests": "\n".join(self.interests) or None}


def choices_of(row: SubscriberRow) -> Choices:
    """Return what the reader of a row has chosen."""
    interests = tuple(row.interests.split("\n")) if row.interests else ()
    return Choices(row.language, interests, row.every_weeks, row.hour, row.zone)

"""How the lists of three mail programs show an issue before it is opened. Pure.

Lists cut by width, not by letters, and every window is another. The figures are what published tests of
2024-2026 name for a usual one (a web window of 1,280 px, an iPhone held upright, Outlook's middle column):
a subject that stands here stands nearly everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class List:
    """A mail program's list: how many characters of each line it shows.

    ``together`` is set where subject and preheader share one line: so many characters for both.
    """

    name: str
    sender: int
    subject: int
    preheader: int
    together: int | None = None


LISTS = (
    List("Gmail", sender=20, subject=70, preheader=97, together=100),
    List("Apple Mail", sender=30, subject=48, preheader=99),
    List("Outlook", sender=32, subject=55, preheader=53),
)
_JOINT = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """One list's line on an issue. ``cut`` names the parts that did not fit."""

    name: str
    sender: str
    subject: str
    preheader: str
    cut: tuple[str, ...]


def entries(sender: str, subject: str, preheader: str) -> list[Entry]:
    """Return how each list shows a mail with these lines."""
    return [_entry(one, sender, subject, preheader) for one in LISTS]


def _entry(one: List, sender: str, subject: str, preheader: str) -> Entry:
    shown = _fit(subject, one.subject)
    room = one.preheader
    if one.together is not None:
        room = min(room, max(0, one.together - len(shown) - _JOINT))
    parts = {
        "sender": (sender, one.sender),
        "subject": (subject, one.subject),
        "preheader": (preheader, room),
    }
    return Entry(
        one.name,
        _fit(sender, one.sender),
        shown,
        _fit(preheader, room),
        tuple(what for what, (text, limit) in parts.items() if len(text) > limit),
    )


def _fit(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: max(0, limit - 1)].rstrip()}…"

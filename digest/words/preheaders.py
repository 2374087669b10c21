"""The line that a mail program shows after the subject: how the lead tools fared, and what else is inside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from digest.issues.values import Matchup
from digest.panel import Basis
from digest.text import number, part_of
from digest.words.rules import (
    Candidate,
    Note,
    Rule,
    adds_to,
    best_first,
    calm,
    length,
    names_first,
    no_spam,
    outcome,
    unlike,
    whole_names,
)
from digest.words.sides import Side, fitted
from digest.words.subjects import subject_for

PREHEADER_LIMIT = 110
_LEAST, _MOST = 40, 100


def preheaders_for(
    matchups: Sequence[Matchup], *, subject: str | None = None, former: str | None = None
) -> tuple[Candidate, ...]:
    """Return the lines that may follow the subject, best first, each at most 110 characters.

    ``subject`` is the one they follow, left out: the best of ``subjects_for``. ``former`` is the preheader of
    the issue before.
    """
    lead = matchups[0]
    tools = (lead.left, lead.right)
    every = [tool for matchup in matchups for tool in (matchup.left, matchup.right)]
    rules: list[Rule] = [
        length(_LEAST, _MOST, PREHEADER_LIMIT),
        names_first(tools),
        whole_names(tools),
        outcome(tools),
        _looks_on(matchups),
        no_spam,
        calm(every),
        unlike(former, every),
        adds_to(subject or subject_for(matchups), every),
    ]
    return best_first(_lines(matchups), rules)


def preheader_for(
    matchups: Sequence[Matchup], *, subject: str | None = None, former: str | None = None
) -> str:
    """Return the best of ``preheaders_for``."""
    return preheaders_for(matchups, subject=subject, former=former)[0].text


def _lines(matchups: Sequence[Matchup]) -> Iterator[str]:
    lead, *others = matchups

    def fared(limit: int) -> Iterator[str]:
        yield from _fared_both(Side.of(lead.left, limit), Side.of(lead.right, limit))

    def followed(limit: int) -> Iterator[str]:
        yield from (f"{line} Also {_names(others[0], limit)}." for line in fared(limit))

    yield fitted(fared, PREHEADER_LIMIT)
    if others:
        yield fitted(followed, PREHEADER_LIMIT)
        yield fitted(lambda limit: iter([f"Also this week: {_also(others, limit)}."]), PREHEADER_LIMIT)


def _fared_both(left: Side, right: Side) -> Iterator[str]:
    first, second = sorted((left, right), key=lambda side: -(side.own.percent or 0))
    if first.sweeps and second.sweeps:
        yield f"{first.name} and {second.name} both sweep the panel."
    yield f"{_fared(first)}; {_fared(second)}."


def _names(matchup: Matchup, limit: int) -> str:
    return f"{Side.of(matchup.left, limit).name} vs {Side.of(matchup.right, limit).name}"


def _also(others: Sequence[Matchup], limit: int) -> str:
    """Return "Ferry vs Tug and two more matchups"."""
    names, more = _names(others[0], limit), len(others) - 1
    return f"{names} and {number(more)} more {'matchup' if more == 1 else 'matchups'}" if more else names


def _fared(side: Side) -> str:
    """Return how a tool came out: "Lantern sweeps the panel", "Loupe loses one vote"."""
    own, name = side.own, side.name
    if own.percent is None:
        return f"{name} awaits its panel"
    if not own.counted:
        return f"{name} has {own.percent}% of the {'known votes' if own.basis is Basis.KNOWN else 'panel'}"
    if own.voted == 1:
        return f"{name} has one vote, a {own.verdict}"
    if side.sweeps:
        return f"{name} sweeps the panel"
    if own.ships == own.skips:
        return f"{name} splits the panel"
    if own.voted < 3 or own.skips > own.ships:
        return f"{name} has {part_of(own.ships, own.voted)} votes"
    return f"{name} loses {number(own.skips)} {'vote' if own.skips == 1 else 'votes'}"


def _looks_on(matchups: Sequence[Matchup]) -> Rule:
    """Return the rule that a line names a tool from further down the issue."""
    others = [tool.name for matchup in matchups[1:] for tool in (matchup.left, matchup.right)]

    def rule(text: str) -> Note | None:
        return (5, "says what else is inside") if any(name in text for name in others) else None

    return rule

"""Two printings of one panel's takes, laid side by side. Pure.

The same text is the same take. A page without names only guesses whom it quotes; a printing that knows the
score or the verdict also knows whose take it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from digest.catalogue.cleaning import text_key
from digest.catalogue.values import Take


def paired(old: Sequence[Take], new: Sequence[Take]) -> Iterator[tuple[Take | None, Take | None]]:
    """Give each take of either side once, beside the same take of the other side or None."""
    rest = list(new)
    partners: dict[int, Take] = {}
    # First by reviewer and text, so that two reviewers with equal texts stay who they are.
    for by_name in (True, False):
        for place, take in enumerate(old):
            if place not in partners and (partner := _partner(take, rest, by_name)) is not None:
                partners[place] = partner
                rest.remove(partner)
    yield from ((take, partners.get(place)) for place, take in enumerate(old))
    yield from ((None, take) for take in rest)


def named(take: Take, other: Take) -> Take:
    """Return ``take``, two printings of which are given, under the name of the reviewer whose it is."""
    return replace(take, reviewer=other.reviewer) if _is_guess(take) and not _is_guess(other) else take


def in_order(takes: Sequence[Take], reviewers: Sequence[str]) -> tuple[Take, ...]:
    """Return the takes in the order of the reviewers, those of others behind them as they came."""
    place = {name: number for number, name in enumerate(reviewers)}
    return tuple(sorted(takes, key=lambda take: place.get(take.reviewer, len(place))))


def other_takes(old: Sequence[Take], new: Sequence[Take]) -> list[str]:
    """Return the reviewers of whom the two sides print different texts."""
    texts: dict[str, str] = {}
    found = []
    for one, other in paired(old, new):
        take = named(one, other) if one and other else one or other
        assert take is not None
        if texts.setdefault(take.reviewer, text_key(take.text)) != text_key(take.text):
            found.append(take.reviewer)
    return found


def _partner(take: Take, others: Sequence[Take], by_name: bool) -> Take | None:
    key = text_key(take.text)
    same = (other for other in others if text_key(other.text) == key)
    return next((other for other in same if not by_name or other.reviewer == take.reviewer), None)


def _is_guess(take: Take) -> bool:
    return take.score is None and take.verdict is None

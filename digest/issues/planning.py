"""What a week's issue would be, and why: selection, matchups and words in one pure step."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from types import MappingProxyType
from typing import Any

from digest.catalogue.values import Tool
from digest.errors import BadInput
from digest.issues.contradictions import check_overrides
from digest.issues.values import Former, IssueContent, Matchup, Overrides
from digest.matchups import Pair, Paired, Pairing, explain, lead_order, pair_up, with_depths
from digest.panel import Panel
from digest.selection import Candidates, LeftOut, candidates
from digest.week import Week
from digest.words import Candidate, preheader_for, subject_for, subjects_for, weigh_subject

_UNTOUCHED = Overrides()
_NOTHING_BEFORE = Former()
_NO_DAYS: Mapping[str, date] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class PairWhy:
    """Why a pair runs: the named points it was given, or that an editor put it there (``forced``)."""

    left: str
    right: str
    parts: tuple[tuple[str, int], ...]
    forced: bool

    @property
    def weight(self) -> int:
        """The sum of the points."""
        return sum(points for _, points in self.parts)


@dataclass(frozen=True, slots=True)
class IssuePlan:
    """A possible issue. ``content`` is None when not even one matchup can be made.

    ``pairs`` explain its matchups, in their order. ``left_out`` are all other tools that might have been in,
    each with its reason, by slug.
    """

    content: IssueContent | None
    pairs: tuple[PairWhy, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def explanation(self) -> dict[str, Any]:
        """The same for JSON: ``pairs`` and ``left_out``."""
        return {
            "pairs": [
                {
                    "left": pair.left,
                    "right": pair.right,
                    "weight": pair.weight,
                    "parts": dict(pair.parts),
                    "forced": pair.forced,
                }
                for pair in self.pairs
            ],
            "left_out": [{"slug": one.slug, "name": one.name, "reason": one.reason} for one in self.left_out],
        }


def plan_issue(
    week: Week,
    tools: Iterable[Tool],
    *,
    panel: Panel,
    featured: Collection[str],
    met: Collection[Pair],
    compared: Collection[tuple[str, str]],
    as_of: date,
    size: int,
    min_takes: int,
    overrides: Overrides = _UNTOUCHED,
    former: Former = _NOTHING_BEFORE,
    since: Mapping[str, date] = _NO_DAYS,
    seed: int = 0,
) -> IssuePlan:
    """Return the issue of ``week`` made of ``tools``; equal arguments give an equal plan.

    ``featured`` (slugs) and ``met`` (pairs of slugs) are the history; ``compared`` are pairs that a source
    set side by side, as (left, right); ``former`` is what the issue before was called. The issue takes at
    most ``size`` pairs of tools that have ``min_takes`` takes and are out on ``as_of``; what ``overrides``
    says goes before all of that.
    ``since`` has, by slug, the day a new tool came in: it waits from then on.
    Raises BadInput when the overrides contradict themselves, a tool's embargo or exclusion, or a pin finds
    no place.
    """
    by_slug = {tool.slug: tool for tool in tools}
    check_overrides(overrides, by_slug, as_of=as_of, size=size)
    who = candidates(by_slug.values(), featured, as_of=as_of, min_takes=min_takes, overrides=overrides)
    barred = [*met, *overrides.bans]
    pairing = pair_up(who, barred=barred, compared=compared, since=since, as_of=as_of, seed=seed)
    taken = sorted(pairing.pairs[:size], key=lambda pair: (_place(pair, overrides.order), lead_order(pair)))
    _refuse_lost_pins(overrides, taken)
    matchups = with_depths([Matchup(pair.left, pair.right) for pair in taken])
    reasons = explain(taken, seen=who.seen, compared=compared, since=since, as_of=as_of)
    return IssuePlan(
        content_from(week, matchups, panel, overrides, former) if matchups else None,
        tuple(
            PairWhy(pair.left.slug, pair.right.slug, parts, pair.forced)
            for pair, parts in zip(taken, reasons, strict=True)
        ),
        tuple(sorted((*who.left_out, *_waiting(pairing, size, who)), key=lambda one: one.slug)),
    )


def _refuse_lost_pins(overrides: Overrides, taken: Sequence[Paired]) -> None:
    placed = frozenset(chain.from_iterable(pair.slugs for pair in taken))
    for slug in overrides.pins:
        if slug not in placed:
            raise BadInput(
                f"pins: {slug} finds no place: nobody is left whom it may meet, or the issue is full; "
                "pair it under pairs, or take another pin out"
            )


def subjects_of(matchups: Sequence[Matchup], overrides: Overrides, former: Former) -> tuple[Candidate, ...]:
    """Return what the issue might be called: the editor's own subject first, then the best of ours."""
    made = subjects_for(matchups, former=former.subject)
    own = overrides.subject
    return (weigh_subject(own, matchups, former=former.subject), *made) if own else made


def content_from(
    week: Week, matchups: tuple[Matchup, ...], panel: Panel, overrides: Overrides, former: Former
) -> IssueContent:
    """Return what an issue of these matchups says; an editor's words go before ours."""
    subject = overrides.subject or subject_for(matchups, former=former.subject)
    return IssueContent(
        week,
        matchups,
        subject,
        overrides.preheader or preheader_for(matchups, subject=subject, former=former.preheader),
        panel,
        intro=overrides.intro,
        sponsor=overrides.sponsor,
    )


def _waiting(pairing: Pairing, size: int, who: Candidates) -> Iterator[LeftOut]:
    """Yield the tools that could be in, were there somebody to meet or more room."""
    for tool in pairing.unpaired:
        yield LeftOut(tool.slug, tool.name, "has nobody to meet and waits for the next week")
    new = {tool.slug for tool in who.new}
    for pair in pairing.pairs[size:]:
        for tool, partner in ((pair.left, pair.right), (pair.right, pair.left)):
            if tool.slug in new:
                reason = f"would meet {partner.name}, but the issue is full; it waits for the next week"
                yield LeftOut(tool.slug, tool.name, reason)


def _place(pair: Paired, order: Sequence[str]) -> int:
    """Return where the editor wants a pair; behind all that are named when it is not."""
    return min((order.index(slug) for slug in pair.slugs if slug in order), default=len(order))

"""The subject of an issue: several that would be true, weighed by rules, the best first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from digest.catalogue.values import Tool, Verdict
from digest.issues.values import Matchup
from digest.panel import Basis, panels_pick
from digest.text import excerpt, number
from digest.words.rules import (
    Candidate,
    Rule,
    best_first,
    calm,
    length,
    names_first,
    no_spam,
    outcome,
    unlike,
    weigh,
    whole_names,
)
from digest.words.sides import NAME_LIMITS, Side

SUBJECT_LIMIT = 78
_LEAST, _MOST = 30, 60

Form = Callable[[Side, Side], str | None]


def subjects_for(matchups: Sequence[Matchup], *, former: str | None = None) -> tuple[Candidate, ...]:
    """Return the subjects that the lead matchup bears out, best first, each at most 78 characters.

    ``former`` is the subject of the issue before, so that two weeks do not read alike.
    """
    lead = matchups[0]
    forms: tuple[Form, ...] = (_versus, _over, _meets, _with_more(len(matchups) - 1), _names)
    lines = (_whole(form, lead.left, lead.right, SUBJECT_LIMIT) for form in forms)
    return best_first(filter(None, lines), _rules(lead, former))


def subject_for(matchups: Sequence[Matchup], *, former: str | None = None) -> str:
    """Return the best of ``subjects_for``."""
    return subjects_for(matchups, former=former)[0].text


def weigh_subject(text: str, matchups: Sequence[Matchup], *, former: str | None = None) -> Candidate:
    """Return an editor's own subject with the points the same rules give it."""
    return weigh(text, _rules(matchups[0], former))


def verdict_on(left: Side, right: Side) -> str | None:
    """Return how a pair came out, "the panel picks Lantern"; None while a tool has no verdict."""
    if left.own.verdict is None or right.own.verdict is None:
        return None
    if pick := panels_pick(left.tool, right.tool):
        return f"the panel picks {left.name if pick is left.tool else right.name}"
    if left.own.verdict is not right.own.verdict:
        return "the panel ships neither"
    return {
        Verdict.SHIP: "the panel ships both",
        Verdict.SKIP: "the panel skips both",
        Verdict.SPLIT: "a split panel on both",
    }[left.own.verdict]


def _rules(lead: Matchup, former: str | None) -> list[Rule]:
    tools = (lead.left, lead.right)
    return [
        length(_LEAST, _MOST, SUBJECT_LIMIT),
        names_first(tools),
        whole_names(tools),
        outcome(tools),
        no_spam,
        calm(tools),
        unlike(former, tools),
    ]


def _whole(form: Form, left: Tool, right: Tool, limit: int) -> str | None:
    """Return a form with its names as long as they can be; None where it has nothing true to say."""
    line: str | None = None
    for name_limit in NAME_LIMITS:
        line = form(Side.of(left, name_limit), Side.of(right, name_limit))
        if line is None or len(line) <= limit:
            return line
    return excerpt(line, limit) if line else None


def _versus(left: Side, right: Side) -> str:
    return f"{left.name} vs {right.name}: {verdict_on(left, right) or 'side by side'}"


def _over(left: Side, right: Side) -> str | None:
    """Return "Lantern over Loupe, 100% of the panel to 75%"."""
    pick = panels_pick(left.tool, right.tool)
    if pick is None or Basis.KNOWN in (left.own.basis, right.own.basis):
        return None
    first, second = (left, right) if pick is left.tool else (right, left)
    names = f"{first.name} over {second.name}"
    if first.own.percent == second.own.percent:
        return f"{names}, by the panel’s scores"
    return f"{names}, {first.own.percent}% of the panel to {second.own.percent}%"


def _meets(left: Side, right: Side) -> str | None:
    came_out = verdict_on(left, right)
    return f"{left.name} meets {right.name}: {came_out}" if came_out else None


def _with_more(more: int) -> Form:
    def form(left: Side, right: Side) -> str | None:
        matchups = "matchup" if more == 1 else "matchups"
        return f"{left.name} vs {right.name}, and {number(more)} more {matchups}" if more else None

    return form


def _names(left: Side, right: Side) -> str:
    return f"{left.name} vs {right.name}"

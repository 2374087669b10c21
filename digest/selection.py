"""Which tools a week's issue may be made of: the ledger, the panel and the editor decide. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from digest.catalogue.values import Tool, name_key
from digest.issues.values import Overrides


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A tool that the issue goes without, and why; ``reason`` goes on where the tool's name ends."""

    slug: str
    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name} {self.reason}"


@dataclass(frozen=True, slots=True)
class Candidates:
    """The tools an issue may be built from, no two of one name.

    ``forced`` are the editor's own pairs, as they stand. ``new`` tools were never featured and want a
    partner, those in ``pinned`` (slugs) before all others; ``incumbents`` were, and may meet an odd new one.
    ``seen`` are the slugs of all that were featured; ``left_out`` are the new tools that wait.
    """

    forced: tuple[tuple[Tool, Tool], ...]
    new: tuple[Tool, ...]
    pinned: frozenset[str]
    incumbents: tuple[Tool, ...]
    seen: frozenset[str]
    left_out: tuple[LeftOut, ...]


def candidates(
    tools: Iterable[Tool],
    featured: Collection[str],
    *,
    as_of: date,
    min_takes: int,
    overrides: Overrides,
) -> Candidates:
    """Return who may take part in an issue that goes out on ``as_of``.

    ``featured`` holds the slugs of the ledger: tools in any other issue that was not called off. It alone
    decides what is new, so that a late tool is neither lost nor shown twice; an editor's pin makes a tool
    new again. What an editor pairs or pins need be neither out nor reviewed. ``overrides`` must not
    contradict itself or the tools, see ``digest.issues.contradictions``.
    """
    by_slug = {tool.slug: tool for tool in tools}
    forced = tuple((by_slug[left], by_slug[right]) for left, right in overrides.pairs)
    names = {name_key(tool.name): tool for pair in forced for tool in pair}
    placed = {tool.slug for pair in forced for tool in pair}
    old = frozenset(featured).difference(overrides.pins)
    pinned = {tool.slug for tool in by_slug.values() if tool.pinned}.union(overrides.pins)

    left_out = []
    qualified = []
    for tool in by_slug.values():
        if tool.slug in placed:
            continue
        reason = _held_back(tool, as_of, min_takes, overrides)
        if reason is None:
            qualified.append(tool)
        elif tool.slug not in old:
            left_out.append(LeftOut(tool.slug, tool.name, reason))

    new = []
    for tool in sorted(qualified, key=lambda tool: (tool.slug not in pinned, _day(tool, as_of), tool.slug)):
        if tool.slug not in old:
            first = names.setdefault(name_key(tool.name), tool)
            if first is tool:
                new.append(tool)
            else:
                reason = f"is listed twice; {first.slug} goes first and {tool.slug} waits"
                left_out.append(LeftOut(tool.slug, tool.name, reason))
    return Candidates(
        forced,
        tuple(new),
        frozenset(tool.slug for tool in new if tool.slug in pinned),
        _incumbents((tool for tool in qualified if tool.slug in old), names, as_of),
        frozenset(featured),
        tuple(sorted(left_out, key=lambda one: one.slug)),
    )


def _held_back(tool: Tool, as_of: date, min_takes: int, overrides: Overrides) -> str | None:
    """Return why a tool may not take part this week, or None."""
    if tool.excluded is not None:
        return f"is excluded: {tool.excluded}"
    if tool.slug in overrides.leave_out:
        return "is left out this week by the editor"
    if tool.embargoed_until is not None and tool.embargoed_until > as_of:
        return f"is under embargo until {tool.embargoed_until}"
    if tool.slug in overrides.pins:
        return None
    if tool.published_on is not None and tool.published_on > as_of:
        return f"is not out before {tool.published_on}"
    if len(tool.takes) < min_takes:
        return f"waits for its panel: {len(tool.takes)} of at least {min_takes} takes are in"
    return None


def _incumbents(tools: Iterable[Tool], names: Mapping[str, Tool], as_of: date) -> tuple[Tool, ...]:
    """Return possible rivals by slug, of each name the latest and none that a new tool bears."""
    latest: dict[str, Tool] = {}
    for tool in sorted(tools, key=lambda tool: (_day(tool, as_of), tool.slug)):
        if name_key(tool.name) not in names:
            latest[name_key(tool.name)] = tool
    return tuple(sorted(latest.values(), key=lambda tool: tool.slug))


def _day(tool: Tool, as_of: date) -> date:
    return tool.published_on or as_of

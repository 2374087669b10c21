"""Whether what an editor decided for a week can be done at all. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from digest.catalogue.values import Tool
from digest.errors import BadInput
from digest.issues.values import Overrides


def check_overrides(overrides: Overrides, tools: Mapping[str, Tool], *, as_of: date, size: int) -> None:
    """Raise BadInput naming the first entry that contradicts another one or the tool it names.

    ``tools`` are all that take part, by slug. An editor's word goes before the date and the size of a panel,
    never before an embargo or an exclusion: those were promised to somebody.
    """
    for complaint in _complaints(overrides, tools, as_of, size):
        raise BadInput(complaint)


def _complaints(overrides: Overrides, tools: Mapping[str, Tool], as_of: date, size: int) -> Iterator[str]:
    bans = {frozenset(pair) for pair in overrides.bans}
    earlier: set[frozenset[str]] = set()
    for left, right in overrides.pairs:
        entry, both = f"pairs: {left} and {right}", frozenset((left, right))
        if left == right:
            yield f"pairs: {left} stands against itself; name two tools"
        if both in earlier:
            yield f"{entry} stand there twice; remove one line"
        if both in bans:
            yield f"{entry} are also under bans; remove one of the two lines"
        earlier.add(both)
        for slug in (left, right):
            yield from _against("pairs", slug, overrides, tools, as_of)
    for slug in overrides.pins:
        yield from _against("pins", slug, overrides, tools, as_of)
    for slug in overrides.order:
        if slug in overrides.leave_out:
            yield f"order: {slug} is also under leave_out; remove one of the two lines"
    if len(overrides.pairs) > size:
        yield (
            f"pairs: {len(overrides.pairs)} pairs are more than the {size} an issue holds; "
            "remove some, or raise [selection] size"
        )


def _against(
    key: str, slug: str, overrides: Overrides, tools: Mapping[str, Tool], as_of: date
) -> Iterator[str]:
    """Yield why a tool that the editor wants in cannot be."""
    tool = tools.get(slug)
    if tool is None:
        yield f"{key}: there is no tool {slug}; digest catalogue list shows them all"
        return
    if slug in overrides.leave_out:
        yield f"{key}: {slug} is also under leave_out; remove one of the two lines"
    if tool.excluded is not None:
        yield f"{key}: {slug} is excluded in the catalogue ({tool.excluded}); lift that first"
    if tool.embargoed_until is not None and tool.embargoed_until > as_of:
        yield f"{key}: {slug} is under embargo until {tool.embargoed_until}; it cannot be in this issue"

"""Which tools a week's issue is about: those never featured before, oldest first. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from digest.catalogue.values import Tool


@dataclass(frozen=True, slots=True)
class Candidates:
    """The tools an issue may be built from.

    ``new`` were never featured; ``incumbents`` were, and may meet an odd new one; ``waiting`` are new tools
    for which this issue has no room; ``postdated`` come out after the issue does.
    """

    new: tuple[Tool, ...]
    incumbents: tuple[Tool, ...]
    waiting: tuple[Tool, ...]
    postdated: tuple[Tool, ...]


def candidates(tools: Iterable[Tool], featured: Collection[str], *, as_of: date, size: int) -> Candidates:
    """Return who takes part in an issue of at most ``size`` matchups that goes out on ``as_of``.

    ``featured`` holds the slugs of the ledger: tools in any other issue that was not called off. It alone
    decides what is new, so that a late tool is neither lost nor shown twice. When there are more than the
    issue holds, the oldest come first; the others wait for the next week.
    """
    new, incumbents, postdated = [], [], []
    for tool in sorted(tools, key=lambda tool: (tool.published_on or as_of, tool.slug)):
        if tool.slug in featured:
            incumbents.append(tool)
        elif tool.published_on is not None and tool.published_on > as_of:
            postdated.append(tool)
        else:
            new.append(tool)
    room = 2 * size
    return Candidates(tuple(new[:room]), tuple(incumbents), tuple(new[room:]), tuple(postdated))

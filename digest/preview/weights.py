"""What an issue weighs, and what each depth of a matchup costs of the room there is. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from digest.issues.values import Depth, IssueContent, Matchup

Weigh = Callable[[IssueContent], int]


@dataclass(frozen=True, slots=True)
class Weights:
    """Bytes of HTML. ``frame`` is what stands round the matchups, the others are one matchup's at a depth.

    Of a single matchup a stub cannot be told from the frame: ``stub`` is 0 then, and ``frame`` holds it.
    """

    frame: int
    full: int
    short: int
    stub: int


def weights(content: IssueContent, weigh: Weigh) -> Weights:
    """Return what the issue's matchups cost at each depth, on average; ``weigh`` renders and counts.

    Four renderings: all at one depth each, and the first alone, so that the frame can be told from the rest.
    Raises what ``weigh`` raises, and ValueError for an issue without matchups.
    """
    if not content.matchups:
        raise ValueError("an issue without matchups has no weights")
    alone = weigh(_at(content.matchups[:1], content, Depth.STUB))
    whole = {depth: weigh(_at(content.matchups, content, depth)) for depth in Depth}
    count = len(content.matchups)
    stub = (whole[Depth.STUB] - alone) // (count - 1) if count > 1 else 0
    frame = alone - stub
    return Weights(
        frame,
        (whole[Depth.FULL] - frame) // count,
        (whole[Depth.SHORT] - frame) // count,
        stub,
    )


def _at(matchups: tuple[Matchup, ...], content: IssueContent, depth: Depth) -> IssueContent:
    return replace(content, matchups=tuple(replace(matchup, depth=depth) for matchup in matchups))

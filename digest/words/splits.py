"""One sentence on a pair: where the two panels agree, who does not, and on whom the tools differ."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import floor

from digest.catalogue.values import Take, Tool, Verdict
from digest.panel import Basis, Panel, take_of
from digest.text import number, part_of
from digest.words.sides import Side, agreeing, all_of, capital, fitted

SENTENCE_LIMIT = 130
# More than two names in a row are a list, and a count says it better.
_MOST_NAMED = 2


def split_sentence(left: Tool, right: Tool, panel: Panel) -> str:
    """Return one sentence of at most 130 characters on where the two panels agree and who does not.

    "Only the Founder skips Loupe, at 52; all four ship Lantern." Names are shortened with … where they must.
    """
    return fitted(
        lambda limit: _sentences(Side.of(left, limit, panel), Side.of(right, limit, panel)), SENTENCE_LIMIT
    )


def _sentences(left: Side, right: Side) -> Iterator[str]:
    """Yield what may be said, the richest first."""
    if left.own.percent is None and right.own.percent is None:
        yield "Neither tool has a panel verdict yet."
        return
    yield from (capital(sentence) for sentence in _together(left, right))
    exception_first = left.one_voice and right.own.counted and not right.one_voice
    first, second = (right, left) if exception_first else (left, right)
    for in_detail, also in product((True, False), repeat=2):
        yield capital(f"{_clause(first, in_detail)}; {_clause(second, also)}.")


def _together(left: Side, right: Side) -> Iterator[str]:
    """Yield what can be said of both at once, where the same reviewers voted on both."""
    reviewers = {take.reviewer for take in left.tool.takes}
    if not left.own.counted or not right.own.counted:
        return
    if reviewers != {take.reviewer for take in right.tool.takes}:
        return
    if left.one_voice and right.one_voice:
        yield from _same_voice(left, right)
    elif not left.one_voice and not right.one_voice:
        swing = _swing(left, right)
        if not swing:
            yield from _same_split(left, right)
        elif not _named_anyway(left, right):
            yield from _difference(left, right, swing)


def _same_voice(left: Side, right: Side) -> Iterator[str]:
    """Yield "all four ship both", with the scores that still tell them apart."""
    if left.own.verdict is not right.own.verdict or left.own.voted < 2:
        return
    both = f"{all_of(left.own.voted)} {left.own.verdict} both"
    if averages := _averages(left, right):
        yield f"{both}: {averages}."
    yield f"{both}, {left.name} and {right.name}."


def _same_split(left: Side, right: Side) -> Iterator[str]:
    """Yield who stands against both tools, where every reviewer says of one what they say of the other."""
    against = left.dissent
    if not against:
        yield from _same_tie(left, right)
        return
    verdict = str(against[0].verdict)
    if len(against) > _MOST_NAMED:
        same = part_of(left.own.voted - len(against), left.own.voted)
        yield f"the same {same} {left.own.verdict} both {left.name} and {right.name}."
        return
    who = f"only {left.named(against)} {agreeing(verdict, len(against))}"
    theirs = [take_of(right.tool, take.reviewer) for take in against]
    scores = [take.score if take else None for pair in zip(against, theirs, strict=True) for take in pair]
    if len(against) == 1 and None not in scores:
        yield f"{who} either: {left.name} at {scores[0]}, {right.name} at {scores[1]}."
    yield f"{who} {left.name} and {right.name}."


def _same_tie(left: Side, right: Side) -> Iterator[str]:
    ships, skips = left.voices(Verdict.SHIP), left.voices(Verdict.SKIP)
    if len(ships) <= _MOST_NAMED:
        for_it, against = agreeing("ship", len(ships)), agreeing("skip", len(skips))
        yield (
            f"{left.named(ships)} {for_it} both {left.name} and {right.name}; "
            f"{left.named(skips)} {against} both."
        )
    sides = f"{number(len(ships))} to {number(len(skips))}"
    yield f"the panel splits on both {left.name} and {right.name}, {sides}, along the same lines."


def _swing(left: Side, right: Side) -> list[tuple[Take, Take]]:
    """Return the takes of those reviewers whose verdicts on the two tools differ."""
    return [
        (take, other)
        for verdict in (Verdict.SHIP, Verdict.SKIP)
        for take in left.voices(verdict)
        if (other := take_of(right.tool, take.reviewer)) and other.verdict is not verdict
    ]


def _named_anyway(left: Side, right: Side) -> bool:
    """Whether the plain clauses name every single dissenter, and so leave nothing to add."""
    return len(left.dissent) == len(right.dissent) == 1


def _difference(left: Side, right: Side, swing: list[tuple[Take, Take]]) -> Iterator[str]:
    """Yield on whom the tools differ, if that is one reviewer or two who move the same way."""
    if len(swing) > _MOST_NAMED or len({take.verdict for take, _ in swing}) > 1:
        return
    who = f"{left.named(take for take, _ in swing)} {agreeing('make', len(swing))} the difference"
    counts = ", ".join(
        f"{part_of(side.own.ships, side.own.voted)} {agreeing('ship', side.own.ships)} {side.name}"
        for side in (left, right)
    )
    scores = [take.score for pair in swing for take in pair]
    if len(swing) == 1 and None not in scores:
        yield f"{who}, at {scores[0]} and {scores[1]}: {counts}."
    yield f"{who}: {counts}."


def _clause(side: Side, in_detail: bool) -> str:
    """Return what one panel says, beginning with a word that may take a capital (never a tool's name)."""
    own, name = side.own, side.name
    if own.basis is not Basis.COUNTED:
        return _share(side)
    verb = "ship" if own.ships > own.skips else "skip"
    if side.one_voice:
        return f"{all_of(own.voted)} {agreeing(verb, own.voted)} {name}"
    if own.ships == own.skips:
        return f"the panel splits on {name}, {number(own.ships)} to {number(own.skips)}"
    dissent = side.dissent
    if in_detail and len(dissent) <= _MOST_NAMED:
        scores = [str(take.score) for take in dissent if take.score is not None]
        at = f", at {' and '.join(scores)}" if len(scores) == len(dissent) else ""
        against = agreeing(str(dissent[0].verdict), len(dissent))
        return f"only {side.named(dissent)} {against} {name}{at}"
    return f"{part_of(max(own.ships, own.skips), own.voted)} {verb} {name}"


def _share(side: Side) -> str:
    """Say a share: the source's own, or, where it states none, that of the verdicts that are known."""
    own, name, percent = side.own, side.name, side.own.percent
    if percent is None:
        return f"no panel verdict yet on {name}"
    if own.basis is Basis.STATED:
        whose = {100: "the whole panel", 50: "half the panel", 0: "nobody on the panel"}
        return f"{whose.get(percent, f'{percent}% of the panel')} ships {name}"
    verdict = "ship" if own.ships else "skip"
    if own.voted == 1:
        return f"the one known vote {verdict}s {name}"
    if 0 in (own.ships, own.skips):
        return f"{'both' if own.voted == 2 else f'all {number(own.voted)}'} known votes {verdict} {name}"
    return f"{part_of(own.ships, own.voted)} known votes {agreeing('ship', own.ships)} {name}"


def _averages(left: Side, right: Side) -> str | None:
    """Return "Loupe averages 84, Lantern 80", to the digit that tells them apart.

    None where a score is missing, or the two are closer than that.
    """
    if any(take.score is None for side in (left, right) for take in side.tool.takes):
        return None
    one, other = left.own.mean_score or 0, right.own.mean_score or 0
    if one == other:
        return f"{left.name} and {right.name} average {_figure(one, 0)} each"
    digits = next((digits for digits in (0, 1) if _figure(one, digits) != _figure(other, digits)), None)
    if digits is None:
        return None
    return f"{left.name} averages {_figure(one, digits)}, {right.name} {_figure(other, digits)}"


def _figure(mean: float, digits: int) -> str:
    """Return a mean rounded half up, as a reader would check it."""
    return f"{floor(mean * 10**digits + 0.5) / 10**digits:.{digits}f}"

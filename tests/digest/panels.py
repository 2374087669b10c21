"""Generated panels: any reviewers, guests too; verdicts and scores known or not, or at odds."""

from __future__ import annotations

from hypothesis import strategies as st

from digest.catalogue.values import Take, Tool, Verdict
from tests.factories import REVIEWERS, tool

GUESTS = ("Ana Ruiz", "Bo", "דנה", "Żaneta", *(f"Guest {number}" for number in range(1, 18)))

_verdicts = st.sampled_from([Verdict.SHIP, Verdict.SKIP])
_scores = st.none() | st.integers(0, 100)


@st.composite
def panels(draw: st.DrawFn, most: int = 20) -> tuple[Take, ...]:
    """Takes of up to ``most`` reviewers; in most panels every verdict is known."""
    names = draw(st.lists(st.sampled_from([*REVIEWERS, *GUESTS]), unique=True, max_size=most))
    verdicts = _verdicts if draw(st.booleans()) else st.none() | _verdicts
    return tuple(Take(name, "A text.", draw(_scores), draw(verdicts)) for name in names)


def tools(name: str, most: int = 20) -> st.SearchStrategy[Tool]:
    """Tools of this name with any panel, and with a stated percentage or without."""
    return st.builds(
        Tool,
        st.just(name.lower()),
        st.just(name),
        stated_percent=st.none() | st.sampled_from([0, 50, 75, 100]) | st.integers(0, 100),
        takes=panels(most),
    )


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Tool, Tool]:
    """Two tools; half of the time the same reviewers tried both, and few of them changed their minds."""
    left = draw(tools("Aster"))
    if draw(st.booleans()):
        return left, draw(tools("Birch"))
    changed = draw(
        st.sets(st.sampled_from([take.reviewer for take in left.takes]), max_size=3)
        if left.takes
        else st.just(set())
    )
    takes = tuple(
        Take(
            take.reviewer,
            take.text,
            draw(_scores),
            draw(_verdicts) if take.reviewer in changed else take.verdict,
        )
        for take in draw(st.permutations(left.takes))
    )
    return left, Tool("birch", "Birch", stated_percent=left.stated_percent, takes=takes)


def stated(name: str, percent: int | None) -> Tool:
    """A tool of which only the share that ships is known."""
    return tool(name, None, None, None, None, stated_percent=percent)

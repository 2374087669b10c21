"""Two weeks' worth of saved pages, in words of our own and the shapes of the real ones."""

from __future__ import annotations

from digest.catalogue.values import Tool
from digest.panel import tally
from tests.factories import REVIEWERS, take, tool
from tests.pagetext import compact_page, labelled_page


def _reviewed(name: str, category: str, *scores: int | None) -> Tool:
    """Return a tool with a score per reviewer, in the panel's order; None is "No panel take"."""
    takes = [
        take(
            who,
            score,
            f"I ran {name} for three days as the {who.lower()} of this desk. It held up on the small jobs "
            "and asked for patience on the large ones; the bill was fair.",
        )
        for who, score in zip(REVIEWERS, scores, strict=False)
        if score is not None
    ]
    made = tool(name, category=category, takes=tuple(takes))
    return tool(
        name,
        category=category,
        takes=made.takes,
        tagline=f"{name} keeps one promise and no secrets",
        description=f"{name} is a tool by people who answer mail.",
        pricing="Free / Open source",
        entry="Free",
        best_for="People who read manuals",
        stated_percent=tally(made).percent,
    )


LOUPE = _reviewed("Loupe 2B", "Developer Tools", 88, 78, 82, 52)
LANTERN = _reviewed("Lantern 22B", "Developer Tools", 88, 82, 85, 79)
QUILL = _reviewed("Quill & Co", "Writing", 70, 45, None, 40)
INKWELL = _reviewed("Inkwell", "Writing", 90, 72, 64, 58)
HARBOR = _reviewed("Harbor", "Research", 81, 66, 77, 71)
COMPASS = _reviewed("Compass", "Research", 59, 58, 62, 30)

FIRST_WEEK = {
    "loupe-2b-vs-lantern-22b.txt": labelled_page(LOUPE, LANTERN),
    "quill-co-vs-inkwell.txt": labelled_page(QUILL, INKWELL),
}
SECOND_WEEK = {"harbor-vs-compass.txt": compact_page(HARBOR, COMPASS)}

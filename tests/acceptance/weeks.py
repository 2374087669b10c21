"""Two weeks' worth of saved pages, in words of our own and the shapes of the real ones."""

from __future__ import annotations

from dataclasses import dataclass

END = ("Weekly AI Tool Verdicts", "Get the next comparison in your inbox")
REVIEWERS = ("Builder", "Skeptic", "Futurist", "Founder")


@dataclass(frozen=True)
class Sheet:
    """What a page says of one tool. Scores are in the order of REVIEWERS; None is "No panel take"."""

    name: str
    category: str
    scores: tuple[int | None, ...]

    @property
    def tagline(self) -> str:
        return f"{self.name} keeps one promise and no secrets"

    @property
    def ships(self) -> int:
        return sum(score is not None and score >= 60 for score in self.scores)

    @property
    def skips(self) -> int:
        return sum(score is not None and score < 60 for score in self.scores)

    @property
    def percent(self) -> int:
        return round(100 * self.ships / (self.ships + self.skips))

    def take(self, reviewer: str) -> str:
        return (
            f"I ran {self.name} for three days as the {reviewer.lower()} of this desk. It held up on the "
            "small jobs and asked for patience on the large ones; the bill was fair."
        )


def labelled(left: Sheet, right: Sheet) -> str:
    """Return the labelled page of two tools."""
    lines = [f"Compare/{left.name} vs {right.name}", "AI tool comparison", f"{left.name} vs {right.name}"]
    lines += ["Which one should you ship with? Here is the side-by-side panel verdict."]
    for sheet in (left, right):
        verdict = "Ship" if sheet.percent > 50 else "Skip"
        lines += [sheet.name[0], sheet.category, sheet.name, sheet.tagline, verdict, f"{sheet.percent}%"]
        lines += [
            "Panel ship",
            "Community",
            "Free",
            "Entry",
            f"{sheet.name} is a tool by people who answer mail.",
        ]
    table = ["Decision", left.name, right.name, "Panel verdict"]
    table += [
        f"{'Ship' if sheet.percent > 50 else 'Skip'} · {sheet.ships} ship / {sheet.skips} skip"
        for sheet in (left, right)
    ]
    table += ["Community", "No community votes yet", "No community votes yet"]
    table += [
        "Pricing",
        "Free / Open source",
        "Free / Paid plan from $9",
        "Best for",
        left.tagline,
        right.tagline,
    ]
    table += ["Category", left.category, right.category]
    lines += ["\n".join(table), "Reviewer scorecard"]
    for place, reviewer in enumerate(REVIEWERS):
        cells: list[str] = []
        for sheet in (left, right):
            score = sheet.scores[place]
            if score is None:
                cells.append("No panel take")
            else:
                cells += [f"{score}/100 · {'ship' if score >= 60 else 'skip'}", sheet.take(reviewer)]
        lines += [f"{reviewer}\n{cells[0]}", *cells[1:]]
    lines += [
        "Weekly AI Tool Verdicts",
        "Get the next comparison in your inbox",
        "Bookmarks",
        "Loading bookmarks...",
    ]
    return "\n\n".join(lines) + "\n"


def compact(left: Sheet, right: Sheet) -> str:
    """Return the compact page of two tools, who must have a take of every reviewer."""
    lines = ["AI tool comparison", f"{left.name} vs {right.name}", "Which one should you ship with?"]
    for sheet in (left, right):
        lines += [
            sheet.category,
            sheet.name,
            sheet.tagline,
            f"{sheet.percent}%",
            "Panel ship",
            "—",
            "Community",
        ]
        lines += ["Free", "Entry", f"{sheet.name} is a tool by people who answer mail."]
    lines += ["Reviewer scorecard"]
    lines += [f"“{sheet.take(reviewer)}”" for reviewer in REVIEWERS for sheet in (left, right)]
    return "\n".join([*lines, *END]) + "\n"


LOUPE = Sheet("Loupe 2B", "Developer Tools", (88, 78, 82, 52))
LANTERN = Sheet("Lantern 22B", "Developer Tools", (88, 82, 85, 79))
QUILL = Sheet("Quill & Co", "Writing", (70, 45, None, 40))
INKWELL = Sheet("Inkwell", "Writing", (90, 72, 64, 58))
HARBOR = Sheet("Harbor", "Research", (81, 66, 77, 71))
COMPASS = Sheet("Compass", "Research", (59, 58, 62, 30))

FIRST_WEEK = {
    "loupe-2b-vs-lantern-22b.txt": labelled(LOUPE, LANTERN),
    "quill-co-vs-inkwell.txt": labelled(QUILL, INKWELL),
}
SECOND_WEEK = {"harbor-vs-compass.txt": compact(HARBOR, COMPASS)}

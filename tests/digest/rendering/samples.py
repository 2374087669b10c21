"""An issue for the rendering tests: a full, a short and a stub matchup, in words of our own."""

from __future__ import annotations

from datetime import date

from digest.catalogue.values import Community, Take, Tool, Verdict
from digest.issues.values import Depth, IssueContent, Matchup, Sponsor
from digest.rendering.issue import render_issue
from digest.rendering.slots import sentinel_for
from digest.rendering.values import Identity, RenderedEmail
from digest.week import Week
from digest.words import preheader_for, subject_for
from tests.factories import FRIDAY, PANEL, tool

IDENTITY = Identity(
    name="Weekly AI Tool Verdicts",
    sender="Ship or Skip",
    address="Ship or Skip, 1 Example Street, 10000 Example City",
    from_address="digest@example.com",
    base_url="https://digest.example.com",
)
WEEK = Week(2026, 47)
SENTINEL = sentinel_for(b"secret", "2026-W47")

LOUPE = tool(
    "Loupe", 88, 78, 82, 52, pricing="Free / Open weights", price_tier="Free", best_for="Reading receipts"
)
LANTERN = tool("Lantern", 88, 82, 85, 79, community=Community(78, 50))
FERRY = tool("Ferry", 81, 82, 83, 84)
TUG = tool(
    "Tug",
    takes=(
        Take("Builder", "It starts at once.", 80, Verdict.SHIP),
        Take("Skeptic", "It stops when it should.", 75, Verdict.SHIP),
        Take("Creator", "Everything it writes sounds alike.", 45, Verdict.SKIP),
    ),
)
MOTH = tool("Moth", None, None, None, None, stated_percent=50)
WASP = tool("Wasp", 20, 30, 40)

INTRO = """We tried *six* tools. **Lantern** read our [receipts](https://receipts.example/all?a=1&b=2) whole.

- Prices are as of Friday.

> A longer week follows."""
SPONSOR = Sponsor(
    "Harbour Hosting",
    "Small machines, in [three cities](https://harbour.example/cities).",
    "https://harbour.example/?from=digest",
)


def pair(left: Tool, right: Tool, depth: Depth = Depth.FULL) -> Matchup:
    return Matchup(left, right, depth)


def content(*matchups: Matchup, intro: str | None = None, sponsor: Sponsor | None = None) -> IssueContent:
    """Return an issue of these matchups, or of one of each depth."""
    shown = matchups or (
        pair(LOUPE, LANTERN),
        pair(FERRY, TUG, Depth.SHORT),
        pair(MOTH, WASP, Depth.STUB),
    )
    return IssueContent(WEEK, shown, subject_for(shown), preheader_for(shown), PANEL, intro, sponsor)


def rendered(
    *matchups: Matchup,
    day: date = FRIDAY,
    intro: str | None = None,
    sponsor: Sponsor | None = None,
    identity: Identity = IDENTITY,
) -> RenderedEmail:
    issue = content(*matchups, intro=intro, sponsor=sponsor)
    return render_issue(issue, identity, SENTINEL, date=day)

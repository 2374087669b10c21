"""A small public archive for the pages' tests: three issues that readers may see, and a draft."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.catalogue import store as catalogue
from digest.catalogue.rows import ComparisonRow, ToolRow
from digest.catalogue.values import Community, Take, Tool, Verdict
from digest.clock import FixedClock
from digest.db import Database
from digest.issues.rendered import freeze
from digest.issues.rows import IssueRow, MatchupRow
from digest.issues.store import NEWSLETTER
from digest.issues.values import IssueContent, Status
from digest.settings import Settings
from digest.web.pages import Pages
from digest.web.problems import add_problem_pages
from digest.web.routes import router
from digest.web.security import protect
from tests.factories import DESK, tool

WENT_OUT = datetime(2026, 11, 20, 9, tzinfo=UTC)

LOUPE = tool(
    "Loupe",
    88, 78, 82, 52,
    tagline="Reads documents where they are",
    description="Small enough for a phone, and it never calls home.",
    pricing="Free / Open weights",
    price_tier="Free",
    best_for="Receipts and forms",
)  # fmt: skip
LANTERN = tool("Lantern", 88, 82, 85, 79, community=Community(ships=78, skips=50))
KILN = tool("Kiln", 40, 7, category=None, tagline=None)
SONAR = Tool(
    slug="sonar-vs-radar",
    name="Sonar",
    category="Audio",
    published_on=LOUPE.published_on,
    stated_percent=75,
    takes=(Take("Builder", "Clear."), Take("Creator", "It hears me.", None, Verdict.SHIP)),
)
HOSTILE = tool(
    "<script>alert(1)</script> & {{ 7*7 }} عربى 👩‍👩‍👧",
    60, 30,
    slug="hostile",
    tagline='" onmouseover="alert(2)',
    description="word" * 2_500,
)  # fmt: skip
UNBROKEN = tool("A-Name-Without-Any-Break-At-All-That-Goes-On-And-On", slug="unbroken", takes=())
EVERY_TOOL = (LOUPE, LANTERN, KILN, SONAR, HOSTILE, UNBROKEN)


def publish(database: Database) -> None:
    """Fill an empty database: W45 paused, W46 going out, W47 sent, W48 still a draft."""
    with database.writing() as session:
        rows = {tool.slug: catalogue.add_tool(session, tool, "test", WENT_OUT) for tool in EVERY_TOOL}
        session.flush()
        _issue(session, rows, "2026-W45", Status.PAUSED, [(UNBROKEN, LANTERN)])
        _issue(session, rows, "2026-W46", Status.SENDING, [(LANTERN, SONAR)])
        _issue(session, rows, "2026-W47", Status.SENT, [(LOUPE, LANTERN), (KILN, LOUPE), (HOSTILE, UNBROKEN)])
        _issue(session, rows, "2026-W48", Status.DRAFT, [(KILN, SONAR)])
        session.add(
            ComparisonRow(left_id=rows["sonar-vs-radar"].id, right_id=rows["loupe"].id, source="test")
        )


def freeze_issue(session: Session, week: str, content: IssueContent) -> None:
    """Keep what an issue said, as approving it does."""
    row = session.scalars(select(IssueRow).where(IssueRow.week == week)).one()
    row.content = freeze(content)


def site(database: Database, settings: Settings | None = None) -> FastAPI:
    """Return the public pages over a database, guarded as they are in real life."""
    settings = settings or Settings()
    pages = Pages.of(settings)
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    app.include_router(router(database, pages, DESK, FixedClock(WENT_OUT)))
    add_problem_pages(app, pages)
    protect(app, https=settings.web.base_url.startswith("https://"))
    return app


def _issue(
    session: Session, rows: dict[str, ToolRow], week: str, status: Status, pairs: list[tuple[Tool, Tool]]
) -> None:
    (lead, rival), *_ = pairs
    session.add(
        IssueRow(
            newsletter=NEWSLETTER,
            week=week,
            status=status,
            seed=0,
            built_at=WENT_OUT,
            started_at=None if status is Status.DRAFT else WENT_OUT,
            subject=f"{lead.name} vs {rival.name}",
            matchups=[
                MatchupRow(position=place, left_id=rows[left.slug].id, right_id=rows[right.slug].id)
                for place, (left, right) in enumerate(pairs, start=1)
            ],
        )
    )

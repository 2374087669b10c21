from datetime import date

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from digest.catalogue.rows import TakeRow
from digest.clock import FixedClock
from digest.db import Database
from digest.errors import NotFound, TooFewTools, WrongState
from digest.issues.building import approve, build_issue, cancel, reopen
from digest.issues.rendered import SIZE_LIMIT, Renderer, content_of
from digest.issues.rows import IssueRow
from digest.issues.values import Status
from digest.settings import Settings
from digest.week import Week
from tests.factories import DESK, PANEL, tool
from tests.stock import NOW, stock_pair, stock_tools

WEEK = Week.parse("2026-W47")
CLOCK = FixedClock(NOW)
RENDERER = Renderer.of(Settings(), "a secret for tests only")


def build(session: Session, week: Week = WEEK, **options: object) -> IssueRow:
    return build_issue(session, week, DESK, CLOCK, **options).issue  # type: ignore[arg-type]


def slugs(session: Session, issue: IssueRow) -> list[set[str]]:
    return [{pair.left.slug, pair.right.slug} for pair in content_of(session, issue, PANEL).matchups]


def test_building_twice_gives_the_same_row(session: Session) -> None:
    stock_pair(session)
    first = build(session)
    again = build(session)
    assert first.id == again.id
    assert session.scalar(select(func.count()).select_from(IssueRow)) == 1
    assert slugs(session, again) == [{"loupe", "lantern"}]


def test_a_draft_built_again_takes_in_what_came_since(session: Session) -> None:
    stock_pair(session)
    build(session)
    stock_pair(session, "Quill", "Inkwell")
    assert len(slugs(session, build(session))) == 2


def test_a_tool_that_one_issue_features_is_not_new_for_another(session: Session) -> None:
    stock_pair(session)
    build(session)
    with pytest.raises(TooFewTools, match="every tool was featured before"):
        build(session, WEEK.next())


def test_the_odd_one_of_the_next_week_meets_a_rival_from_the_week_before(session: Session) -> None:
    stock_pair(session)
    build(session)
    stock_tools(session, tool("Harbor", 90, 80))
    (pair,) = slugs(session, build(session, WEEK.next()))
    assert "harbor" in pair
    assert pair & {"loupe", "lantern"}


def test_a_cancelled_issue_gives_its_tools_back(session: Session) -> None:
    stock_pair(session)
    build(session)
    cancel(session, WEEK, NOW)
    assert slugs(session, build(session, WEEK.next())) == [{"loupe", "lantern"}]


def test_a_week_with_too_few_tools_says_so_and_stores_nothing(database: Database) -> None:
    with database.writing() as session:
        stock_tools(session, tool("Alone"))
    with pytest.raises(TooFewTools, match="Alone has nobody to meet"), database.writing() as session:
        build(session)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(IssueRow)) == 0


def test_as_of_leaves_out_what_came_later(session: Session) -> None:
    stock_pair(session)
    with pytest.raises(TooFewTools, match="is not out yet"):
        build(session, as_of=date(2026, 11, 1))


def test_approving_freezes_what_goes_out_and_later_edits_do_not_touch_it(session: Session) -> None:
    stock_pair(session)
    build(session)
    issue = approve(session, WEEK, RENDERER, NOW, "test")
    before = (issue.subject, issue.html, issue.text, issue.content_hash)
    stock_pair(session, "Quill", "Inkwell")
    assert build(session).status == Status.APPROVED, "an approved issue stays as it is"
    email = RENDERER.render(session, issue)
    assert (email.subject, email.html, email.text, email.content_hash) == before


def test_a_reopened_issue_is_a_draft_and_forgets_what_was_frozen(session: Session) -> None:
    stock_pair(session)
    build(session)
    approve(session, WEEK, RENDERER, NOW, "test")
    issue = reopen(session, WEEK, NOW)
    assert (issue.status, issue.html, issue.frozen_at) == (Status.DRAFT, None, None)


def test_only_a_draft_can_be_approved_and_only_what_exists(session: Session) -> None:
    with pytest.raises(NotFound, match="digest issue build --week 2026-W47"):
        approve(session, WEEK, RENDERER, NOW, "test")
    stock_pair(session)
    build(session)
    cancel(session, WEEK, NOW)
    with pytest.raises(WrongState, match="only a draft can be approved"):
        approve(session, WEEK, RENDERER, NOW, "test")


def test_a_cancelled_issue_drafted_anew_forgets_what_was_frozen(session: Session) -> None:
    stock_pair(session)
    build(session)
    first = approve(session, WEEK, RENDERER, NOW, "test").content_hash
    cancel(session, WEEK, NOW)
    stock_pair(session, "Quill", "Inkwell")
    assert len(slugs(session, build(session))) == 2
    assert approve(session, WEEK, RENDERER, NOW, "test").content_hash != first


def test_an_approved_issue_keeps_saying_what_it_said(session: Session) -> None:
    stock_pair(session)
    build(session)
    issue = approve(session, WEEK, RENDERER, NOW, "test")
    before = content_of(session, issue, PANEL)
    session.execute(update(TakeRow).values(score=5, verdict="skip"))
    session.expire_all()
    assert content_of(session, issue, PANEL) == before


def test_an_issue_too_large_for_gmail_is_shown_less_deep(session: Session) -> None:
    words = "An unusually thorough sentence about very little indeed. "
    for number in range(34):
        stock_tools(
            session,
            tool(
                f"{'Wide name ' * 8}{number:02d}",
                90,
                80,
                70,
                61,
                50,
                category="Category " * 6,
                tagline=words * 3,
            ),
        )
    issue = build_issue(session, WEEK, DESK, CLOCK).issue
    email = RENDERER.render(session, issue)
    assert len(email.html.encode()) <= SIZE_LIMIT

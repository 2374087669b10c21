import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from digest.catalogue.rows import TakeRow
from digest.clock import FixedClock
from digest.db import Database
from digest.desk import Desk
from digest.errors import BadInput, NotFound, TooFewTools, WrongState
from digest.issues.building import (
    approve,
    build_issue,
    cancel,
    ignored_file,
    plan_from,
    reopen,
    take_in,
)
from digest.issues.rendered import Renderer, content_of
from digest.issues.rows import IssueRow
from digest.issues.values import IssueContent, Overrides, Sponsor, Status
from digest.issues.why import explanation_of
from digest.panel import Panel
from digest.rendering.sizes import SIZE_LIMIT
from digest.settings import Settings
from digest.week import Week
from tests.factories import DESK, FRIDAY, PANEL, tool
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
    stock_tools(session, tool("Harbor", 90, 80, 70))
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
        stock_tools(session, tool("Alone", 90, 80, 70))
    with pytest.raises(TooFewTools, match="Alone has nobody to meet"), database.writing() as session:
        build(session)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(IssueRow)) == 0


def test_as_of_leaves_out_what_came_later(session: Session) -> None:
    stock_pair(session)
    with pytest.raises(TooFewTools, match="Lantern is not out before 2026-11-20"):
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


FOUR = ("Loupe", "Lantern", "Quill", "Inkwell")


@pytest.fixture
def desk(session: Session, tmp_path: Path) -> Desk:
    """A desk with a folder of its own, and four tools that any pairing may use."""
    stock_tools(session, *(tool(name, 88, 78, 82, 52) for name in FOUR))
    return replace(DESK, folder=tmp_path)


def write(desk: Desk, text: str) -> None:
    (desk.folder / "2026-W47.yaml").write_text(text, "utf-8")


def made(session: Session, desk: Desk) -> IssueContent:
    return content_of(session, build_issue(session, WEEK, desk, CLOCK).issue, PANEL)


def renderer(desk: Desk) -> Renderer:
    return replace(RENDERER, desk=desk)


def test_the_weeks_file_has_the_last_word_on_pairs_and_words(session: Session, desk: Desk) -> None:
    write(
        desk,
        "pairs: [[quill, loupe]]\nleave_out: [inkwell]\nsubject: Quill first\npreheader: Then the rest\n"
        "intro: By *hand*.\nsponsor: {name: Lamp, text: Light.}\n",
    )
    content = made(session, desk)
    assert [(pair.left.slug, pair.right.slug) for pair in content.matchups] == [("quill", "loupe")]
    assert (content.subject, content.preheader) == ("Quill first", "Then the rest")
    assert (content.intro, content.sponsor) == ("By *hand*.", Sponsor("Lamp", "Light."))


def test_a_banned_pair_does_not_meet_and_a_changed_file_builds_anew(session: Session, desk: Desk) -> None:
    first = [frozenset(pair) for pair in slugs(session, build_issue(session, WEEK, desk, CLOCK).issue)]
    left, right = sorted(first[0])
    write(desk, f"bans: [[{right}, {left}]]")
    later = FixedClock(NOW + timedelta(hours=1))
    issue = build_issue(session, WEEK, desk, later).issue
    assert first[0] not in [frozenset(pair) for pair in slugs(session, issue)]
    assert issue.built_at == later.now()


def test_a_file_that_cannot_be_followed_is_named_and_nothing_is_stored(session: Session, desk: Desk) -> None:
    write(desk, "pairs: [[loupe, lantern]]\nbans: [[lantern, loupe]]\n")
    with pytest.raises(BadInput, match=r"2026-W47\.yaml: pairs: loupe and lantern"):
        build_issue(session, WEEK, desk, CLOCK)
    assert session.scalar(select(func.count()).select_from(IssueRow)) == 0


def test_why_is_kept_with_the_issue(session: Session, desk: Desk) -> None:
    write(desk, "pairs: [[quill, loupe]]")
    stock_tools(session, tool("Unjudged"))
    why = explanation_of(session, build_issue(session, WEEK, desk, CLOCK).issue, PANEL)
    assert [(pair["left"], pair["right"]) for pair in why["pairs"] if pair["forced"]] == [("quill", "loupe")]
    assert [one["slug"] for one in why["left_out"]] == ["unjudged"]
    assert why["more"] == []


def test_thousands_that_wait_are_counted_in_one_line(session: Session, tmp_path: Path) -> None:
    stock_tools(session, *(tool(f"Unjudged {number:03}") for number in range(200)))
    with pytest.raises(TooFewTools) as caught:
        build_issue(session, WEEK, replace(DESK, folder=tmp_path), CLOCK)
    said = str(caught.value)
    assert "Unjudged 000 waits for its panel" in said
    assert "176 more wait for their panel" in said
    assert len(said) < 500


def test_approving_what_the_file_does_not_say_any_more_is_refused(session: Session, desk: Desk) -> None:
    write(desk, "subject: One")
    made(session, desk)
    write(desk, "subject: Two")
    with pytest.raises(WrongState, match="has changed since issue 2026-W47 was built; take it in with"):
        approve(session, WEEK, renderer(desk), NOW, "test")
    write(desk, "subject: [")
    with pytest.raises(BadInput, match="not YAML"):
        approve(session, WEEK, renderer(desk), NOW, "test")
    (desk.folder / "2026-W47.yaml").unlink()
    with pytest.raises(WrongState, match="has changed"):
        approve(session, WEEK, renderer(desk), NOW, "test")


def test_a_file_that_only_changed_its_looks_may_be_approved(session: Session, desk: Desk) -> None:
    write(desk, "subject: One")
    made(session, desk)
    write(desk, "# the same in other words\nsubject: 'One'\n")
    assert approve(session, WEEK, renderer(desk), NOW, "test").subject == "One"


def test_what_was_approved_keeps_its_words_and_its_panel(session: Session, desk: Desk) -> None:
    write(desk, "intro: By *hand*.\nsponsor: {name: Lamp, text: Light.}\n")
    before = made(session, desk)
    issue = approve(session, WEEK, renderer(desk), NOW, "test")
    write(desk, "intro: Another.")
    assert content_of(session, issue, Panel(())) == before
    assert ignored_file(session, issue, desk) == desk.folder / "2026-W47.yaml"


def test_an_issue_approved_before_panels_were_kept_shows_the_standing_one(
    session: Session, desk: Desk
) -> None:
    before = made(session, desk)
    issue = approve(session, WEEK, renderer(desk), NOW, "test")
    assert issue.content is not None
    older = json.loads(issue.content)
    del older["panel"]
    issue.content = json.dumps(older)
    assert content_of(session, issue, PANEL) == before


def test_new_words_leave_a_drafts_pairs_alone(session: Session, desk: Desk) -> None:
    before = slugs(session, build_issue(session, WEEK, desk, CLOCK).issue)
    stock_pair(session, "Harbor", "Compass")
    built = take_in(session, WEEK, desk, CLOCK, Overrides(subject="Mine"))
    assert built is not None
    assert (built.plan, slugs(session, built.issue)) == (None, before)
    assert content_of(session, built.issue, PANEL).subject == "Mine"
    subjects = explanation_of(session, built.issue, PANEL)["subjects"]
    assert subjects[0]["text"] == "Mine"
    assert len(subjects) > 1, "what it might have been called stays visible"


def test_the_subjects_that_are_explained_are_those_of_what_the_issue_says_now(
    session: Session, desk: Desk
) -> None:
    issue = build_issue(session, WEEK, desk, CLOCK).issue
    session.execute(update(TakeRow).values(verdict="skip", score=20))
    session.expire_all()
    subject = content_of(session, issue, PANEL).subject
    assert explanation_of(session, issue, PANEL)["subjects"][0]["text"] == subject


def test_another_choice_of_tools_has_the_draft_planned_anew(session: Session, desk: Desk) -> None:
    build_issue(session, WEEK, desk, CLOCK)
    built = take_in(session, WEEK, desk, CLOCK, Overrides(leave_out=("loupe",)))
    assert built is not None
    assert not any("loupe" in pair for pair in slugs(session, built.issue))


def test_without_a_draft_what_is_decided_is_checked_and_nothing_built(session: Session, desk: Desk) -> None:
    assert take_in(session, WEEK, desk, CLOCK, Overrides(subject="Mine")) is None
    with pytest.raises(BadInput, match="loupe"):
        take_in(session, WEEK, desk, CLOCK, Overrides(pins=("loupe",), leave_out=("loupe",)))
    assert session.scalar(select(func.count()).select_from(IssueRow)) == 0


def test_a_pair_comes_again_only_when_its_weeks_are_over(session: Session, desk: Desk) -> None:
    desk = replace(desk, rematch_after_weeks=2)
    first = slugs(session, build_issue(session, WEEK, desk, CLOCK).issue)
    again = Overrides(pins=tuple(sorted(first[0])))
    for weeks, meets in ((1, False), (2, False), (3, True)):
        plan = plan_from(session, WEEK.plus(weeks), desk, as_of=FRIDAY, overrides=again)
        pairs = [{pair.left.slug, pair.right.slug} for pair in plan.content.matchups] if plan.content else []
        assert (first[0] in pairs) is meets, weeks

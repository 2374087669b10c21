"""Looking through an issue while nobody waits for the database, and approving just that."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from digest.catalogue.rows import TakeRow
from digest.clock import FixedClock
from digest.db import Database
from digest.errors import WrongState
from digest.issues.building import approve, build_issue, to_approve
from digest.issues.gate import Checked, check_content, once_checked
from digest.issues.rendered import Renderer
from digest.issues.rows import IssueRow
from digest.issues.store import get_issue
from digest.issues.values import IssueContent, Status
from digest.lint.running import LintFailed
from digest.settings import Settings
from digest.week import Week
from tests.factories import DESK
from tests.stock import NOW, stock_pair, stock_readers

WEEK = Week.parse("2026-W47")
RENDERER = Renderer.of(Settings(), "a secret for tests only")


@pytest.fixture
def draft(database: Database) -> Database:
    with database.writing() as session:
        stock_pair(session)
        build_issue(session, WEEK, DESK, FixedClock(NOW))
    return database


def look(session: Session) -> IssueContent | None:
    return to_approve(session, WEEK, RENDERER, NOW)


def freeze(session: Session, checked: Checked | None) -> IssueRow:
    return approve(session, WEEK, RENDERER, NOW, "test", checked)


def score_all(database: Database, score: int) -> None:
    with database.writing() as session:
        session.execute(update(TakeRow).values(score=score))


def test_others_write_while_an_issue_is_looked_through(draft: Database) -> None:
    def check(content: IssueContent) -> Checked:
        with draft.writing() as session:
            stock_readers(session, 3)
        return check_content(RENDERER, content)

    assert once_checked(draft, WEEK, look, check, freeze).status == Status.APPROVED


def test_nothing_is_rendered_while_others_wait(draft: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def rendering_is_over(*_: object) -> None:
        raise AssertionError("rendered under the lock")

    def step(session: Session, checked: Checked | None) -> IssueRow:
        monkeypatch.setattr(Renderer, "render_content", rendering_is_over)
        return freeze(session, checked)

    assert once_checked(draft, WEEK, look, partial(check_content, RENDERER), step).frozen_at == NOW


def test_what_changed_while_it_was_looked_through_is_looked_through_again(draft: Database) -> None:
    seen: list[IssueContent] = []

    def check(content: IssueContent) -> Checked:
        seen.append(content)
        if len(seen) == 1:
            score_all(draft, 41)
        return check_content(RENDERER, content)

    issue = once_checked(draft, WEEK, look, check, freeze)
    assert len(seen) == 2
    assert "41" in (issue.text or "")


def test_an_issue_that_never_comes_to_rest_stays_a_draft(draft: Database) -> None:
    scores = iter(range(1, 90))

    def check(content: IssueContent) -> Checked:
        score_all(draft, next(scores))
        return check_content(RENDERER, content)

    with pytest.raises(WrongState, match="changes faster than it can be looked through"):
        once_checked(draft, WEEK, look, check, freeze)
    with draft.reading() as session:
        assert get_issue(session, WEEK).status == Status.DRAFT


def test_a_dead_link_to_our_own_pages_is_refused(draft: Database) -> None:
    with draft.reading() as session:
        content = look(session)
    assert content is not None
    content = replace(content, intro="See [who we are](http://127.0.0.1:8000/about-us).")
    with pytest.raises(LintFailed, match="our own page answers 404"):
        check_content(RENDERER, content, lambda paths: dict.fromkeys(paths, 404))
    assert check_content(RENDERER, content, lambda paths: dict.fromkeys(paths, 200)).content == content

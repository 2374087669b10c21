"""Votes and saved tools in a real database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from digest.catalogue import store as catalogue
from digest.catalogue.values import Community, Verdict
from digest.db import Database
from digest.errors import WrongState
from digest.issues import store as issues
from digest.issues.rendered import content_of, freeze
from digest.issues.rows import IssueRow
from digest.issues.values import Status
from digest.votes import store
from digest.votes.rows import SavedRow, VoteRow
from digest.week import Week
from tests.digest.web.publishing import publish
from tests.factories import PANEL
from tests.stock import NOW


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A session on the small archive."""
    publish(database)
    with database.writing() as session:
        yield session


def id_of(session: Session, slug: str) -> int:
    return catalogue.ids_by_slug(session, [slug])[slug]


def community(session: Session, slug: str) -> Community | None:
    [tool] = store.with_votes(session, [catalogue.load_tool(session, slug)])
    return tool.community


def rows(session: Session) -> list[tuple[str | None, str]]:
    found = session.execute(select(VoteRow.reader, VoteRow.verdict))
    return sorted(((reader, verdict) for reader, verdict in found), key=str)


def test_the_last_vote_of_a_reader_counts_and_only_that(session: Session) -> None:
    loupe = id_of(session, "loupe")
    for verdict in (Verdict.SHIP, Verdict.SHIP, Verdict.SKIP, Verdict.SKIP):
        store.cast(session, "ann", loupe, verdict)
        assert store.vote_of(session, "ann", loupe) is verdict
    store.cast(session, "bob", loupe, Verdict.SHIP)
    assert rows(session) == [("ann", "skip"), ("bob", "ship")]
    assert community(session, "loupe") == Community(ships=1, skips=1)


def test_a_vote_taken_back_is_gone_and_again_changes_nothing(session: Session) -> None:
    loupe = id_of(session, "loupe")
    store.cast(session, "ann", loupe, Verdict.SHIP)
    for _ in range(2):
        store.take_back(session, "ann", loupe)
        assert store.vote_of(session, "ann", loupe) is None
    assert community(session, "loupe") is None


def test_votes_come_on_top_of_what_the_source_states_which_stays_apart(session: Session) -> None:
    store.cast(session, "ann", id_of(session, "lantern"), Verdict.SKIP)
    assert community(session, "lantern") == Community(ships=78, skips=51)
    assert catalogue.load_tool(session, "lantern").community == Community(ships=78, skips=50)


def test_many_tools_take_one_query_and_keep_their_order(session: Session) -> None:
    tools = catalogue.listing_page(session, None, 100)[::-1]
    store.cast(session, "ann", id_of(session, "kiln"), Verdict.SHIP)
    session.flush()
    asked: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        asked.append(statement)

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    found = store.with_votes(session, tools)
    event.remove(engine, "before_cursor_execute", note)
    assert len(asked) == 1
    assert [tool.slug for tool in found] == [tool.slug for tool in tools]
    assert store.with_votes(session, []) == []


def test_counting_votes_never_reads_the_table_through(session: Session) -> None:
    found: list[str] = []

    def explain(connection: object, cursor: object, statement: str, values: object, *rest: object) -> None:
        found.append(statement)

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", explain)
    store.with_votes(session, [catalogue.load_tool(session, "loupe")])
    store.forget(session, "ann")
    list(store.saved(session, "ann"))
    store.find_featured(session, "loupe")
    event.remove(engine, "before_cursor_execute", explain)
    for statement in [one for one in found if " vote" in one or "saved" in one or "matchup" in one]:
        values = tuple(None for _ in range(statement.count("?")))
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        assert not [row for row in plan if row[3].startswith("SCAN")], statement


@pytest.mark.parametrize(
    ("slug", "open_"),
    [("loupe", True), ("unbroken", True), ("sonar-vs-radar", True), ("nobody", False), ("", False)],
)
def test_tools_of_issues_that_went_out_or_are_going_out_can_be_voted_on(
    session: Session, slug: str, open_: bool
) -> None:
    assert (store.find_featured(session, slug) is not None) is open_


def test_a_tool_that_only_a_draft_features_cannot_be_voted_on(session: Session) -> None:
    session.execute(text("update issue set started_at = null where week = '2026-W47'"))
    assert store.find_featured(session, "kiln") is None


def test_an_issue_that_was_approved_keeps_saying_what_it_said(session: Session) -> None:
    issue = issues.get_issue(session, Week.parse("2026-W47"))
    issue.content = freeze(content_of(session, issue, PANEL))
    draft = session.scalars(select(IssueRow).where(IssueRow.status == Status.DRAFT)).one()
    store.cast(session, "ann", id_of(session, "kiln"), Verdict.SHIP)
    frozen, living = content_of(session, issue, PANEL), content_of(session, draft, PANEL)
    assert frozen.matchups[1].left.community is None
    assert living.matchups[0].left.community == Community(ships=1, skips=0)


def test_an_erased_readers_votes_count_as_nobodys_and_what_was_saved_goes(session: Session) -> None:
    for slug in ("loupe", "lantern"):
        for reader in ("ann", "bob"):
            store.cast(session, reader, id_of(session, slug), Verdict.SHIP)
        store.save(session, "ann", id_of(session, slug), NOW)
    before = community(session, "lantern")
    for _ in range(2):
        store.forget(session, "ann")
    assert rows(session) == [("bob", "ship"), ("bob", "ship"), (None, "ship"), (None, "ship")]
    assert list(store.saved(session, "ann")) == []
    assert community(session, "lantern") == before

    store.forget(session, "bob")
    assert community(session, "lantern") == before


def test_a_verdict_is_ship_or_skip(session: Session) -> None:
    with pytest.raises(IntegrityError):
        store.cast(session, "ann", id_of(session, "loupe"), Verdict.SPLIT)
    session.rollback()


def test_tools_are_saved_once_and_the_latest_comes_first(session: Session) -> None:
    loupe, kiln = id_of(session, "loupe"), id_of(session, "kiln")
    store.save(session, "ann", loupe, NOW)
    store.save(session, "ann", kiln, NOW + timedelta(hours=1))
    store.save(session, "ann", loupe, NOW + timedelta(hours=2))
    assert list(store.saved(session, "ann")) == [kiln, loupe]
    assert list(store.saved(session, "bob")) == []
    for _ in range(2):
        store.unsave(session, "ann", kiln)
    assert list(store.saved(session, "ann")) == [loupe]


def test_a_reader_saves_only_so_many(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_SAVED", 1)
    store.save(session, "ann", id_of(session, "loupe"), NOW)
    store.save(session, "ann", id_of(session, "loupe"), NOW)
    with pytest.raises(WrongState, match="remove one first"):
        store.save(session, "ann", id_of(session, "kiln"), NOW)
    assert session.scalars(select(SavedRow.tool_id)).all() == [id_of(session, "loupe")]

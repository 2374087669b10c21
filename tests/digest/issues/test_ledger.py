from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, select, text, update
from sqlalchemy.orm import Session

from digest.catalogue import store as catalogue
from digest.catalogue.rows import ToolRow
from digest.catalogue.values import Tool
from digest.issues import ledger
from digest.issues.ledger import Standing
from digest.issues.life import begin
from digest.issues.rows import IssueRow
from digest.issues.store import NEWSLETTER, set_matchups
from digest.issues.values import Status
from digest.week import Week
from tests.factories import FRIDAY, tool
from tests.stock import NOW, stock_tools

WEEK = Week.parse("2026-W47")


def ids(session: Session, *slugs: str) -> list[int]:
    found = catalogue.ids_by_slug(session, slugs)
    return [found[slug] for slug in slugs]


def slugs(session: Session, found: tuple[int, ...] | list[int]) -> list[str]:
    named = catalogue.slugs_by_id(session, found)
    return [named[tool_id] for tool_id in found]


def reviewed(name: str, published_on: date = FRIDAY) -> Tool:
    return tool(name, 80, 70, 60, published_on=published_on)


def ran(session: Session, week: str, *pairs: tuple[str, str], status: Status = Status.SENT) -> IssueRow:
    issue = IssueRow(newsletter=NEWSLETTER, week=week, seed=0, built_at=NOW)
    begin(session, issue, status, at=NOW, reason="test")
    issue.started_at = NOW if status is Status.SENT else None
    set_matchups(session, issue, [(left, right) for left, right in (ids(session, *pair) for pair in pairs)])
    return issue


def fresh(session: Session, week: Week = WEEK) -> ledger.Fresh:
    return ledger.fresh_tools(session, week, as_of=FRIDAY, min_takes=3)


def ready(session: Session, week: Week = WEEK) -> list[str]:
    return slugs(session, fresh(session, week).ids.get(Standing.READY, ()))


def test_what_another_week_featured_on_either_side_is_not_new(session: Session) -> None:
    stock_tools(session, *map(reviewed, ("Loupe", "Lantern", "Quill")))
    ran(session, "2026-W40", ("loupe", "lantern"))
    assert ready(session) == ["quill"]
    assert set(ready(session, Week.parse("2026-W40"))) == {"loupe", "lantern", "quill"}, "its own are"


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.MISSED])
def test_an_issue_that_was_called_off_unread_gives_its_tools_back(session: Session, status: Status) -> None:
    stock_tools(session, *map(reviewed, ("Loupe", "Lantern")))
    issue = ran(session, "2026-W40", ("loupe", "lantern"), status=status)
    assert ready(session) == ["lantern", "loupe"]
    issue.started_at = NOW
    session.flush()
    assert ready(session) == [], "somebody was mailed"


def test_of_too_many_the_pinned_the_latest_and_the_longest_waiting_are_looked_at(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = {"Young": date(2026, 11, 18), "Old": date(2026, 11, 2), "Pinned": date(2026, 11, 19)}
    stock_tools(session, *(reviewed(name, day) for name, day in days.items()))
    session.execute(update(ToolRow).where(ToolRow.slug == "pinned").values(pinned=True))
    assert ready(session) == ["pinned", "young", "old"]
    monkeypatch.setattr(ledger, "MOST_LATEST", 1)
    monkeypatch.setattr(ledger, "MOST_WAITING", 1)
    assert ready(session) == ["pinned", "young"], "Young came in first, so it has waited the longest"


def test_each_tool_that_may_not_take_part_has_its_reason(session: Session) -> None:
    stock_tools(
        session,
        reviewed("Ready"),
        reviewed("Secret"),
        reviewed("Unwanted"),
        reviewed("Tomorrow", date(2026, 11, 21)),
        tool("Unjudged", 80, 70),
    )
    session.execute(update(ToolRow).where(ToolRow.slug == "secret").values(embargoed_until=date(2026, 12, 1)))
    session.execute(update(ToolRow).where(ToolRow.slug == "unwanted").values(excluded="an advert"))
    found = fresh(session)
    assert {standing: slugs(session, held) for standing, held in found.ids.items()} == {
        Standing.READY: ["ready"],
        Standing.EMBARGOED: ["secret"],
        Standing.EXCLUDED: ["unwanted"],
        Standing.POSTDATED: ["tomorrow"],
        Standing.WAITING: ["unjudged"],
    }


def test_an_embargo_ends_on_its_day(session: Session) -> None:
    stock_tools(session, reviewed("Secret"))
    session.execute(update(ToolRow).values(embargoed_until=FRIDAY))
    assert ready(session) == ["secret"]


def test_however_many_wait_a_few_are_named_and_the_rest_counted(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "MOST_LATEST", 4)
    monkeypatch.setattr(ledger, "MOST_WAITING", 1)
    stock_tools(session, *(tool(f"Unjudged {n:03}") for n in range(100)))
    stock_tools(session, *(reviewed(f"Ready {n}") for n in range(9)))
    found = fresh(session)
    assert len(found.ids[Standing.WAITING]) == ledger.MOST_NAMED
    assert found.beyond(Standing.WAITING) == 100 - ledger.MOST_NAMED
    assert (len(found.ids[Standing.READY]), found.beyond(Standing.READY)) == (4, 5), (
        "the first is among the latest"
    )
    assert found.beyond(Standing.EXCLUDED) == 0


def test_rivals_are_the_last_featured_and_all_that_a_source_compared(session: Session) -> None:
    names = ("Long Ago", "Forgotten", "Lately", "Just Now", "Quill")
    stock_tools(session, *map(reviewed, names))
    ran(session, "2025-W02", ("long-ago", "forgotten"))
    ran(session, "2026-W46", ("lately", "just-now"))
    (new,) = ids(session, "quill")
    assert slugs(session, ledger.incumbent_ids(session, WEEK, {new}, 2)) == ["lately", "just-now"]

    forgotten, quill = ids(session, "forgotten", "quill")
    catalogue.add_comparisons(session, [(forgotten, quill, "page.txt")])
    session.flush()
    assert slugs(session, ledger.incumbent_ids(session, WEEK, {new}, 2)) == [
        "lately",
        "just-now",
        "forgotten",
    ]


def test_a_tool_compared_with_a_new_one_but_never_featured_is_no_rival(session: Session) -> None:
    stock_tools(session, *map(reviewed, ("Quill", "Inkwell")))
    new, other = ids(session, "quill", "inkwell")
    catalogue.add_comparisons(session, [(new, other, "page.txt")])
    session.flush()
    assert ledger.incumbent_ids(session, WEEK, {new}, 400) == []


@pytest.mark.parametrize(
    ("ran_in", "within", "met"),
    [
        ("2026-W46", 1, True),
        ("2026-W45", 1, False),
        ("2026-W48", 1, True),
        ("2025-W47", 52, True),
        ("2025-W46", 52, False),
        ("2020-W53", 5_000, True),
        ("2026-W46", 0, False),
    ],
)
def test_a_pair_counts_as_met_within_so_many_weeks_before_or_after(
    session: Session, ran_in: str, within: int, met: bool
) -> None:
    stock_tools(session, *map(reviewed, ("Loupe", "Lantern")))
    ran(session, ran_in, ("loupe", "lantern"))
    expected = {frozenset({"loupe", "lantern"})} if met else set()
    assert ledger.met_pairs(session, WEEK, within) == expected


def test_over_a_year_of_53_weeks_the_weeks_between_are_counted(session: Session) -> None:
    stock_tools(session, *map(reviewed, ("Loupe", "Lantern")))
    ran(session, "2026-W52", ("loupe", "lantern"))
    assert ledger.met_pairs(session, Week.parse("2027-W01"), 2), "2026-W53 lies between"
    assert not ledger.met_pairs(session, Week.parse("2027-W01"), 1)


def test_no_tool_makes_the_database_read_a_whole_table(session: Session) -> None:
    query = ledger.fresh_query(WEEK, as_of=FRIDAY, min_takes=3)
    assert session.bind is not None
    sql = str(query.compile(session.bind, compile_kwargs={"literal_binds": True}))
    steps = [row[3] for row in session.execute(text(f"EXPLAIN QUERY PLAN {sql}"))]
    scanned = {step for step in steps if step.startswith("SCAN")}
    assert not {step for step in scanned if "matchup" in step or "take" in step or "issue" in step}
    for index in ("matchup USING INDEX ix_matchup_left_id", "matchup USING INDEX ix_matchup_right_id"):
        assert any(index in step for step in steps), steps
    assert any("take USING COVERING INDEX" in step for step in steps), steps


def test_the_latest_are_found_without_sorting_the_whole_ledger(session: Session) -> None:
    steps: list[str] = []

    def explain(conn: object, cursor: Any, statement: str, parameters: object, *rest: object) -> None:
        del conn, rest
        if statement.startswith("SELECT matchup.left_id, matchup.right_id"):
            cursor.execute("EXPLAIN QUERY PLAN " + statement, parameters)
            steps.extend(row[3] for row in cursor.fetchall())

    assert session.bind is not None
    event.listen(session.bind, "before_cursor_execute", explain)
    ledger.incumbent_ids(session, WEEK, set(), 400)
    event.remove(session.bind, "before_cursor_execute", explain)
    assert steps
    assert not any("SCAN" in step or "TEMP B-TREE" in step for step in steps), steps


def test_a_tool_that_was_featured_is_told_from_one_that_was_not(session: Session) -> None:
    stock_tools(session, *map(reviewed, ("Loupe", "Lantern", "Quill")))
    ran(session, "2026-W40", ("loupe", "lantern"))
    everybody = list(session.scalars(select(ToolRow.id)))
    assert ledger.featured_among(session, WEEK, everybody) == set(ids(session, "loupe", "lantern"))


def test_a_tool_that_is_excluded_or_under_embargo_by_now_is_told(session: Session) -> None:
    stock_tools(session, *map(reviewed, ("Loupe", "Lantern")))
    ran(session, "2026-W47", ("loupe", "lantern"))
    (issue,) = session.scalars(select(IssueRow))
    assert ledger.held_back(session, issue, date(2026, 11, 20)) == []
    session.execute(update(ToolRow).where(ToolRow.slug == "loupe").values(excluded="a lawsuit"))
    session.execute(
        update(ToolRow).where(ToolRow.slug == "lantern").values(embargoed_until=date(2026, 12, 1))
    )
    assert ledger.held_back(session, issue, date(2026, 11, 20)) == [
        "Lantern is under embargo until 2026-12-01",
        "Loupe is excluded: a lawsuit",
    ]
    assert ledger.held_back(session, issue, date(2026, 12, 1)) == ["Loupe is excluded: a lawsuit"]

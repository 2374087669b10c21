"""The weekly tick against a migrated database; cases as numbered in docs/reliability.md."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from digest.clock import FixedClock
from digest.db import Database
from digest.issues.building import build_issue, cancel
from digest.issues.overrides import from_stored
from digest.issues.rows import IssueRow
from digest.issues.values import Overrides, Status
from digest.settings import IssueSettings, ScheduleSettings, Settings
from digest.week import Week
from jobs.weekly import Decision, Due, decide, draft_ahead, unfinished
from tests.factories import DESK
from tests.stock import stock_pair

WEEK = Week.parse("2026-W47")
SLOT = datetime(2026, 11, 20, 9, tzinfo=UTC)
Weeks = Callable[[], dict[str, str]]


@pytest.fixture
def weeks(database: Database) -> Weeks:
    def read() -> dict[str, str]:
        with database.reading() as session:
            return {issue.week: issue.status for issue in session.scalars(select(IssueRow))}

    return read


def tick(database: Database, at: datetime, **schedule: object) -> Due:
    return decide(database, Settings(schedule=ScheduleSettings.model_validate(schedule)), FixedClock(at)).due


def stocked(database: Database) -> None:
    with database.writing() as session:
        stock_pair(session)


def test_a_due_slot_builds_the_issue_and_asks_for_it_to_be_sent(database: Database, weeks: Weeks) -> None:
    stocked(database)
    assert tick(database, SLOT) is Due.SEND
    assert weeks() == {"2026-W47": "draft"}


def test_case_1_two_schedulers_ticking_together_make_one_issue(database: Database, weeks: Weeks) -> None:
    stocked(database)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: tick(database, SLOT), range(16)))
    assert weeks() == {"2026-W47": "draft"}


def test_case_2_three_weeks_down_make_one_issue_not_three(database: Database, weeks: Weeks) -> None:
    with database.writing() as session:
        stock_pair(session, "Old", "Older")
        build_issue(session, Week.parse("2026-W43"), DESK, FixedClock(SLOT))
        stock_pair(session)
    assert tick(database, SLOT + timedelta(minutes=5)) is Due.SEND
    assert weeks() == {"2026-W43": "draft", "2026-W47": "draft"}, "built by hand when its time was over"


def test_case_2_a_slot_that_is_too_late_is_missed_and_never_sent(database: Database, weeks: Weeks) -> None:
    with database.writing() as session:
        stock_pair(session, "Old", "Older")
        build_issue(session, Week.parse("2026-W43"), DESK, FixedClock(SLOT))
        stock_pair(session)
    late = SLOT + timedelta(hours=73)
    assert tick(database, late) is Due.MISSED
    assert tick(database, late) is Due.NOTHING
    assert weeks()["2026-W47"] == "missed"


def test_a_draft_that_nothing_sent_in_time_is_missed_and_gives_its_tools_back(
    database: Database, weeks: Weeks
) -> None:
    stocked(database)
    with database.writing() as session:
        build_issue(session, WEEK, DESK, FixedClock(SLOT - timedelta(days=1)))
    assert tick(database, SLOT + timedelta(hours=74)) is Due.MISSED
    assert weeks() == {"2026-W47": "missed"}
    assert tick(database, SLOT + timedelta(days=7)) is Due.SEND
    assert weeks() == {"2026-W47": "missed", "2026-W48": "draft"}


def test_a_new_installation_has_missed_nothing(database: Database, weeks: Weeks) -> None:
    stocked(database)
    assert tick(database, SLOT + timedelta(hours=73)) is Due.NOTHING
    assert weeks() == {}


def test_a_new_newsletter_does_not_catch_up_on_the_slot_before_it_began(
    database: Database, weeks: Weeks
) -> None:
    stocked(database)
    assert tick(database, SLOT + timedelta(hours=2)) is Due.NOTHING
    assert weeks() == {}


def test_a_draft_that_a_person_built_after_its_time_is_theirs_until_they_approve_it(
    database: Database,
) -> None:
    stocked(database)
    with database.writing() as session:
        issue = build_issue(session, WEEK, DESK, FixedClock(SLOT + timedelta(hours=3))).issue
    assert tick(database, SLOT + timedelta(hours=4)) is Due.NOTHING
    with database.writing() as session:
        session.scalars(select(IssueRow)).one().status = Status.APPROVED
    assert issue.week == "2026-W47"
    assert tick(database, SLOT + timedelta(hours=4)) is Due.SEND


def test_what_a_tick_built_is_sent_by_a_later_one(database: Database) -> None:
    stocked(database)
    assert tick(database, SLOT + timedelta(minutes=5)) is Due.SEND
    assert tick(database, SLOT + timedelta(hours=5)) is Due.SEND


def test_a_week_with_too_few_tools_stores_nothing_and_is_looked_at_again(
    database: Database, weeks: Weeks
) -> None:
    assert tick(database, SLOT) is Due.TOO_FEW
    assert weeks() == {}
    stocked(database)
    assert tick(database, SLOT + timedelta(hours=1)) is Due.SEND


def test_case_5_moving_weekday_or_zone_in_mid_week_sends_nothing_twice(
    database: Database, weeks: Weeks
) -> None:
    stocked(database)
    assert tick(database, SLOT) is Due.SEND
    with database.writing() as session:
        session.scalars(select(IssueRow)).one().status = Status.SENT
        stock_pair(session, "Quill", "Inkwell")
    assert tick(database, SLOT + timedelta(days=1), weekday="sat") is Due.NOTHING
    assert tick(database, SLOT + timedelta(hours=1), timezone="Pacific/Honolulu", time="00:00") is Due.NOTHING
    assert list(weeks()) == ["2026-W47"]


def test_before_the_slot_nothing_of_this_week_happens(database: Database, weeks: Weeks) -> None:
    stocked(database)
    tick(database, SLOT - timedelta(seconds=1), max_late="1h")
    assert weeks() == {}


def test_what_a_person_decided_stands(database: Database) -> None:
    with database.writing() as session:
        stock_pair(session)
        build_issue(session, WEEK, DESK, FixedClock(SLOT))
        cancel(session, WEEK, SLOT)
    assert tick(database, SLOT) is Due.NOTHING


def test_case_6_an_issue_whose_sending_began_is_found_again(database: Database) -> None:
    with database.writing() as session:
        stock_pair(session)
        issue = build_issue(session, WEEK, DESK, FixedClock(SLOT)).issue
        issue.status = Status.SENDING
    assert unfinished(database, SLOT) == [WEEK]


def test_the_editors_file_shapes_what_a_tick_builds(database: Database, tmp_path: Path) -> None:
    stocked(database)
    (tmp_path / "2026-W47.yaml").write_text("subject: Mine")
    assert decided(database, tmp_path).due is Due.SEND
    assert overrides_kept(database) == Overrides(subject="Mine")


def test_a_draft_is_brought_up_to_the_file_before_it_is_sent(database: Database, tmp_path: Path) -> None:
    stocked(database)
    desk = replace(DESK, folder=tmp_path)
    with database.writing() as session:
        build_issue(session, WEEK, desk, FixedClock(SLOT - timedelta(days=1)))
        stock_pair(session, "Quill", "Inkwell")
    for text in ("subject: Mine", "subject: Mine\npins: [quill]"):
        (tmp_path / "2026-W47.yaml").write_text(text)
        assert decided(database, tmp_path).due is Due.SEND
    assert overrides_kept(database) == Overrides(subject="Mine", pins=("quill",))
    with database.writing() as session:
        issue = session.scalars(select(IssueRow)).one()
        assert issue.built_at == SLOT - timedelta(days=1), "it is no person's unfinished work"
        assert len(issue.matchups) == 2


@pytest.mark.parametrize("built", [False, True])
def test_a_mistake_in_the_file_holds_the_issue_back_and_says_where(
    database: Database, tmp_path: Path, built: bool
) -> None:
    stocked(database)
    if built:
        with database.writing() as session:
            build_issue(session, WEEK, replace(DESK, folder=tmp_path), FixedClock(SLOT - timedelta(days=1)))
    file = tmp_path / "2026-W47.yaml"
    file.write_text("pins: [lope]")
    held = decided(database, tmp_path)
    assert (held.due, held.reason) == (
        Due.UNCLEAR,
        f"issue 2026-W47 is not sent: {file}:1:8: pins[0]: there is no tool lope; did you mean loupe?",
    )
    file.write_text("pins: [loupe]")
    assert decided(database, tmp_path).due is Due.SEND


def decided(database: Database, folder: Path) -> Decision:
    return decide(database, Settings(issue=IssueSettings(path=folder)), FixedClock(SLOT))


def overrides_kept(database: Database) -> Overrides:
    with database.reading() as session:
        return from_stored(session.scalars(select(IssueRow)).one().overrides)


def ahead(database: Database, at: datetime, **schedule: object) -> Week | None:
    settings = Settings(schedule=ScheduleSettings.model_validate(schedule))
    return draft_ahead(database, settings, FixedClock(at))


def test_a_draft_is_built_so_long_before_its_slot_and_once(database: Database, weeks: Weeks) -> None:
    stocked(database)
    assert ahead(database, SLOT - timedelta(hours=24, seconds=1)) is None
    assert ahead(database, SLOT - timedelta(hours=24)) == WEEK
    assert ahead(database, SLOT - timedelta(hours=23)) is None
    assert weeks() == {"2026-W47": "draft"}
    assert tick(database, SLOT) is Due.SEND


def test_with_no_time_before_the_slot_the_draft_is_built_at_it(database: Database, weeks: Weeks) -> None:
    stocked(database)
    assert ahead(database, SLOT - timedelta(seconds=1), draft_before="0s") is None
    assert weeks() == {}


def test_a_week_that_was_called_off_is_not_drafted_ahead(database: Database, weeks: Weeks) -> None:
    stocked(database)
    with database.writing() as session:
        build_issue(session, WEEK, DESK, FixedClock(SLOT - timedelta(days=2)))
        cancel(session, WEEK, SLOT - timedelta(days=2))
    assert ahead(database, SLOT - timedelta(hours=1)) is None
    assert weeks() == {"2026-W47": "cancelled"}


@pytest.mark.parametrize("before", ["24h", "6d"])
def test_case_3_a_slot_in_the_hour_after_spring_forward_has_its_draft_and_is_sent(
    database: Database, before: str
) -> None:
    stocked(database)
    berlin = {"weekday": "mon", "time": "00:30", "timezone": "Europe/Berlin", "draft_before": before}
    # The clocks go forward in the night to Sunday 28 March 2027; the slot is Monday 00:30, 22:30 UTC before.
    slot = datetime(2027, 3, 28, 22, 30, tzinfo=UTC)
    assert ahead(database, slot - timedelta(hours=1), **berlin) == Week.parse("2027-W13")
    assert tick(database, slot - timedelta(seconds=1), **berlin) is Due.NOTHING
    assert tick(database, slot, **berlin) is Due.SEND


def test_case_1_two_schedulers_drafting_ahead_make_one_issue(database: Database, weeks: Weeks) -> None:
    stocked(database)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: ahead(database, SLOT - timedelta(hours=1)), range(16)))
    assert made.count(WEEK) == 1
    assert weeks() == {"2026-W47": "draft"}


def test_case_5_moving_the_weekday_after_the_draft_sends_nothing_by_surprise(database: Database) -> None:
    stocked(database)
    assert ahead(database, SLOT - timedelta(hours=20)) == WEEK
    assert tick(database, SLOT - timedelta(hours=19), weekday="mon") is Due.NOTHING


def test_a_first_issue_drafted_ahead_makes_no_earlier_week_missed_or_due(
    database: Database, weeks: Weeks
) -> None:
    stocked(database)
    with database.writing() as session:
        stock_pair(session, "Quill", "Inkwell")
    early = SLOT - timedelta(days=5)
    assert ahead(database, early, draft_before="6d") == WEEK
    assert tick(database, early) is Due.NOTHING
    assert tick(database, SLOT - timedelta(hours=1)) is Due.NOTHING
    assert weeks() == {"2026-W47": "draft"}

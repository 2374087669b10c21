"""This week's issue as the files stand, in each of an issue's states."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from digest.clock import FixedClock
from digest.db import Database
from digest.issues.building import approve, build_issue
from digest.preview.source import PreviewSource
from digest.settings import IssueSettings, Settings
from digest.templating import template_environment
from digest.week import Week
from jobs.sendout import SendOut
from tests.digest.preview.conftest import Preview
from tests.factories import DESK, tool
from tests.stock import NOW, stock_tools

WEEK = Week.parse("2026-W47")
CLOCK = FixedClock(NOW)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "issues"
    folder.mkdir()
    return folder / "2026-W47.yaml"


@pytest.fixture
def work(database: Database, file: Path) -> SendOut:
    with database.writing() as session:
        stock_tools(session, *(tool(name, 88, 78, 82) for name in ("Loupe", "Lantern", "Quill", "Inkwell")))
    return SendOut.of(Settings(issue=IssueSettings(path=file.parent)), database, CLOCK)


@pytest.fixture
def source(work: SendOut, file: Path) -> PreviewSource:
    desk = replace(DESK, folder=file.parent)
    return PreviewSource(work.database, work.renderer, work.sample_message, CLOCK, week=WEEK, desk=desk)


def build(work: SendOut) -> None:
    with work.database.writing() as session:
        build_issue(session, WEEK, work.renderer.desk, CLOCK)


def subject(source: PreviewSource) -> str:
    email = source.refresh().email
    assert email is not None
    return email.subject


def test_before_it_is_built_the_issue_is_shown_as_the_file_has_it(source: PreviewSource, file: Path) -> None:
    file.write_text("pairs: [[quill, loupe]]\nleave_out: [lantern, inkwell]\nsubject: Mine")
    assert subject(source) == "Mine"
    assert source.snapshot.note == "not built yet; this is what would be built now"
    assert "Lantern" not in source.snapshot.text


def test_a_drafts_words_change_with_the_file_and_its_pairs_wait_for_build(
    source: PreviewSource, work: SendOut, file: Path
) -> None:
    build(work)
    source.refresh()
    assert source.snapshot.note == "draft"
    file.write_text("subject: Mine")
    assert subject(source) == "Mine"
    assert f"draft; shown with its words of {file}" in source.snapshot.note
    file.write_text("subject: Mine too\nleave_out: [lantern, inkwell]")
    assert subject(source) == "Mine too"
    assert "its words, but not yet its pairs" in source.snapshot.note
    assert "Lantern" in source.snapshot.text
    build(work)
    source.refresh()
    assert source.snapshot.note == "draft"
    assert "Lantern" not in source.snapshot.text


@pytest.mark.parametrize("built", [False, True])
def test_a_mistake_is_said_over_the_last_good_state(
    source: PreviewSource, work: SendOut, file: Path, built: bool
) -> None:
    if built:
        build(work)
    file.write_text("subject: Mine")
    source.refresh()
    file.write_text("subjct: Oops")
    broken = source.refresh()
    assert broken.error == f"{file}:1:1: subjct: there is no such key; did you mean subject?"
    assert broken.email is not None
    assert broken.email.subject == "Mine"
    file.unlink()
    assert source.refresh().error is None


def test_an_approved_issue_shows_what_was_frozen_whatever_the_file_says(
    source: PreviewSource, work: SendOut, file: Path
) -> None:
    file.write_text("subject: Frozen")
    build(work)
    with work.database.writing() as session:
        approve(session, WEEK, work.renderer, NOW, "test")
    assert subject(source) == "Frozen"
    assert source.snapshot.note == "approved; frozen when it was approved"
    for late in ("subject: Late", "subjct: Oops"):
        file.write_text(late)
        assert subject(source) == "Frozen"
        assert source.snapshot.note == f"approved; frozen when it was approved; {file} is ignored"
        assert source.snapshot.error is None


def test_a_week_with_nothing_to_show_says_why_in_a_line(source: PreviewSource, file: Path) -> None:
    file.write_text("leave_out: [loupe, lantern, quill]")
    error = source.refresh().error
    assert error is not None
    assert "2026-W47 has no matchup yet" in error
    assert "Inkwell" in error


def test_a_mistake_leaves_the_last_good_state_and_tells_the_place(preview: Preview) -> None:
    good = preview.source.snapshot
    path = preview.take_over("parts/masthead.html.j2", "issue.week", "isue.week")

    broken = preview.source.refresh()

    assert (broken.html, broken.version) == (good.html, good.version + 1)
    assert broken.fault is not None
    assert broken.fault.stale
    assert str(broken.fault.file) in str(path)
    assert broken.fault.line is not None
    assert "isue.week" in broken.fault.excerpt[broken.fault.line - broken.fault.first]


def test_a_mended_template_ends_the_fault(preview: Preview) -> None:
    path = preview.take_over("parts/masthead.html.j2", "issue.week", "isue.week")
    preview.source.refresh()
    path.unlink()
    template_environment.cache_clear()

    assert preview.source.refresh().fault is None


def test_a_loop_that_lets_nothing_through_is_shown_and_called_a_fault(preview: Preview) -> None:
    preview.take_over("issue.mjml.j2", "in issue.shown %}", "in issue.shown if matchup.number > 9 %}")

    hollow = preview.source.refresh()

    assert hollow.fault is not None
    assert not hollow.fault.stale
    assert "lacks the matchup Lantern vs Loupe" in hollow.fault.message
    assert "Matchup 1 of 1" not in hollow.html


def test_looking_again_at_the_same_is_no_new_state(preview: Preview) -> None:
    before = preview.source.snapshot

    assert preview.source.look_again() is before


def test_looking_again_finds_what_another_command_did(preview: Preview) -> None:
    before = preview.source.snapshot
    with preview.database.writing() as session:
        build_issue(session, WEEK, DESK, preview.work.clock)
        approve(session, WEEK, preview.work.renderer, NOW, "a test")

    after = preview.source.look_again()

    assert after.version == before.version + 1
    assert after.note == "approved; frozen when it was approved"
    assert after.content is not None


def test_what_is_frozen_is_not_called_hollow(preview: Preview) -> None:
    preview.take_over("issue.mjml.j2", "in issue.shown %}", "in issue.shown if matchup.number > 9 %}")
    with preview.database.writing() as session:
        build_issue(session, WEEK, DESK, preview.work.clock)
        approve(session, WEEK, preview.work.renderer, NOW, "a test")

    assert preview.source.refresh().fault is None

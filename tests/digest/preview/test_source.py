"""What the preview shows of an editor's file, in each of an issue's states."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from digest.clock import FixedClock
from digest.db import Database
from digest.issues.building import approve, build_issue
from digest.preview.source import PreviewSource
from digest.settings import IssueSettings, Settings
from digest.week import Week
from jobs.sendout import SendOut
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

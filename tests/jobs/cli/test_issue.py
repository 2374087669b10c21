"""``digest issue …`` as an editor meets it: what it prints, how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from digest.cli import App
from digest.clock import FixedClock
from digest.db import Database
from digest.errors import BadInput, DigestError, NotFound
from digest.issues.rows import IssueRow
from digest.settings import IssueSettings, Settings
from jobs.cli.issue import issue
from tests.factories import tool
from tests.stock import NOW, stock_tools

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "issues"


@pytest.fixture
def run(database: Database, folder: Path) -> Run:
    """Runs one command of ``digest issue`` at a desk with five tools, one without its panel."""
    with database.writing() as session:
        stock_tools(session, *(tool(name, 88, 78, 40) for name in ("Loupe", "Lantern", "Quill", "Inkwell")))
        stock_tools(session, tool("Unjudged", 70))
    app = App(Settings(issue=IssueSettings(path=folder)), FixedClock(NOW), lambda settings: database)

    def run(*words: str, text: str | None = None) -> Result:
        return CliRunner().invoke(issue, words, obj=app, input=text, catch_exceptions=True)

    return run


def said(result: Result) -> str:
    assert result.exit_code == 0, result.exception
    return result.output


def test_building_says_who_was_left_out_and_notes_a_long_subject(run: Run, folder: Path) -> None:
    folder.mkdir()
    (folder / "2026-W47.yaml").write_text("subject: " + "x" * 90)
    shown = said(run("build"))
    assert "2026-W47  4 tools, 2 matchups" in shown
    assert "Unjudged waits for its panel" in shown
    assert "the subject has 90 characters; past 78 most inboxes cut it off" in shown


def test_why_shows_each_pair_by_part_what_was_forced_and_who_waits(run: Run, folder: Path) -> None:
    folder.mkdir()
    (folder / "2026-W47.yaml").write_text("pairs: [[quill, loupe]]")
    run("build")
    shown = said(run("show", "--why"))
    head, first, *_ = shown.splitlines()
    assert head.split()[:2] == ["pair", "weight"]
    assert {"category", "forced"} <= set(head.split())
    assert "quill vs loupe" in shown
    assert "by the editor" in shown
    assert "Left out\n  Unjudged waits for its panel" in shown
    why = json.loads(said(run("show", "--why", "--json")))
    assert {"week", "pairs", "left_out", "more"} <= set(why)
    assert sum(pair["forced"] for pair in why["pairs"]) == 1
    assert all(pair["weight"] == sum(pair["parts"].values()) for pair in why["pairs"])
    assert first


def test_an_issue_built_before_reasons_were_kept_says_so(run: Run, database: Database) -> None:
    run("build")
    with database.writing() as session:
        session.execute(update(IssueRow).values(why=None))
    result = run("show", "--why")
    assert isinstance(result.exception, NotFound)
    assert "was not kept" in str(result.exception)


def test_a_file_for_an_issue_past_its_draft_is_said_to_be_ignored(run: Run, folder: Path) -> None:
    run("build")
    run("approve")
    assert said(run("build")) == "2026-W47  already approved; left as it is\n"
    folder.mkdir()
    (folder / "2026-W47.yaml").write_text("subject: Too late")
    assert f"left as it is; {folder}/2026-W47.yaml is ignored" in said(run("build"))


def test_a_script_edits_from_standard_input(run: Run, folder: Path) -> None:
    shown = said(run("edit", "--from", "-", text="subject: Mine\n"))
    assert "2026-W47  is no draft; take it in with: digest issue build --week 2026-W47" in shown
    assert "Subject: Mine" in said(run("build"))
    assert "Subject: Yours" in said(run("edit", "--from", "-", text="subject: Yours\n"))
    assert (folder / "2026-W47.yaml").read_text() == "subject: Yours\n"


def test_a_script_is_told_what_is_wrong_and_nothing_is_saved(run: Run, folder: Path) -> None:
    result = run("edit", "--from", "-", text="pins: [lamp, lope]")
    assert isinstance(result.exception, BadInput)
    # It is the text that was handed in which has the mistake; the week's file is not there yet.
    assert str(result.exception).startswith("<stdin>:1:8: pins[0]: there is no tool lamp")
    assert not folder.exists()


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes $EDITOR a program that appends lines to the file it is given."""

    def write(line: str) -> None:
        program = tmp_path / "editor.sh"
        program.write_text(f'#!/bin/sh\nprintf "%s\\n" "{line}" >> "$1"\ntouch -d "+10 seconds" "$1"\n')
        program.chmod(0o755)
        monkeypatch.setenv("VISUAL", str(program))

    return write


def test_the_editor_opens_on_a_template_and_what_it_saves_is_taken_in(
    run: Run, folder: Path, editor: Callable[[str], None]
) -> None:
    run("build")
    editor("subject: From an editor")
    assert "Subject: From an editor" in said(run("edit"))
    text = (folder / "2026-W47.yaml").read_text()
    assert text.startswith("# Your word on issue 2026-W47.")
    assert text.endswith("subject: From an editor\n")


def test_a_mistake_in_the_editor_is_offered_again_and_never_lost(
    run: Run, folder: Path, editor: Callable[[str], None]
) -> None:
    editor("pin: [loupe]")
    result = run("edit", text="n\n")
    assert isinstance(result.exception, DigestError)
    assert "pin: there is no such key; did you mean pins?" in result.output
    kept = Path(result.output.partition("is kept in ")[2].splitlines()[0])
    assert kept.read_text().endswith("pin: [loupe]\n")
    kept.unlink()
    assert not folder.exists()


def test_an_editor_that_saves_nothing_changes_nothing(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", "true")
    assert said(run("edit")) == "2026-W47  nothing was changed\n"
    assert not folder.exists()


def test_an_approved_issue_is_not_edited(run: Run) -> None:
    run("build")
    run("approve")
    result = run("edit", "--from", "-", text="subject: Late")
    assert "digest issue reopen --week 2026-W47" in str(result.exception)


def test_the_schema_is_printed_for_editors(run: Run) -> None:
    assert json.loads(said(run("schema")))["title"] == "An editor's word on one issue"

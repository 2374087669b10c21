import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest.catalogue.cli import catalogue
from digest.cli import App
from digest.clock import FixedClock
from digest.db import Database
from digest.errors import BadInput, NotFound, WrongState
from digest.issues.rows import IssueRow, MatchupRow
from digest.settings import Settings
from tests.stock import NOW, stock_pair

ANSWERS = """\
Lantern
Developer Tools
Reads in the dark
A lamp for people who read at night.

javascript:alert(1)
https://example.com/lantern
17.11.2026
2026-11-17
101
88

It ran.
52
ship
Nobody pays for a lamp.



y
"""


@pytest.fixture
def app(database: Database) -> App:
    return App(Settings(), FixedClock(datetime(2026, 11, 20, 9, tzinfo=UTC)), lambda settings: database)


def run(app: App, *arguments: object, fails: bool = False, answers: str = "") -> Result:
    result = CliRunner().invoke(catalogue, [str(argument) for argument in arguments], obj=app, input=answers)
    if result.exception is not None and not fails:
        raise result.exception
    return result


def shown(app: App, slug: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(run(app, "show", slug, "--json").stdout)
    return found


def test_add_asks_for_what_it_needs_and_checks_each_answer(app: App) -> None:
    result = run(app, "add", answers=ANSWERS)
    assert "Error: expected a link like https://example.com/, found “javascript:alert(1)”" in result.output
    assert "Error: expected at most 100, found 101" in result.output
    assert "Error: expected a date like 2026-11-17, found “17.11.2026”" in result.output
    assert "Builder: Would I build on it?" in result.stdout
    assert "Panel      ship 100%, 2 ship / 0 skip" in result.stdout
    assert result.stderr == "Lantern: the Skeptic says ship at 52; 60 and more ships\n"
    assert result.stdout.endswith("added: lantern\n")
    tool = shown(app, "lantern")
    assert (tool["pricing"], tool["source"], tool["published_on"]) == (None, "by hand", "2026-11-17")
    assert tool["description"] == "A lamp for people who read at night."
    assert tool["takes"] == [
        {"reviewer": "Builder", "score": 88, "verdict": "ship", "text": "It ran."},
        {"reviewer": "Skeptic", "score": 52, "verdict": "ship", "text": "Nobody pays for a lamp."},
    ]


def test_add_stores_nothing_when_the_answer_is_no_or_none(app: App) -> None:
    for answers in (ANSWERS.removesuffix("y\n") + "n\n", "Lantern\n"):
        assert run(app, "add", answers=answers, fails=True).exit_code == 1
    assert json.loads(run(app, "list", "--json").stdout) == []


def test_add_asks_for_another_slug_only_when_the_first_is_taken(app: App) -> None:
    run(app, "add", answers=ANSWERS)
    result = run(app, "add", answers=ANSWERS.replace("Lantern\n", "Lantern\nlantern\nlantern-3\n", 1))
    assert "There is a tool lantern already." in result.stdout
    assert "Error: that one is taken, too" in result.stdout
    assert result.stdout.endswith("added: lantern-3\n")


def test_add_takes_one_tool_from_a_file_or_the_pipe_without_asking(app: App, tmp_path: Path) -> None:
    file = tmp_path / "lamp.yaml"
    file.write_text("name: Lamp\n")
    assert run(app, "add", "--from", file).stdout == "added: lamp\n"
    assert run(app, "add", "--from", "-", answers='{"name": "Prism"}').stdout == "added: prism\n"
    error = run(app, "add", "--from", file, fails=True).exception
    assert isinstance(error, WrongState)
    assert "there is a tool lamp already" in str(error)
    file.write_text("nam: Lamp\n")
    error = run(app, "add", "--from", file, fails=True).exception
    assert isinstance(error, BadInput)


def test_set_says_how_the_tool_stands_now(app: App, database: Database) -> None:
    with database.writing() as session:
        stock_pair(session)
    assert run(app, "set", "loupe", "--pin", "--embargo", "2026-12-01").stdout == (
        "loupe: pinned; embargoed until 2026-12-01\n"
    )
    assert run(app, "set", "loupe", "--unpin", "--exclude", " sold\n").stdout == (
        "loupe: embargoed until 2026-12-01; excluded, sold\n"
    )
    assert [tool["slug"] for tool in json.loads(run(app, "list", "--excluded", "--json").stdout)] == ["loupe"]
    assert "Excluded   sold" in run(app, "show", "loupe").stdout
    assert run(app, "set", "loupe", "--no-embargo", "--include").stdout == "loupe: as any other tool\n"
    assert "No earlier version" in run(app, "show", "loupe", "--history").stdout


@pytest.mark.parametrize(
    "options",
    [(), ("--embargo", "2026-12-01", "--no-embargo"), ("--exclude", "x", "--include"), ("--exclude", " ")],
)
def test_set_refuses_what_cannot_be_meant(app: App, options: tuple[str, ...]) -> None:
    assert run(app, "set", "loupe", *options, fails=True).exit_code == 2


def test_remove_asks_first(app: App, database: Database) -> None:
    with database.writing() as session:
        stock_pair(session)
    asked = run(app, "remove", "loupe", "lantern", answers="n\n", fails=True)
    assert "Remove Loupe, Lantern for good?" in asked.stdout
    assert len(json.loads(run(app, "list", "--json").stdout)) == 2
    assert run(app, "remove", "loupe", "lantern", "--yes").stdout == "removed: loupe\nremoved: lantern\n"
    assert isinstance(run(app, "remove", "loupe", "--yes", fails=True).exception, NotFound)


def test_a_tool_that_stands_in_an_issue_stays_and_so_does_all_else(app: App, database: Database) -> None:
    with database.writing() as session:
        stock_pair(session)
        pair = MatchupRow(position=0, left_id=1, right_id=2)
        session.add(
            IssueRow(
                newsletter="weekly", week="2026-W47", status="draft", seed=0, built_at=NOW, matchups=[pair]
            )
        )
    run(app, "add", "--from", "-", answers="name: Prism")
    error = run(app, "remove", "prism", "loupe", "--yes", fails=True).exception
    assert isinstance(error, WrongState)
    assert str(error) == (
        "loupe stands in an issue and cannot be removed; keep it out of later ones with: "
        "digest catalogue set loupe --exclude REASON"
    )
    assert len(json.loads(run(app, "list", "--json").stdout)) == 3


def test_waiting_tools_are_those_with_too_few_takes(app: App, database: Database) -> None:
    with database.writing() as session:
        stock_pair(session)
    for answers in ("name: Prism\ncategory: Design", "name: Bulb\nexcluded: broken", "name: Wick"):
        run(app, "add", "--from", "-", answers=answers)

    def slugs(*options: str) -> list[str]:
        return [tool["slug"] for tool in json.loads(run(app, "list", "--json", *options).stdout)]

    assert slugs("--waiting") == ["prism", "wick"]
    assert slugs("--waiting", "--category", "Design") == ["prism"]
    assert slugs("--category", "Developer Tools") == ["lantern", "loupe"]
    assert run(app, "list", "--category", "Nothing").stdout == "No such tool.\n"

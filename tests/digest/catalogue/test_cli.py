import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest.catalogue.cli import catalogue
from digest.cli import App
from digest.clock import FixedClock
from digest.db import Database
from digest.errors import BadInput, DigestError, NotFound
from digest.settings import Settings
from tests.pagetext import compact_page, labelled_page, lantern, loupe


@pytest.fixture
def app(database: Database) -> App:
    return App(Settings(), FixedClock(datetime(2026, 11, 20, 9, tzinfo=UTC)), lambda settings: database)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.txt"
    path.write_text(labelled_page(lantern(), loupe()))
    return path


def run(app: App, *arguments: object, fails: bool = False) -> Result:
    result = CliRunner().invoke(catalogue, [str(argument) for argument in arguments], obj=app)
    if result.exception is not None and not fails:
        raise result.exception
    return result


def test_import_says_what_became_of_each_tool(app: App, page: Path) -> None:
    assert run(app, "import", page).stdout == "2 added\n  added: lantern\n  added: loupe\n"
    assert run(app, "import", page).stdout == "0 added, 2 unchanged\n"
    page.write_text(compact_page(lantern(tagline="Burns oil"), loupe()))
    result = run(app, "import", page)
    assert result.stdout == "0 added, 1 kept apart, 1 unchanged\n  kept apart: lantern-2\n"
    assert result.stderr.startswith(f"{page}: Lantern is kept apart as lantern-2: ")


def test_import_as_json(app: App, page: Path) -> None:
    report = json.loads(run(app, "import", page, "--json").stdout)
    assert report["added"] == ["lantern", "loupe"]
    assert (report["unchanged"], report["warnings"], report["compared"]) == ([], [], 1)


def test_the_day_is_the_one_given_else_today(app: App, page: Path, tmp_path: Path) -> None:
    run(app, "import", page, "--published", "2026-12-24")
    other = tmp_path / "lamp.yaml"
    other.write_text("name: Lamp\n")
    run(app, "import", other)
    shown = {tool["slug"]: tool["published_on"] for tool in json.loads(run(app, "list", "--json").stdout)}
    assert shown == {"lamp": "2026-11-20", "lantern": "2026-12-24", "loupe": "2026-12-24"}


def test_a_bad_page_is_refused_with_file_and_line(app: App, page: Path) -> None:
    page.write_text("Another site\n")
    error = run(app, "import", page, fails=True).exception
    assert isinstance(error, BadInput)
    assert str(error).startswith(f"{page}:1: expected a saved comparison page")
    assert run(app, "list").stdout == "No tools yet; digest catalogue import PATH brings some in.\n"


def test_list_goes_on_where_it_stopped(app: App, page: Path) -> None:
    run(app, "import", page)
    first = run(app, "list", "--limit", "1")
    assert "lantern" in first.stdout
    assert "ship 75%" in first.stdout
    assert first.stderr == "There are more; go on with --after lantern\n"
    rest = run(app, "list", "--after", "lantern", "--json")
    assert [tool["slug"] for tool in json.loads(rest.stdout)] == ["loupe"]
    assert rest.stderr == ""


def test_show_prints_the_tool_with_its_takes(app: App, page: Path) -> None:
    run(app, "import", page)
    shown = run(app, "show", "lantern").stdout
    for line in (
        "Panel      ship 75%, 3 ship / 1 skip",
        "Community  no votes yet",
        "Compared   loupe",
        "Founder  52/100, skip\nNobody pays for a lamp.",
    ):
        assert line in shown
    assert json.loads(run(app, "show", "lantern", "--json").stdout)["panel"]["percent"] == 75


def test_show_names_a_tool_that_is_not_there(app: App) -> None:
    assert isinstance(run(app, "show", "lamp", fails=True).exception, NotFound)


def test_check_stores_nothing_and_fails_with_three(app: App, page: Path, tmp_path: Path) -> None:
    assert run(app, "check", page).stdout == "1 file, nothing wrong\n"
    (tmp_path / "lamp.yaml").write_text("name: Lamp\ntaglin: x\n")
    result = run(app, "check", tmp_path, fails=True)
    assert result.stdout == f"{tmp_path}/lamp.yaml:2: taglin: there is no such key; did you mean tagline?\n"
    assert isinstance(result.exception, DigestError)
    assert (str(result.exception), result.exception.exit_code) == ("1 problem in 2 files", 3)
    assert json.loads(run(app, "list", "--json").stdout) == []


def test_schema_is_json(app: App) -> None:
    assert json.loads(run(app, "schema").stdout)["title"] == "A tool"

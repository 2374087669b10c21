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


def test_a_day_too_far_ahead_is_a_slip_of_the_pen(app: App, page: Path) -> None:
    result = run(app, "import", page, "--published", "2062-12-24", fails=True)
    assert result.exit_code == 2
    assert "2062-12-24 is more than a year ahead" in result.stderr


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
    assert result.stdout == f"{tmp_path}/lamp.yaml:2:1: taglin: there is no such key; did you mean tagline?\n"
    assert isinstance(result.exception, DigestError)
    assert (str(result.exception), result.exception.exit_code) == ("1 problem in 2 files", 3)
    assert json.loads(run(app, "list", "--json").stdout) == []


def test_schema_is_json(app: App) -> None:
    assert json.loads(run(app, "schema").stdout)["title"] == "A tool"


def test_keep_going_stores_the_rest_and_still_fails(app: App, page: Path, tmp_path: Path) -> None:
    (tmp_path / "lamp.yaml").write_text("nam: Lamp\n")
    result = run(app, "import", tmp_path, "--keep-going", fails=True)
    assert result.stdout.startswith("2 added, 1 refused\n")
    assert result.stderr == f"{tmp_path}/lamp.yaml:1:1: name: is missing\n"
    assert isinstance(result.exception, DigestError)
    assert (str(result.exception), result.exception.exit_code) == ("1 file refused; all else is stored", 1)
    report = json.loads(run(app, "import", tmp_path, "--keep-going", "--json", fails=True).stdout)
    assert report["unchanged"] == ["lantern", "loupe"]
    assert report["refused"] == [f"{tmp_path}/lamp.yaml:1:1: name: is missing"]


def test_slips_are_said_with_their_place_by_check_and_by_import(app: App, tmp_path: Path) -> None:
    file = tmp_path / "lamp.yaml"
    file.write_text("name: Lamp\npublished_on: 2026-12-24\n")
    slip = f"{file}:2:1: published_on: 2026-12-24 is in the future; the tool waits until then\n"
    assert run(app, "check", file).stdout == f"{slip}1 file, 1 warning\n"
    assert run(app, "import", file).stderr == slip


def test_show_says_where_a_tool_came_from_and_what_it_said_before(app: App, page: Path) -> None:
    run(app, "import", page)
    assert run(app, "show", "loupe").stdout.endswith(f"\nFrom {page}, 2026-11-20 09:00 UTC\n")
    assert "No earlier version" in run(app, "show", "loupe", "--history").stdout
    page.write_text(labelled_page(lantern(), loupe(best_for="Stamps")))
    run(app, "import", page, "--update")
    assert run(app, "show", "loupe", "--history").stdout == (
        f"until 2026-11-20 09:00 UTC, from {page}\n  best_for: Archives → Stamps\n"
    )
    shown = json.loads(run(app, "show", "loupe", "--history", "--json").stdout)
    assert (shown["source"], shown["imported_at"]) == (str(page), "2026-11-20T09:00:00+00:00")
    [version] = shown["history"]
    assert version["changes"] == [{"field": "best_for", "old": "Archives", "new": "Stamps"}]
    assert version["tool"]["best_for"] == "Archives"


def test_sources_over_the_network_have_their_commands_here(app: App) -> None:
    assert {"poll", "sources"} <= set(catalogue.commands)


def test_a_long_import_names_thirty_of_a_group_and_counts_the_rest(app: App, tmp_path: Path) -> None:
    for number in range(1_035):
        (tmp_path / f"{number:04}.yaml").write_text(f"name: Lamp {number}\n")
    lines = run(app, "import", tmp_path).stdout.splitlines()
    assert len(lines) == 32
    assert (lines[0], lines[1]) == ("1,035 added", "  added: lamp-0")
    assert lines[-1] == "  … and 1,005 more (all in --json)"


def test_a_sync_says_whose_files_are_gone_and_how_to_remove_them(app: App, tmp_path: Path) -> None:
    files = [tmp_path / f"{number:02}.yaml" for number in range(13)]
    for file in files:
        file.write_text(f"name: Lamp {file.stem}\n")
    run(app, "import", tmp_path)
    files[1].unlink()
    assert run(app, "import", tmp_path).stdout == (
        "0 added, 12 unchanged\n"
        "1 file is gone; its tool stays. To remove it: digest catalogue remove SLUG\n"
        "  gone: lamp-01\n"
    )
    for file in files[2:]:
        file.unlink()
    lines = run(app, "import", tmp_path).stdout.splitlines()
    assert lines[1] == "12 files are gone; their tools stay. To remove one: digest catalogue remove SLUG"
    assert lines[2:4] == ["  gone: lamp-01", "  gone: lamp-02"]
    assert lines[-1] == "  … and 2 more (all in --json)"
    assert len(lines) == 13
    gone = json.loads(run(app, "import", tmp_path, "--json").stdout)["gone"]
    assert gone == [f"lamp-{number:02}" for number in range(1, 13)]

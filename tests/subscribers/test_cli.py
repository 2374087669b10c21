"""``digest subscribers``, as the operator sees it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from digest.cli import App
from digest.clock import FixedClock
from digest.db import Database
from digest.errors import BadInput, DigestError, NotFound, WrongState
from digest.settings import DatabaseSettings, Settings
from subscribers.cli import subscribers
from subscribers.rows import SubscriberRow

Run = Callable[..., str]


@pytest.fixture
def invoke(
    database: Database, clock: FixedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    # What an import of standard input leaves out is written where the command runs.
    monkeypatch.chdir(tmp_path)
    settings = Settings(database=DatabaseSettings(url=database.url.render_as_string()))
    app = App(settings, clock, lambda _: database)

    def invoke(*arguments: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(subscribers, arguments, input=typed, obj=app)

    return invoke


@pytest.fixture
def run(invoke: Callable[..., Result]) -> Run:
    """Run a command that must succeed and return what it printed."""

    def run(*arguments: str, typed: str | None = None) -> str:
        result = invoke(*arguments, typed=typed)
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


@pytest.fixture
def refused(invoke: Callable[..., Result]) -> Callable[..., DigestError]:
    """Run a command that must fail and return the error a person would see."""

    def refused(*arguments: str) -> DigestError:
        error = invoke(*arguments).exception
        assert isinstance(error, DigestError)
        return error

    return refused


def listed(run: Run, *arguments: str) -> Sequence[dict[str, str | None]]:
    found: list[dict[str, str | None]] = json.loads(run("list", "--json", *arguments))
    return found


def test_a_confirmed_reader_is_on_the_list_at_once(run: Run) -> None:
    assert (
        run("add", "Reader@Example.com", "--name", "Ann", "--confirmed")
        == "Reader@example.com is on the list\n"
    )
    (reader,) = listed(run)
    assert reader.pop("id")
    assert reader == {
        "email": "Reader@example.com",
        "name": "Ann",
        "status": "confirmed",
        "joined_at": "2026-11-20T09:00:00+00:00",
        "paused_until": None,
    }


def test_anybody_else_is_asked_first(run: Run) -> None:
    assert "a confirmation mail to reader@example.com is queued" in run("add", "reader@example.com")
    assert "asked a short while ago" in run("add", "reader@example.com")
    assert [reader["status"] for reader in listed(run)] == ["pending"]


def test_a_bad_address_or_name_is_refused_in_one_line(refused: Callable[..., DigestError], run: Run) -> None:
    error = refused("add", "reader@@example.com", "--confirmed")
    assert isinstance(error, BadInput)
    assert str(error).startswith("this is not an e-mail address: ")
    assert "one line" in str(refused("add", "reader@example.com", "--name", "a\nb"))
    assert listed(run) == []


def test_listing_shows_a_table_and_says_how_to_go_on(run: Run, refused: Callable[..., DigestError]) -> None:
    assert "no readers yet; add one with" in run("list")
    run("import", "-", typed="email\n" + "".join(f"r{n}@example.com\n" for n in range(120)))
    table = run("list")
    assert "r99@example.com" in table
    assert "r100@example.com" not in table
    hundredth = listed(run)[99]["id"]
    assert f"… and more: --after {hundredth}" in table
    rest = run("list", "--after", str(hundredth))
    assert "r100@example.com" in rest
    assert "r99@example.com" not in rest
    assert "more" not in rest
    assert [reader["email"] for reader in listed(run, "--after", str(hundredth), "--limit", "2")] == [
        "r100@example.com",
        "r101@example.com",
    ]
    assert run("list", "--after", str(listed(run)[-1]["id"])) == "no more readers\n"
    assert isinstance(refused("list", "--after", "nobody"), NotFound)
    assert len(listed(run)) == 120
    assert len(listed(run, "--limit", "7")) == 7
    assert listed(run, "--status", "pending") == []


def test_showing_one_reader(run: Run, refused: Callable[..., DigestError]) -> None:
    run("add", "reader@example.com", "--confirmed")
    assert json.loads(run("show", "READER@example.com", "--json"))["email"] == "reader@example.com"
    assert "confirmed" in run("show", "reader@example.com")
    assert isinstance(refused("show", "nobody@example.com"), NotFound)
    run("suppress", "nobody@example.com", "--reason", "complaint")
    assert str(refused("show", "nobody@example.com")).endswith("it is suppressed (complaint, 2026-11-20)")


def test_an_import_says_what_became_of_the_rows(invoke: Callable[..., Result], tmp_path: Path) -> None:
    file = tmp_path / "readers.csv"
    file.write_text("email,name\nann@example.com,Ann\nnobody\nann@example.com,\n")
    result = invoke("import", str(file))
    assert result.exit_code == 0
    assert result.stdout == (
        f"{file}: plain list, ASCII, commas; email in email, name in name\n"
        "no status column: all are taken as confirmed\n"
        "1 added (1 confirmed), 1 twice in the file; left out: 1 broken\n"
        f"what was left out, and why, is in {tmp_path}/readers.rejects.csv\n"
    )
    assert result.stderr.startswith(f"{file}:3: this is not an e-mail address")


@pytest.mark.parametrize("words", [(), ("--dry-run",)])
def test_what_a_plain_list_does_not_say_and_what_is_not_read_is_told(
    run: Run, words: tuple[str, ...]
) -> None:
    said = run("import", "-", *words, typed="Email,Name,City,Zip\nann@example.com,Ann,Berlin,1\n")
    assert "no status column: all are taken as confirmed; columns not read: City, Zip\n" in said
    said = run("import", "-", *words, typed="Email,Subscribed,City\nben@example.com,no,Berlin\n")
    assert "status in Subscribed\ncolumns not read: City\n" in said
    assert "1 added (1 unsubscribed)\n" in said


def test_rejects_of_an_earlier_import_are_not_taken_for_this_ones(run: Run, tmp_path: Path) -> None:
    assert "is in rejects.csv" in run("import", "-", typed="email\nann@example.com\nnobody\n")
    kept = (tmp_path / "rejects.csv").read_text()
    said = run("import", "-", typed="email\nben@example.com\n")
    assert "nothing was left out: rejects.csv is of an earlier import\n" in said
    assert (tmp_path / "rejects.csv").read_text() == kept
    (tmp_path / "rejects.csv").unlink()
    assert "earlier" not in run("import", "-", typed="email\ncy@example.com\n")


def test_programs_get_the_report_of_an_import_as_json(invoke: Callable[..., Result]) -> None:
    result = invoke("import", "-", "--json", typed="email,status,city\nann@example.com,,x\nnobody,,\n")
    assert result.stderr == ""
    report = json.loads(result.stdout)
    [problem] = report.pop("problems")
    assert problem.startswith("standard input:3: this is not an e-mail address")
    assert report == {
        "file": "standard input",
        "dry_run": False,
        "format": "plain list",
        "letters": None,
        "separator": ",",
        "columns": {"email": "email", "name": None, "status": "status"},
        "unread": ["city"],
        "added": {"confirmed": 1},
        "known": 0,
        "silenced": 0,
        "duplicates": 0,
        "suppressed": 0,
        "unconfirmed": 0,
        "broken": 1,
        "rejects": "rejects.csv",
    }


def test_a_category_that_nobody_has_is_no_part_of_the_list(
    run: Run, refused: Callable[..., DigestError], database: Database, tmp_path: Path
) -> None:
    run("import", "-", typed="email\nann@example.com\n")
    error = refused("export", "--interest", "Nope", "--output", "out.csv")
    assert str(error) == "there is no category 'Nope'; neither a tool nor a reader has one"
    assert not (tmp_path / "out.csv").exists()
    with database.writing() as session:
        session.execute(update(SubscriberRow).values(interests="Chat\nAgents"))
    assert str(refused("export", "--interest", "Nope")).endswith("there are: Agents, Chat")
    assert "ann@example.com" in run("export", "--interest", "agents")


def test_a_dry_run_says_what_would_be_and_stores_nothing(
    invoke: Callable[..., Result], run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "readers.csv"
    file.write_text("email,name\nann@example.com,Ann\nnobody\n")
    said = invoke("import", "--dry-run", str(file)).stdout
    assert "nothing is stored; it would be: 1 added (1 confirmed)" in said
    assert listed(run) == []
    assert list(tmp_path.glob("*.rejects.csv")) == []


def test_an_import_of_nothing_usable_fails_and_says_why(
    refused: Callable[..., DigestError], run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "readers.csv"
    file.write_text("email\nnobody\n@\n")
    said = str(refused("import", str(file)))
    assert said.startswith(f"{file}: not one of 2 rows could be used, so nothing was imported; the first: ")
    assert file.with_suffix(".rejects.csv").exists()
    assert listed(run) == []


def test_columns_of_another_name_are_mapped(invoke: Callable[..., Result], run: Run) -> None:
    run(
        "import",
        "-",
        "--map",
        "email=Post",
        "--map",
        "first_name=Wer",
        typed="Post,Wer\nann@example.com,Ann\n",
    )
    assert listed(run)[0]["name"] == "Ann"
    wrong = invoke("import", "-", "--map", "mail=Post", typed="Post\nann@example.com\n")
    assert wrong.exit_code == 2
    assert "one of these words: email, name" in wrong.stderr


def test_export_and_import_carry_the_list_to_another_machine(run: Run, tmp_path: Path) -> None:
    content = "email,name,status\nann@example.com,Zoë,confirmed\nben@example.com,,unsubscribed\n"
    run("import", "-", typed=content)
    assert run("export") == content
    file = tmp_path / "out.csv"
    assert run("export", "--output", str(file)) == ""
    assert file.read_text("utf-8") == content
    assert run("export", "--language", "de") == "email,name,status\n"
    assert run("export", "--status", "unsubscribed") == "email,name,status\nben@example.com,,unsubscribed\n"
    lines = [json.loads(line) for line in run("export", "--format", "jsonl").splitlines()]
    assert lines == listed(run)


def test_a_suppressed_reader_is_off_the_list_and_cannot_be_added(
    run: Run, refused: Callable[..., DigestError]
) -> None:
    run("add", "reader@example.com", "--confirmed")
    assert run("suppress", "reader@example.com") == "reader@example.com is suppressed and gets no more mail\n"
    assert [reader["status"] for reader in listed(run)] == ["unsubscribed"]
    for arguments in (["--confirmed"], []):
        assert isinstance(refused("add", "reader@example.com", *arguments), WrongState)


def test_an_erased_reader_is_gone_and_stays_gone(run: Run, refused: Callable[..., DigestError]) -> None:
    run("add", "reader@example.com", "--confirmed")
    assert run("erase", "reader@example.com").startswith("erased")
    assert listed(run) == []
    assert "left out: 1 suppressed\n" in run("import", "-", typed="email\nreader@example.com\n")
    assert "erased" in str(refused("add", "reader@example.com", "--confirmed"))
    assert isinstance(refused("erase", "stranger@example.com"), NotFound)


def test_stats_count_the_list(run: Run) -> None:
    run(
        "import",
        "-",
        typed="email,status\nann@example.com,\nben@example.com,paused\ncy@example.com,bounced\n",
    )
    assert json.loads(run("stats", "--json")) == {
        "pending": 0,
        "confirmed": 1,
        "paused": 1,
        "unsubscribed": 0,
        "bounced": 1,
        "complained": 0,
        "total": 3,
        "suppressed": 1,
    }
    assert "confirmed" in run("stats")


def test_a_day_still_to_come_does_not_ask_the_whole_list(run: Run, invoke: Callable[..., Result]) -> None:
    run("add", "reader@example.com", "--confirmed")
    answer = invoke("reconfirm", "--all-before", "2026-12-24")
    assert answer.exit_code == 2
    assert "still to come" in answer.output
    assert run("reconfirm", "--all-before", "2026-11-20").startswith("0 asked")

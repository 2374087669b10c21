"""``digest bounces``, and what ``digest subscribers show`` tells afterwards."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest.cli import App
from digest.clock import FixedClock
from digest.settings import DatabaseSettings, MailSettings, Settings, WebSettings
from subscribers.bounces.cli import bounces
from subscribers.cli import subscribers
from subscribers.values import Status
from tests.subscribers.bounces.conftest import BOUNCES, Returns


@pytest.fixture
def app(returns: Returns) -> App:
    settings = Settings(
        mail=MailSettings(bounces=BOUNCES),
        database=DatabaseSettings(url=returns.database.url.render_as_string()),
        web=WebSettings(secret_key=returns.keys[0], old_secret_keys=returns.keys[1:]),
    )
    return App(settings, returns.clock, lambda _: returns.database)


@pytest.fixture
def run(app: App) -> Callable[..., Result]:
    def run(*arguments: str, typed: bytes | None = None) -> Result:
        group = subscribers if arguments[0] == "show" else bounces
        result = CliRunner().invoke(group, arguments, input=typed, obj=app)
        assert result.exit_code == 0, result.output
        return result

    return run


@pytest.fixture
def file(returns: Returns, tmp_path: Path) -> Path:
    file = tmp_path / "came-back.eml"
    file.write_bytes(returns.sample("postfix-unknown-user"))
    return file


def test_a_look_changes_nothing_and_says_what_would_be_done(
    run: Callable[..., Result], file: Path, returns: Returns
) -> None:
    result = run("read", str(file))
    assert "hard bounce" in result.output
    assert "suppressed" in result.output
    assert "nothing was changed; with --apply it is done" in result.output
    assert returns.row.status == Status.CONFIRMED


class _Visited(FixedClock):
    """While it is looked at, somebody else writes to the database, if they may."""

    def __init__(self, at: datetime, file: Path) -> None:
        super().__init__(at)
        self.file = file

    def now(self) -> datetime:
        with closing(sqlite3.connect(self.file, timeout=0)) as other, suppress(sqlite3.OperationalError):
            other.execute("UPDATE subscriber SET name = coalesce(name, '') || 'x'")
            other.commit()
        return super().now()


def test_a_look_is_not_turned_away_because_somebody_writes(
    app: App, run: Callable[..., Result], file: Path, returns: Returns
) -> None:
    assert returns.database.file is not None
    app.clock = _Visited(app.clock.now(), returns.database.file)
    assert "suppressed" in run("read", str(file)).output
    assert returns.row.status == Status.CONFIRMED


def test_with_apply_it_is_done(run: Callable[..., Result], file: Path, returns: Returns) -> None:
    assert "nothing was changed" not in run("read", "--apply", str(file)).output
    assert returns.row.status == Status.BOUNCED


def test_programs_get_json_for_each_file(run: Callable[..., Result], file: Path, returns: Returns) -> None:
    typed = returns.sample("vacation-sieve")
    result = run("read", str(file), "-", "--to", "bounces@news.example.com", "--json", typed=typed)
    first, second = json.loads(result.stdout)
    assert (first["done"], first["reader"]) == ("refused", None)
    assert second == {
        "file": "-",
        "kind": "automatic reply",
        "done": "ignored",
        "why": "a program answered in the reader’s absence",
        "status": None,
        "reader": None,
        "mail": None,
    }


def test_show_tells_the_whole_story(run: Callable[..., Result], file: Path) -> None:
    run("read", "--apply", str(file))
    said = run("show", "reader@example.com").output
    assert "2026-W47, 5.1.1 there is no such mailbox" in said
    assert "suppressed since 2026-11-20 (bounce)" in said

    told = json.loads(run("show", "reader@example.com", "--json").stdout)
    assert told["suppressed"] == {"reason": "bounce", "at": "2026-11-20T09:00:00+00:00"}
    assert [line["what"] for line in told["timeline"]] == ["signed up", "confirmed", "bounced", "suppressed"]
    assert told["timeline"][2]["detail"] == {"mail": "2026-W47", "status": "5.1.1"}

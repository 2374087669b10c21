import json
from pathlib import Path

from click.testing import CliRunner, Result

from digest.cli import App
from digest.clock import FixedClock
from digest.db import Database
from digest.settings import Settings, TemplateSettings
from jobs.cli.templates import templates
from tests.stock import NOW


def run(*words: str, own: Path | None = None) -> Result:
    settings = Settings(templates=TemplateSettings(path=own))
    app = App(settings, FixedClock(NOW), lambda settings: Database("sqlite://"))
    return CliRunner().invoke(templates, words, obj=app)


def test_ejecting_says_where_the_copies_are(tmp_path: Path) -> None:
    said = run("eject", "email/confirm", own=tmp_path).output.splitlines()
    assert said == [str(tmp_path / "email/confirm.mjml.j2"), str(tmp_path / "email/confirm.txt.j2")]


def test_without_a_folder_the_setting_is_named() -> None:
    result = run("eject", "email/confirm")
    assert result.exit_code == 1
    assert "[templates] path" in str(result.exception)


def test_the_listing_marks_own_templates(tmp_path: Path) -> None:
    run("eject", "email/confirm", own=tmp_path)
    rows = {row["name"]: row["own"] for row in json.loads(run("list", "--json", own=tmp_path).output)}
    assert rows["email/confirm.txt.j2"] == str(tmp_path / "email/confirm.txt.j2")
    assert rows["email/issue.txt.j2"] is None

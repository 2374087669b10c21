"""``digest init`` writes a file that is good as it stands and names every setting."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from digest.settings import Settings, read_settings
from jobs.cli.setup import init


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DIGEST_CONFIG", raising=False)
    answer = CliRunner().invoke(init, catch_exceptions=False)
    assert answer.exit_code == 0
    return (tmp_path / "digest.toml").read_text()


def test_what_init_writes_are_the_defaults(written: str, tmp_path: Path) -> None:
    assert "[lint]" in written
    settings = read_settings({"DIGEST_CONFIG": str(tmp_path / "digest.toml")})
    for section in set(Settings.model_fields) - {"database", "issue", "web"}:
        assert getattr(settings, section) == getattr(Settings(), section), section


@pytest.mark.parametrize("section", sorted(Settings.model_fields))
def test_init_names_each_setting_of_a_section(written: str, section: str) -> None:
    assert f"[{section}" in written
    keys = getattr(type(Settings.model_fields[section].default), "model_fields", {})
    assert [key for key in keys if key not in written] == []

"""The API keeps what its OpenAPI document promises: schemathesis, with every check it has."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_SETTINGS = ("schemathesis.toml", "schemathesis_hooks.py")


@pytest.mark.slow
def test_schemathesis_finds_nothing(server: str, key: str, tmp_path: Path) -> None:
    # It reads its settings where it is run, and leaves notes there.
    for name in _SETTINGS:
        shutil.copy(Path(__file__).with_name(name), tmp_path)
    command: list[str | Path] = [
        Path(sys.executable).with_name("schemathesis"),
        *("--no-color", "run", f"{server}/api/openapi.json", "--checks", "all"),
        *("--header", f"Authorization: Bearer {key}"),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 selected / 10 total" in done.stdout

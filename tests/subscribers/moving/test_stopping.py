"""An import that is killed can simply be run again."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

ROWS = 100_000


@pytest.mark.slow
def test_an_import_killed_in_the_middle_ends_the_same_when_run_again(tmp_path: Path) -> None:
    file, path = tmp_path / "readers.csv", tmp_path / "digest.db"
    rows = (f"r{number}@example.com,{'unsubscribed' * (number % 10 == 0)}\n" for number in range(ROWS))
    file.write_text("email,status\n" + "".join(rows) + "nobody,\n")
    environment = {
        **os.environ,
        "DIGEST_DATABASE_URL": f"sqlite:///{path}",
        "DIGEST_SECRET_KEY": "a secret for tests only",
    }
    with running(file, tmp_path, environment) as process:
        while not 0 < count(path) < ROWS:
            assert process.poll() is None, "the import was done before it could be killed"
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    before = count(path)
    assert before < ROWS
    assert not file.with_suffix(".rejects.csv").exists()
    with running(file, tmp_path, environment) as process:
        said, _ = process.communicate()
    assert process.returncode == 0
    assert f"{ROWS - before:,} added".encode() in said
    assert f"{before:,} on the list already".encode() in said
    with sqlite3.connect(path) as database:
        [(readers, different)] = database.execute(
            "SELECT count(*), count(DISTINCT address_key) FROM subscriber"
        )
        [(left,)] = database.execute("SELECT count(*) FROM subscriber WHERE status = 'unsubscribed'")
    assert (readers, different, left) == (ROWS, ROWS, ROWS // 10)
    assert file.with_suffix(".rejects.csv").read_text().count("\n") == 2


def running(file: Path, folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "jobs", "subscribers", "import", str(file)]
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


def count(path: Path) -> int:
    if not path.exists():
        return 0
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        try:
            return int(database.execute("SELECT max(id) FROM subscriber").fetchone()[0] or 0)
        except sqlite3.OperationalError:
            return 0

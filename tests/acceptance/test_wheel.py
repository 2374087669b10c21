"""The wheel carries templates and sample data: it runs from an empty folder, in an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(*words: str | Path, folder: Path) -> str:
    done = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_an_installed_wheel_runs_the_demo_from_an_empty_folder(tmp_path: Path) -> None:
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "dist", folder=ROOT)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    venv.create(tmp_path / "env", with_pip=False)
    python = tmp_path / "env" / "bin" / "python"
    # Our own pip, working for that environment: a pip of its own takes as long to install as all the rest.
    pip = (sys.executable, "-m", "pip", "--python", python)
    run(*pip, "install", "--quiet", "--no-index", "--no-deps", wheel, folder=tmp_path)
    # The dependencies come from this environment, since a test has no network. A path in a .pth file does not
    # bring that folder's own .pth files along, so the editable install of the checkout stays invisible.
    (site,) = (tmp_path / "env" / "lib").glob("python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    empty = tmp_path / "empty"
    empty.mkdir()
    where = run(python, "-c", "import digest; print(digest.__file__)", folder=empty)
    assert Path(where.strip()).is_relative_to(tmp_path / "env")
    assert "25/25" in run(tmp_path / "env" / "bin" / "digest", "demo", folder=empty)
    assert (empty / "demo" / "issue.html").stat().st_size > 10_000

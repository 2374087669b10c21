"""A desk that sends an issue, and may be killed while it does."""

from __future__ import annotations

import subprocess
import sys

from tests.acceptance.desk import Desk
from tests.acceptance.weeks import FIRST_WEEK


def prepared(desk: Desk, readers: int) -> None:
    """Build an issue and import so many confirmed readers, reader000@example.com and so on."""
    desk.digest("catalogue", "import", *desk.save(FIRST_WEEK))
    rows = "".join(f"reader{number:03d}@example.com,,confirmed\n" for number in range(readers))
    (desk.folder / "readers.csv").write_text("email,name,status\n" + rows)
    desk.digest("subscribers", "import", "readers.csv")
    desk.digest("issue", "build")


def sending(desk: Desk) -> subprocess.Popen[bytes]:
    """Start ``digest issue send``; what it prints goes to a pipe."""
    return subprocess.Popen(
        [sys.executable, "-m", "jobs", "issue", "send"],
        cwd=desk.folder,
        env=desk.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )

"""A PostgreSQL of one's own for tests: its cluster lives in a folder of its own and ends with the block."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from tests.processes import require

_OWNER = "postgres"


@contextmanager
def own_postgres() -> Iterator[str]:
    """Give the URL of an empty database on a server that listens on a socket in its folder only."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/usr/lib/postgresql/15/bin"))
    require(programs / "initdb", "postgresql")
    folder = Path(mkdtemp(prefix="own-postgres-"))
    # The server refuses to run as root.
    user = _OWNER if os.geteuid() == 0 else None
    if user is not None:
        owner = pwd.getpwnam(user)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    data = folder / "data"

    def run(*words: str) -> None:
        subprocess.run(
            words, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    run(str(programs / "initdb"), "-D", str(data), "-U", _OWNER, "-A", "trust", "-E", "UTF8", "--locale=C")
    control = str(programs / "pg_ctl")
    options = f"-k {folder} -c listen_addresses= -c shared_buffers=64MB"
    run(control, "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://{_OWNER}@/postgres?host={folder}"
    finally:
        run(control, "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)

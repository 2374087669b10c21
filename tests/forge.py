"""Commands again and again, each in a process of its own: forked from one that has imported everything.

What a run sees and does is what it is with ``python -m``: its arguments, folder, environment and output, its
exit code, and signals that hit nothing else. Only the second of importing is spent once for all, and the hash
seed is the same; ``Desk.fresh`` is for what must not depend on it.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import NoReturn

ROOT = Path(__file__).parents[1]
# One request: module, words, folder and environment. Linux takes some 200 kB at once.
_MOST = 1 << 16


class Run:
    """One run of a command that has begun; its exit code is -9 after a kill."""

    def __init__(self, told: socket.socket) -> None:
        self._told = told
        self._ended: int | None = None
        self.pid = self._number(30)

    def wait(self, timeout: float = 30) -> int:
        """Return the exit code; TimeoutError if it still runs after so many seconds."""
        if self._ended is None:
            self._ended = self._number(timeout)
            self._told.close()
        return self._ended

    def send_signal(self, number: int) -> None:
        if self._ended is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Have it gone when this returns, and nothing of it tidied up."""
        self.send_signal(signal.SIGKILL)
        self.wait(30)

    def _number(self, timeout: float) -> int:
        self._told.settimeout(timeout)
        return int(self._told.recv(16))


class Forge:
    """A process that has the product imported and makes others of itself."""

    def __init__(self) -> None:
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                cwd=ROOT,
                # As bare as that of a desk: Python looks at some of it before a run's own comes.
                env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )

    def start(
        self,
        module: str,
        words: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        stdout: int = 1,
        stderr: int = 2,
    ) -> Run:
        """Begin ``python -m MODULE WORDS`` with files that are open here for its output."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        request = json.dumps([module, [*words], str(folder), {**environment}]).encode()
        with theirs:
            socket.send_fds(self._requests, [request], [stdout, stderr, theirs.fileno()])
        return Run(ours)

    def close(self) -> None:
        self._requests.close()
        self._process.wait(30)


@cache
def forge() -> Forge:
    """Return the forge of this process of tests; it ends with it."""
    made = Forge()
    atexit.register(made.close)
    return made


# In the forge's own process.


def _serve(requests: socket.socket) -> None:
    """Fork for every request; return when nobody is left to ask, and in a process that is to be the run."""
    while True:
        request, files, _, _ = socket.recv_fds(requests, _MOST, 3)
        _reap(wait=not request)
        if not request:
            return
        if os.fork() == 0:
            requests.close()
            module, words, folder, environment = json.loads(request)
            stdout, stderr, told = files
            if (run := os.fork()) != 0:
                _tell(run, told)
            os.close(told)
            os.dup2(stdout, 1)
            os.dup2(stderr, 2)
            os.close(stdout)
            os.close(stderr)
            _become(module, words, folder, environment)
            return
        for file in files:
            os.close(file)


def _reap(*, wait: bool) -> None:
    """Let those that have ended go, or wait for all of them."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, 0 if wait else os.WNOHANG)[0]:
            pass


def _tell(run: int, told: int) -> NoReturn:
    """Tell the process id at once, and the exit code at the end."""
    os.write(told, str(run).encode())
    _, status = os.waitpid(run, 0)
    os.write(told, str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _become(module: str, words: list[str], folder: str, environment: dict[str, str]) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv[1:] = words
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _import_everything() -> None:
    for package in ("digest", "subscribers", "jobs"):
        found = walk_packages(import_module(package).__path__, f"{package}.")
        # Migrations are loaded by alembic, from their files.
        for name in [module.name for module in found if "migrations." not in module.name]:
            if not name.endswith("__main__"):
                import_module(name)
    for name in (
        "alembic.command",
        "psycopg",
        "sqlalchemy.dialects.postgresql.psycopg",
        "tests.jobs.mailing",
    ):
        import_module(name)
    import_module("sqlalchemy.orm").configure_mappers()


if __name__ == "__main__":
    _import_everything()
    # Not to be looked through, and so copied, by every run.
    gc.freeze()
    _serve(socket.socket(fileno=int(sys.argv[1])))

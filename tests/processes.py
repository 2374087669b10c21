"""Processes that tests start, wait for and require."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest


def free_port() -> int:
    """Return a port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(environment: Mapping[str, str], folder: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``digest WORDS`` while the block runs; its output goes to ``<first word>.log`` in the folder."""
    with (folder / f"{words[0]}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jobs", *words], cwd=folder, env=environment, stdout=log, stderr=log
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def wait_for(url: str, seconds: float = 20) -> None:
    """Return once ``url`` answers with 200."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, f"{url} did not answer in {seconds} s"
        time.sleep(0.05)


def require(program: Path, package: str) -> None:
    """Skip the test where a system program is missing, with the reason; in CI it has to be there."""
    if program.exists():
        return
    missing = f"{program} is missing; install the Debian package {package}"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)

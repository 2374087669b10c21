"""Processes that tests start, wait for and require."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
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


def until(happened: Callable[[], object], told: Callable[[], str] = str, seconds: float = 30) -> None:
    """Return once something happened; fail with what ``told`` says if it does not in time."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, told() or f"it did not happen in {seconds} s"
        time.sleep(0.05)


def listens(port: int) -> bool:
    """Tell whether somebody listens on a port of loopback."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except ConnectionRefusedError:
        return False
    return True


def require(program: Path, package: str) -> None:
    """Skip the test where a system program is missing, with the reason; in CI it has to be there."""
    if not program.exists():
        _lack(f"{program} is missing; install the Debian package {package}")


def require_root(program: str) -> None:
    """Skip the test where a program cannot be started since that takes root; in CI it has to."""
    if os.geteuid() != 0:
        _lack(f"{program} can only be started as root")


def require_ipv6() -> None:
    """Skip the test where loopback has no IPv6 address; in CI it has to."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError as error:
        _lack(f"this machine has no IPv6 on loopback: {error.strerror}")


def _lack(missing: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)

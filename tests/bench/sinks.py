"""Servers that benchmarks and kill tests send to, each a process of its own, and what they cost.

``fastsink.c`` and ``delay.c`` stand beside this file; the compiler at hand makes programs of them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from tests.processes import free_port, listens, until

SMTP_SINK = Path("/usr/sbin/smtp-sink")
SMTP_SOURCE = Path("/usr/sbin/smtp-source")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: what the tables call it, its port on loopback and its process."""

    name: str
    port: int
    pid: int

    @property
    def cpu(self) -> float:
        """Seconds of the processor it took so far, in steps of 10 ms."""
        return cpu_of(self.pid)


def compiler() -> str | None:
    """Return the C compiler at hand, None if there is none."""
    return shutil.which("cc") or shutil.which("gcc")


@cache
def compiled(name: str) -> Path:
    """Return the program made of ``name``.c; it is made once and lies in a temporary folder."""
    cc = compiler()
    assert cc is not None, "there is no C compiler; install the Debian packages gcc and libc6-dev"
    # Not by its own name: who ends servers by name, in another place on this machine, must not end ours.
    program = Path(mkdtemp(prefix="bench-")) / f"{name[:2]}-of-a-bench"
    source = Path(__file__).with_name(f"{name}.c")
    subprocess.run([cc, "-O2", "-Wall", "-o", str(program), str(source)], check=True)
    return program


@contextmanager
def fast_sink(log: Path | None = None, delay_ms: int = 0, *, pipelining: bool = True) -> Iterator[Server]:
    """Run fastsink while the block runs; ``log`` is where it says whom it took a message for.

    ``delay_ms`` passes between a message and its answer.
    """
    words = [str(compiled("fastsink")), "-d", str(delay_ms), *([] if pipelining else ["-p"])]
    if log is not None:
        words += ["-l", str(log)]
    with _saying_its_port("fastsink", words) as server:
        yield server


@contextmanager
def delayed(server: Server, one_way_ms: int) -> Iterator[Server]:
    """Put the server so far away while the block runs; its ``cpu`` is still the server's own."""
    if not one_way_ms:
        yield server
        return
    words = [str(compiled("delay")), str(one_way_ms), str(server.port)]
    with _saying_its_port("delay", words) as proxy:
        yield Server(server.name, proxy.port, server.pid)


@contextmanager
def smtp_sink() -> Iterator[Server]:
    """Run Postfix's sink while the block runs."""
    port = free_port()
    # As root it insists on a user to become.
    become = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [str(SMTP_SINK), *become, f"inet:127.0.0.1:{port}", "200"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: listens(port))
            yield Server("smtp-sink", port, process.pid)
        finally:
            process.terminate()


@contextmanager
def _saying_its_port(name: str, command: Sequence[str]) -> Iterator[Server]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            word, port = process.stdout.readline().split()
            assert word == "port"
            yield Server(name, int(port), process.pid)
            assert process.poll() is None, f"{name} ended before its time: {process.returncode}"
        finally:
            process.terminate()


def cpu_of(pid: int, *, children: bool = False) -> float:
    """Return the seconds of the processor a process took, with ``children`` also those it has waited for."""
    # The name stands in brackets and may hold anything; what follows is counted from there (proc(5)).
    numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, numbers[11 : 15 if children else 13])) / _TICKS


def cpu_of_family(pid: int) -> float:
    """Return the seconds that a process and all its children took, those that ended included."""
    family = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return cpu_of(pid, children=True) + sum(cpu_of(int(child)) for child in family)

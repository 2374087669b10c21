"""Who sends in ``bench_send.py``: the engine, Postfix's load generator, and Python's clients."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

from digest.db import Database
from digest.issues.values import Depth
from jobs.outgoing import SAMPLE_READER
from tests.bench.figures import Told
from tests.bench.lists import unsend
from tests.bench.sender import Asked, message_maker
from tests.bench.sinks import SMTP_SOURCE, Server
from tests.digest.rendering.samples import LANTERN, LOUPE, pair, rendered

# Messages for each connection when the server is far away: one that needs few round trips has time for more.
FEW, FEWER = 60, 24
# The host that smtp-source is to name, and the bytes of the header it puts above what it is asked for.
_ITS_HOST, _ITS_HEADER = "vm", 136
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Row:
    """One contestant's figures of a round; CPU in µs a message, ``database`` and ``sink`` their servers'."""

    rate: float
    cpu: float
    database: float
    sink: float
    peak: float
    fill: float
    record: float


@dataclass(frozen=True, slots=True)
class Contestant:
    """Somebody who sends: ``send`` takes port, connections and messages. ``share`` of all messages is enough.

    ``beside`` tells the seconds of the processor its database's server took so far.
    """

    name: str
    send: Callable[[int, int, int], Told]
    share: float = 1.0
    far: int = FEWER
    beside: Callable[[], float] = float

    def measured(self, server: Server, connections: int, messages: int) -> Row:
        """Send once and return what it took."""
        sink, beside = server.cpu, self.beside()
        told = self.send(server.port, connections, messages)
        each = 1e6 / told.messages
        return Row(
            told.messages / told.seconds,
            told.cpu * each,
            (self.beside() - beside) * each,
            (server.cpu - sink) * each,
            told.peak,
            told.fill * each,
            told.record * each,
        )


@dataclass(frozen=True, slots=True)
class Ours:
    """The engine on one kind of database, where an issue waits at ``url``; ``beside`` is a contestant's."""

    kind: str
    url: str
    edition: Path
    beside: Callable[[], float] = float

    @property
    def name(self) -> str:
        return f"this engine, {self.kind}"

    def send(self, port: int, connections: int, messages: int) -> Told:
        """Let everybody wait again, and send to so many."""
        unsend(Database(self.url))
        return self.go_on(port, connections, messages)

    def go_on(self, port: int, connections: int, messages: int) -> Told:
        """Send to so many of those who wait."""
        return told_by("sender", given=Asked(self.url, str(self.edition), port, connections, messages))


def told_by(script: str, *words: object, given: Asked | None = None) -> Told:
    """Run a script of this folder and return what it told."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.bench.{script}", *map(str, words)],
        input=json.dumps(asdict(given)) if given else None,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=_ROOT,
    )
    return Told(**json.loads(done.stdout))


def smtp_source(size: int, port: int, connections: int, messages: int) -> Told:
    """Send messages of ``size`` bytes with Postfix's load generator.

    It keeps its connections open (-d), as everybody here does.
    """
    words = f"-d -M {_ITS_HOST} -s {connections} -l {size - _ITS_HEADER} -m {messages}"
    options = f"{words} -f digest@example.com -t reader@example.com"
    start = perf_counter()
    process = subprocess.Popen([str(SMTP_SOURCE), *options.split(), f"127.0.0.1:{port}"])
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return Told(messages, perf_counter() - start, used.ru_utime + used.ru_stime)


def contestants(ours: Sequence[Ours], message: Path) -> list[Contestant]:
    """Return everybody who takes part, the one that all are compared with first."""

    def library(name: str) -> Callable[[int, int, int], Told]:
        return lambda port, connections, messages: told_by(
            "others", name, message, port, connections, messages
        )

    return [
        Contestant("smtp-source", partial(smtp_source, message.stat().st_size)),
        Contestant("smtplib, threads", library("smtplib"), share=0.1),
        Contestant("aiosmtplib", library("aiosmtplib"), share=0.05),
        *(Contestant(one.name, one.send, far=FEW, beside=one.beside) for one in ours),
    ]


def an_edition(folder: Path) -> tuple[Path, Path]:
    """Render an issue of about 40 KB; return where its e-mail lies, and where one reader's message."""
    email, edition, message = (
        rendered(pair(LOUPE, LANTERN, Depth.SHORT)),
        folder / "edition",
        folder / "message",
    )
    edition.write_bytes(pickle.dumps(email))
    message.write_bytes(message_maker(str(edition))(SAMPLE_READER, None).removesuffix(b".\r\n"))
    return edition, message

"""A million readers: imported, imported again and exported; and the pages while a send runs.

Every command runs in a process of its own, its start included; peak memory is that of the process. Fewer rows
can be given: ``bench_subscribers.py 100000``.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from urllib.parse import urlencode

from sqlalchemy import insert, select, text
from sqlalchemy.exc import OperationalError

from digest.db import Database
from jobs.migrations import upgrade
from subscribers import counting, store
from subscribers.rows import RateRow, SubscriberRow
from subscribers.tokens import Purpose, Tokens
from subscribers.values import Status
from tests.postgres import own_postgres
from tests.processes import free_port, wait_for
from tests.stock import NOW

ROWS = 1_000_000
CLIENTS, EACH, PAUSE = 50, 20, 1.0
SECRET = "a secret for benchmarks only"
SAMPLE = Path(__file__).parents[2] / "digest" / "catalogue" / "sample"
SMTP_SINK = Path("/usr/sbin/smtp-sink")
_HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"')


@dataclass(frozen=True)
class Ran:
    """One command: seconds on the clock and of the processor, peak memory in MB, and what it printed."""

    seconds: float
    busy: float
    peak: float
    said: str


def write_file(path: Path, rows: int) -> None:
    """Write a plain list in no order that an index would like."""
    chance = random.Random(7)
    first = ("anna", "ben", "carla", "david", "emma", "felix", "greta", "hans", "ida", "jonas")
    last = ("mueller", "smith", "garcia", "rossi", "dubois", "novak", "jensen", "kowalski")
    hosts = ("gmail.com", "yahoo.com", "outlook.com", "web.de", "example.org", "mail.example.co.uk")
    with path.open("w") as file:
        file.write("email,name,status\n")
        for number in range(rows):
            one, two, mark = chance.choice(first), chance.choice(last), chance.randrange(16**6)
            email = f"{one}.{two}{mark:06x}{number}@{chance.choice(hosts)}"
            file.write(f"{email},{one.title()} {two.title()},{'unsubscribed' * (number % 20 == 0)}\n")


def environment(url: str, folder: Path, **more: str) -> dict[str, str]:
    settings = {
        "DIGEST_DATABASE_URL": url,
        "DIGEST_SECRET_KEY": SECRET,
        "DIGEST_CONFIG": str(folder / "none.toml"),
    }
    (folder / "none.toml").touch()
    return {**os.environ, **settings, **more}


def run(words: Sequence[str], environ: Mapping[str, str], folder: Path) -> Ran:
    start = perf_counter()
    with (folder / "said").open("w+") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "jobs", *words], cwd=folder, env=environ, stdout=said, stderr=said
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = perf_counter() - start
        said.seek(0)
        told = said.read()
    assert process.returncode == 0, told
    return Ran(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, told)


@contextmanager
def visitor(url: str) -> Iterator[list[float]]:
    """Write something small every 20 ms while the block runs; give how long each of them took, in seconds."""
    database, waits, stop = Database(url), list[float](), threading.Event()

    def visit() -> None:
        while not stop.wait(0.02):
            start = perf_counter()
            # Who is turned away has waited, too: as long as the database lets anybody wait.
            with suppress(OperationalError), database.writing() as session:
                row = {"key": f"visit {len(waits)}", "count": 1, "expires_at": NOW}
                session.execute(insert(RateRow), [row])
            waits.append(perf_counter() - start)

    thread = threading.Thread(target=visit)
    thread.start()
    try:
        yield waits
    finally:
        stop.set()
        thread.join()
        with database.writing() as session:
            session.execute(text("DELETE FROM rate"))
        database.close()


def measure_moving(url: str, file: Path, rows: int, folder: Path) -> None:
    kind = url.partition(":")[0].partition("+")[0]
    environ = environment(url, folder)
    words = ("subscribers", "import", str(file))
    for what, command in (("import", words), ("import again", words), ("dry run", (*words, "--dry-run"))):
        with visitor(url) as waits:
            ran = run(command, environ, folder)
        show(kind, what, rows, ran, f"{max(waits):.2f}")
    out = folder / "out"
    for form in ("csv", "jsonl"):
        ran = run(("subscribers", "export", "--format", form, "--output", str(out)), environ, folder)
        show(kind, f"export {form}", rows, ran, "")
    measure_looking(kind, url)


def measure_looking(kind: str, url: str) -> None:
    """Time what the list's pages and the command ``stats`` ask, in a warm process."""
    database = Database(url)
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE subscriber"))
    with database.reading() as session:
        end = store.last_id(session)
        asked: dict[str, Callable[[], object]] = {
            "count by status": lambda: counting.count_by_status(session, NOW),
            "first page of 100": lambda: list(store.readers(session, NOW, limit=100)),
            "last page of 100": lambda: list(store.readers(session, NOW, limit=100, after=end - 100)),
        }
        for what, ask in asked.items():
            times = []
            for _ in range(5):
                start = perf_counter()
                ask()
                times.append(perf_counter() - start)
            print(f"{kind:12}{what:22}{median(times) * 1000:10.1f} ms")
    database.close()


class Client:
    """A visitor with an address of their own, who comes anew for every page."""

    def __init__(self, port: int, number: int) -> None:
        self._port, self._own = port, f"127.0.{1 + number // 200}.{1 + number % 200}"

    async def ask(self, method: str, path: str, form: Mapping[str, str] | None = None) -> tuple[int, str]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, local_addr=(self._own, 0))
        body = urlencode(form or {}).encode()
        kind = "Content-Type: application/x-www-form-urlencoded\r\n" if form is not None else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{kind}"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = (await reader.read()).decode()
        writer.close()
        return int(answer.split(" ", 2)[1]), answer.partition("\r\n\r\n")[2]


# Does the request numbered so and returns how many seconds it took.
Ask = Callable[[Client, int], Awaitable[float]]


async def sign_up(client: Client, number: int) -> float:
    _, page = await client.ask("GET", "/subscribe")
    hidden = {name: unescape(value) for name, value in _HIDDEN.findall(page)}
    # Nobody types an address faster.
    await asyncio.sleep(3)
    form = {**hidden, "email": f"new{number}@host{number}.example.com", "name": ""}
    return await timed(client, "/subscribe", form)


async def timed(client: Client, path: str, form: Mapping[str, str]) -> float:
    start = perf_counter()
    status, page = await client.ask("POST", path, form)
    assert status == 200, (status, page)
    return perf_counter() - start


async def crowd(port: int, each: int, ask: Ask, pause: float) -> list[float]:
    """Have 50 clients at once make their requests, with a pause between two; return all times in seconds."""
    clients = [Client(port, number) for number in range(CLIENTS)]

    async def one(number: int, client: Client) -> list[float]:
        await asyncio.sleep(pause * number / CLIENTS)
        times = []
        for at in range(each):
            times.append(await ask(client, number * each + at))
            await asyncio.sleep(pause)
        return times

    return [time for times in await asyncio.gather(*map(one, range(CLIENTS), clients)) for time in times]


def linked(tokens: Sequence[str], page: str) -> Ask:
    return lambda client, number: timed(client, f"/{page}/{tokens[number]}", {})


@contextmanager
def started(
    words: Sequence[str], environ: Mapping[str, str], folder: Path
) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / f"{words[-1].strip('/')}.log").open("wb") as log:
        process = subprocess.Popen(words, cwd=folder, env=environ, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def measure_pages(url: str, folder: Path) -> None:
    """Time sign-up, confirm and unsubscribe over HTTP while an issue goes to the whole list."""
    pages, mail = free_port(), free_port()
    environ = environment(
        url, folder, DIGEST_SMTP_URL=f"smtp://127.0.0.1:{mail}", DIGEST_BASE_URL="http://localhost"
    )
    digest = (sys.executable, "-m", "jobs")
    run(("catalogue", "import", str(SAMPLE)), environ, folder)
    run(("issue", "build"), environ, folder)
    sink = (str(SMTP_SINK), "-u", "postfix", f"127.0.0.1:{mail}", "1000")
    database = Database(url)
    with ExitStack() as stack:
        stack.enter_context(started(sink, environ, folder))
        stack.enter_context(started((*digest, "web", "--port", str(pages)), environ, folder))
        wait_for(f"http://127.0.0.1:{pages}/subscribe", 60)
        sending = stack.enter_context(started((*digest, "issue", "send", "--yes"), environ, folder))
        while sending.poll() is None and not count_sent(database):
            sleep(0.5)
        for pause in (PAUSE, 0.0):
            pausing = f"each pausing {pause} s between two requests" if pause else "without pause"
            print(f"\n{CLIENTS} clients, {pausing}")
            print(f"{'page':22}{'requests':>10}{'median ms':>11}{'p99 ms':>9}{'most ms':>9}")
            measure_crowds(url, pages, pause)
        if sending.poll() is not None:
            print("the send was over before the pages were measured: too few readers")
    print(f"meanwhile {count_sent(database):,} messages were sent")
    database.close()


def count_sent(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(text("SELECT count(*) FROM delivery WHERE state = 'sent'")) or 0


def measure_crowds(url: str, port: int, pause: float) -> None:
    each = EACH if pause else 2 * EACH
    tell("sign up", asyncio.run(crowd(port, 2 if pause else 4, sign_up, pause)))
    confirming, leaving = tokens(url, CLIENTS * each)
    tell("confirm", asyncio.run(crowd(port, each, linked(confirming, "confirm"), pause)))
    tell("unsubscribe", asyncio.run(crowd(port, each, linked(leaving, "unsubscribe"), pause)))


def tokens(url: str, number: int) -> tuple[list[str], list[str]]:
    """Make the last confirmed readers pending; return links to confirm and to unsubscribe them."""
    database, signer = Database(url), Tokens((SECRET,))
    with database.writing() as session:
        wanted = select(SubscriberRow).where(SubscriberRow.status == Status.CONFIRMED)
        rows = session.scalars(wanted.order_by(SubscriberRow.id.desc()).limit(number)).all()
        for row in rows:
            row.status = Status.PENDING
        ids = [row.public_id for row in rows]
    database.close()
    return [signer.sign(Purpose.CONFIRM, one) for one in ids], [
        signer.sign(Purpose.UNSUBSCRIBE, one) for one in ids
    ]


def tell(what: str, times: Sequence[float]) -> None:
    p99 = quantiles(times, n=100)[-1]
    print(
        f"{what:22}{len(times):10,}{median(times) * 1000:11.1f}{p99 * 1000:9.1f}{max(times) * 1000:9.1f}",
        flush=True,
    )


def show(kind: str, what: str, rows: int, ran: Ran, longest: str) -> None:
    speed = rows / ran.seconds
    figures = f"{rows:10,}{ran.seconds:8.1f}{speed:10,.0f}{ran.busy:8.1f}{ran.peak:9.0f}{longest:>10}"
    print(f"{kind:12}{what:22}{figures}", flush=True)


def main(rows: int) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "readers.csv"
        write_file(file, rows)
        head = f"{'rows':>10}{'s':>8}{'rows/s':>10}{'CPU s':>8}{'peak MB':>9}{'wait s':>10}"
        print(f"{'database':12}{'what':22}{head}")
        url = f"sqlite:///{folder}/digest.db"
        upgrade(Database(url))
        measure_moving(url, file, rows, folder)
        if shutil.which("initdb") or Path("/usr/lib/postgresql").exists():
            with own_postgres() as server:
                upgrade(Database(server))
                measure_moving(server, file, rows, folder)
        if SMTP_SINK.exists():
            measure_pages(url, folder)
        else:
            print(f"{SMTP_SINK} is missing (Debian package postfix), so the pages were not measured")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)

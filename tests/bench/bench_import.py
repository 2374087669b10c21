"""How fast a folder of tools, and one of saved pages, comes in; each size in a process of its own.

Prints tools or pages a second and the peak of memory. Sizes can be given: ``bench_import.py 1000 10000``.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from digest.catalogue.batch import gather
from digest.catalogue.importing import ImportReport, bring_in
from digest.db import Database
from jobs.migrations import upgrade
from tests.factories import FRIDAY, REVIEWERS, RULES
from tests.pagetext import labelled_page, lantern, loupe

SIZES = (1_000, 10_000, 100_000)
PAGES = 2_000
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Measured:
    """One import: seconds on the clock, of the processor, and holding the write lock; peak memory in MB."""

    what: str
    files: int
    seconds: float
    busy: float
    locked: float
    peak: float


def sentence(words: random.Random, length: int) -> str:
    return " ".join("".join(words.choices("aeinorst", k=5)) for _ in range(length)).capitalize() + "."


def tool_file(number: int, words: random.Random) -> Iterator[str]:
    """Give the lines of a file of about 1.5 KB with four takes, as an editor writes them."""
    yield from (f"name: Tool {number:06}", f"category: Category {number % 12}", "pricing: Free / Team plan")
    yield from (f"tagline: {sentence(words, 8)}", f"link: https://example.com/{number}")
    yield from ("description: >-", f"  {sentence(words, 14)}", f"  {sentence(words, 14)}")
    yield from (f"published_on: {FRIDAY}", "takes:")
    for reviewer in REVIEWERS[:4]:
        score = words.randrange(30, 100)
        yield from (f"  - reviewer: {reviewer}", f"    score: {score}")
        yield f"    verdict: {'ship' if score >= 60 else 'skip'}"
        yield from ("    text: >-", f"      {sentence(words, 16)}", f"      {sentence(words, 10)}")


def write_tools(folder: Path, count: int, *, every: int = 1, seed: int = 1) -> None:
    words = random.Random(seed)
    for number in range(0, count, every):
        path = folder / f"{number // 1_000:03}" / f"tool-{number:06}.yaml"
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text("\n".join(tool_file(number, words)) + "\n", "utf-8")


def write_pages(folder: Path, count: int) -> None:
    folder.mkdir()
    for number in range(count):
        left, right = (replace(one, name=f"{one.name} {number}") for one in (lantern(), loupe()))
        (folder / f"{number}.txt").write_text(labelled_page(left, right), "utf-8")


def bring(
    what: str, count: int, database: Database, folder: Path, now: datetime
) -> tuple[Measured, ImportReport]:
    start, busy = perf_counter(), process_time()
    with database.reading() as session:
        batch = gather(session, [folder], RULES)
    locked = perf_counter()
    with database.writing() as session:
        report = bring_in(session, batch, rules=RULES, published=FRIDAY, now=now)
    end = perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Measured(what, count, end - start, process_time() - busy, end - locked, peak), report


def measure_tools(database: Database, folder: Path, count: int) -> Iterator[Measured]:
    write_tools(folder, count)
    measured, report = bring("first import", count, database, folder, NOW)
    assert len(report.added) == count
    yield measured
    measured, report = bring("unchanged again", count, database, folder, NOW)
    assert len(report.unchanged) == count
    yield measured
    write_tools(folder, count, every=10, seed=2)
    measured, report = bring("one in ten changed", count, database, folder, NOW + timedelta(days=1))
    assert len(report.updated) == count // 10
    yield measured


def measure_pages(database: Database, folder: Path, count: int) -> Iterator[Measured]:
    write_pages(folder, count)
    measured, report = bring("saved pages", count, database, folder, NOW)
    assert len(report.added) == 2 * count
    yield measured


def main(sizes: Sequence[int]) -> None:
    head = ("files/s", "CPU s", "locked s", "peak MB")
    print(f"{'what':20}{'files':>10}{'s':>9}" + "".join(f"{column:>10}" for column in head))
    for what, count in [*(("tools", size) for size in sizes), ("pages", PAGES)]:
        command = [sys.executable, __file__, what, str(count)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        for line in done.stdout.splitlines():
            one = Measured(**json.loads(line))
            print(
                f"{one.what:20}{one.files:10,}{one.seconds:9.2f}{one.files / one.seconds:10,.0f}"
                f"{one.busy:10.2f}{one.locked:10.2f}{one.peak:10,.0f}"
            )


def measure(what: str, count: int) -> None:
    with TemporaryDirectory() as name:
        database = Database(f"sqlite:///{name}/digest.db")
        upgrade(database)
        work = measure_pages if what == "pages" else measure_tools
        for measured in work(database, Path(name) / what, count):
            print(json.dumps(asdict(measured)), flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case [("tools" | "pages") as what, number]:
            measure(what, int(number))
        case sizes:
            main([int(size) for size in sizes] or SIZES)

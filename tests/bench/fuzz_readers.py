"""Fuzzing: thousands of bent, broken and hostile inputs for every reader of what comes from outside.

Only the project's own error may come out, in one line; nothing may be stored of what is refused; no input may
take longer than two seconds of the processor (XML of feeds: what its own process has). Exits 1 otherwise, and
keeps inputs that failed. ``--inputs 100000`` is the full run; the same ``--seed`` gives the same inputs.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from digest.db import Database
from jobs.migrations import upgrade
from tests.fuzz.readers import all_readers
from tests.fuzz.trying import Failure, Tally, try_reader

_MOST_SHOWN = 3


def main() -> None:
    parser = ArgumentParser(description="Fuzz every reader.")
    parser.add_argument("--inputs", type=int, default=10_000, help="how many in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="only readers with this in their name")
    options = parser.parse_args()
    tallies = run(options.inputs, options.seed, options.only)
    Console(width=100).print(_table(tallies))
    for tally in tallies:
        for failure in tally.failures[:_MOST_SHOWN]:
            print(f"{tally.reader}: {_kept(failure)}\n{failure.problem}", file=sys.stderr)
    sys.exit(1 if any(tally.failures for tally in tallies) else 0)


def run(count: int, seed: int, only: str = "") -> list[Tally]:
    """Return what came of ``count`` inputs, shared out among the readers."""
    console = Console(stderr=True)
    with (
        _empty_database() as database,
        all_readers(database) as readers,
        Progress(console=console, disable=not console.is_terminal) as progress,
    ):
        chosen = [reader for reader in readers if only.casefold() in reader.name.casefold()]
        tallies = []
        for reader in chosen:
            share = max(1, round(count * reader.share))
            note = partial(progress.advance, progress.add_task(reader.name, total=share))
            tallies.append(try_reader(reader, share, seed=seed, note=note))
    return tallies


@contextmanager
def _empty_database() -> Iterator[Database]:
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'digest.db'}")
        try:
            upgrade(database)
            yield database
        finally:
            database.close()


def _table(tallies: list[Tally]) -> Table:
    columns = ("reader", "inputs", "refused", "accepted", "slowest ms", "failures")
    table = Table(title="What came of the inputs")
    for name in columns:
        table.add_column(name, justify="left" if name == "reader" else "right")
    for tally in tallies:
        counts = (
            tally.inputs,
            tally.refused,
            tally.accepted,
            round(1000 * tally.slowest),
            len(tally.failures),
        )
        table.add_row(tally.reader, *(f"{number:,}" for number in counts))
    total = sum(tally.inputs for tally in tallies)
    table.caption = f"{total:,} inputs in all"
    return table


def _kept(failure: Failure) -> str:
    """Return the path of the file in which the input is kept."""
    with NamedTemporaryFile(prefix="fuzz-", delete=False) as file:
        file.write(failure.data)
    return file.name


if __name__ == "__main__":
    main()

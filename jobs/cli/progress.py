"""A progress bar for people; silent where nobody watches."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from jobs.deliveries.values import Counts
from jobs.sending.ledger import Progress as Report


@contextmanager
def progress_bar(before: Counts) -> Iterator[Report | None]:
    """Give the function that shows how far a send-out has come, or None outside a terminal."""
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("Sending"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[trouble]}"),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=before.audience, completed=_done(before), rate="", trouble="")

        def show(counts: Counts) -> None:
            trouble = [f"{counts.failed} failed"] if counts.failed else []
            trouble += [f"{counts.unknown} unknown"] if counts.unknown else []
            speed = bar.tasks[0].speed
            bar.update(
                task,
                completed=_done(counts),
                rate=f"{speed:,.0f}/s" if speed else "",
                trouble=", ".join(trouble),
            )

        yield show


def _done(counts: Counts) -> int:
    return counts.audience - counts.pending - counts.sending

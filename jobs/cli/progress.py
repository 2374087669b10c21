"""A progress bar for people; silent where nobody watches."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from jobs.deliveries.values import Counts
from jobs.sending.going import STRETCH


class Report(Protocol):
    """Shows how far a send-out has come, and what it waits for if it does."""

    def __call__(self, counts: Counts, note: str | None = None) -> None: ...


@contextmanager
def progress_bar(before: Counts) -> Iterator[Report | None]:
    """Give what shows how far a send-out has come, or None outside a terminal."""
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
        TextColumn("{task.fields[trouble]}", style="red"),
        # Its words are a server's, in part: not to be read as rich's markup.
        TextColumn("{task.fields[note]}", style="yellow", markup=False),
    )
    # Over so many seconds it is averaged how fast it goes, as in digest status.
    with Progress(*columns, console=console, speed_estimate_period=STRETCH) as bar:
        task = bar.add_task("", total=before.audience, completed=_done(before), rate="", trouble="", note="")

        def show(counts: Counts, note: str | None = None) -> None:
            trouble = [f"{counts.failed:,} failed"] if counts.failed else []
            trouble += [f"{counts.unknown:,} unknown"] if counts.unknown else []
            speed = bar.tasks[0].speed
            bar.update(
                task,
                completed=_done(counts),
                rate=f"{speed:,.0f}/s" if speed else "",
                trouble=", ".join(trouble),
                note=note or "",
            )

        yield show


def _done(counts: Counts) -> int:
    return counts.audience - counts.pending - counts.sending

"""``--trace FILE``, for every command that talks to a relay about an issue."""

from __future__ import annotations

from contextlib import AbstractContextManager, closing, nullcontext

import click

from jobs.sending.trace import Trace

trace_option = click.option(
    "--trace",
    metavar="FILE",
    help="Log what is said to the mail server, without addresses and passwords; - is standard error.",
)


def traced(target: str | None) -> AbstractContextManager[Trace | None]:
    """Return the trace of this command, closed when the block ends; None without ``--trace``.

    Raises DigestError for a file that cannot be written.
    """
    return closing(Trace.open(target)) if target else nullcontext()

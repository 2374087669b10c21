"""Stopping on a signal, the same for every command that runs long."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# Seconds from being told to stop to the end, whatever does not answer: many service managers kill after ten.
_GRACE = 9.5
_HARD_END = (
    "ended after {seconds:g} s, though something had not answered yet, perhaps the database. Nobody is lost; "
    "what was in flight is listed by: digest issue unknown\n"
)


@contextmanager
def stop_on_signal() -> Iterator[threading.Event]:
    """Give an event that SIGTERM or the first Ctrl-C sets; a second one interrupts as usual.

    Once it is set, by whomever, the block has 9.5 seconds to end; then the process does, as if it was killed,
    which leaves nothing half-done (law 4).
    """
    stop = _Stop()

    def ask(number: int, frame: object) -> None:
        del frame
        stop.set()
        signal.signal(number, previous[signal.Signals(number)])

    previous = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        stop.came_to_an_end()
        for number, handler in previous.items():
            signal.signal(number, handler)


class _Stop(threading.Event):
    """An event that, once set, bounds how long the process goes on."""

    def __init__(self) -> None:
        super().__init__()
        self._hard_end = threading.Timer(_GRACE, _end)
        # Python would wait for it at its own end.
        self._hard_end.daemon = True

    def set(self) -> None:
        super().set()
        # It may be running: a second signal, or one in the middle of this.
        with suppress(RuntimeError):
            self._hard_end.start()

    def came_to_an_end(self) -> None:
        """Let the process live: what was to stop has."""
        self._hard_end.cancel()


def _end() -> None:
    try:
        sys.stderr.write(_HARD_END.format(seconds=_GRACE))
        sys.stderr.flush()
    finally:
        os._exit(1)

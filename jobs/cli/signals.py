"""Stopping on a signal, the same for every command that runs long."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def stop_on_signal() -> Iterator[threading.Event]:
    """Give an event that SIGTERM or the first Ctrl-C sets; a second one interrupts as usual."""
    stop = threading.Event()

    def ask(number: int, frame: object) -> None:
        del frame
        stop.set()
        signal.signal(number, previous[signal.Signals(number)])

    previous = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)

"""What a sender in a process of its own tells the benchmark that started it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Told:
    """What sending took: seconds on the clock and of the processor, from the first message to the last.

    ``fill`` is what composing and senders took of ``cpu``, ``record`` what writing the ledger took.
    ``around`` is the CPU of opening and closing, which depends on the list and not on who is mailed. ``peak``
    is in MB and the whole process's.
    """

    messages: int
    seconds: float
    cpu: float
    fill: float = 0.0
    record: float = 0.0
    around: float = 0.0
    peak: float = 0.0


def peak_mb() -> float:
    """Return the most memory this process ever held, in MB (getrusage(2) would count its parent's, too)."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024

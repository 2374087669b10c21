"""What really happened at a faulty server: every body it read, and every answer it gave, each with a mark.

A mark says for whom an answer was, at which step, and its number: ``#r5.RCPT.17``. What the ledger keeps of
a reader must hold that reader's marks only.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import dataclass, field

from tests.faults.plays import Shape

_READER = re.compile(r"(?:reader0*|\+r)(\d+)@")
_MARKS = re.compile(r"#r(\d+)\.([A-Z]+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands in an answer: whom it is for (0: nobody), the step, and a number that no other has."""

    reader: int
    verb: str
    number: int

    def __str__(self) -> str:
        return f"#r{self.reader}.{self.verb}.{self.number}"

    @classmethod
    def all_in(cls, text: str) -> list[Mark]:
        return [cls(int(reader), verb, int(number)) for reader, verb, number in _MARKS.findall(text)]


@dataclass(slots=True)
class Body:
    """A message whose last line was read, and what was answered.

    ``mark`` is None before the answer. ``shape`` is what the server meant to say and ``written`` whether all
    of it was handed to the network. ``proven``: the client went on as only one who read the answer can.
    ``lying``: the server had said something on this connection, or says now, that has no one meaning.
    """

    connection: int
    transaction: int
    sender: str
    recipients: tuple[str, ...]
    content: bytes
    lying: bool
    mark: Mark | None = None
    shape: Shape = field(default_factory=Shape)
    written: bool = False
    proven: bool = False

    @property
    def readers(self) -> list[int]:
        return [reader_of(recipient) for recipient in self.recipients]

    @property
    def refused(self) -> bool:
        """Whether the client was told, beyond doubt, that it was not taken."""
        return self.written and self.shape.whole and self.shape.kind in (4, 5)


@dataclass
class Truth:
    """The record of one server. ``promised`` are the readers for whose body 354 was given."""

    bodies: list[Body] = field(default_factory=list)
    promised: set[int] = field(default_factory=set)
    # Bodies for which no recipient had been accepted, and other things no client may do.
    offences: list[str] = field(default_factory=list)
    answers: dict[int, Shape] = field(default_factory=dict)
    # After how many bytes of its connection each command and each message ended.
    boundaries: list[int] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    tries: Counter[tuple[str, int]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tried(self, verb: str, reader: int) -> int:
        """Count a try of a verb for a reader; return how many there were, this one included."""
        with self._lock:
            self.tries[verb, reader] += 1
            return self.tries[verb, reader]

    def answered(self, verb: str, reader: int, data: bytes) -> tuple[Mark, Shape]:
        """Take down an answer; return its mark and what it amounts to."""
        with self._lock:
            mark, shape = Mark(reader, verb, len(self.answers) + 1), Shape.of(data)
            self.answers[mark.number] = shape
            return mark, shape

    def bodies_for(self, reader: int) -> list[Body]:
        return [body for body in self.bodies if reader in body.readers]


def reader_of(address: str) -> int:
    """Return the number in the address of a reader or in their envelope sender, 0 if there is none."""
    found = _READER.search(address)
    return int(found[1]) if found else 0

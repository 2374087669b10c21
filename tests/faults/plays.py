"""What a faulty server does at a step of the dialogue, as values that a test or hypothesis writes down."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

# Stands in a scripted answer for the mark that makes it unlike every other (tests.faults.truth).
MARK = b"{mark}"

_REPLY = re.compile(rb"(?:\d{3}-[^\r\n]*\r\n)*\d{3}(?: [^\r\n]*)?\r\n")
_CODE = re.compile(rb"\d{3}(?!\d)")


class Then(StrEnum):
    """What becomes of the connection after the answer."""

    GO_ON = "go on"
    # Closed at once, as close() does it; data that was not read yet makes it a reset.
    CLOSE = "close"
    # SO_LINGER 0: whatever is still on its way is lost, in both directions.
    RESET = "reset"
    # Nothing more is said, and what still comes is read and thrown away.
    HALF_CLOSE = "half-close"
    # Open, and nothing more is said.
    SILENCE = "silence"
    # Open, and nothing more is said or read.
    DEAF = "deaf"
    # Closed as soon as there is something unread, so that it becomes a reset.
    CLOSE_UNREAD = "close with data unread"


@dataclass(frozen=True, slots=True)
class Play:
    """An answer in bytes. ``data`` is None for the usual one; of it ``upto`` bytes are written, None for all.

    It leaves in pieces that end at the offsets ``cuts``, ``pause`` seconds apart, after ``delay`` seconds.
    """

    data: bytes | None = None
    upto: int | None = None
    cuts: tuple[int, ...] = ()
    pause: float = 0.0
    delay: float = 0.0
    then: Then = Then.GO_ON

    def pieces(self, answer: bytes) -> list[bytes]:
        """Return the parts of ``answer`` that are written, one by one."""
        whole = answer[: self.upto]
        ends = [*sorted(cut for cut in self.cuts if 0 < cut < len(whole)), len(whole)]
        return [whole[start:end] for start, end in zip([0, *ends], ends, strict=False) if start < end]


@dataclass(frozen=True, slots=True)
class Step:
    """A moment at which the server answers; ``verb`` is CONNECT, a command, or BODY for a whole message.

    Numbers count from 1: ``connection``, ``transaction`` (the MAILs of the connection), ``answer`` (those of
    the connection, the greeting is the first), ``tries`` (this verb for this reader, on all connections).
    ``reader`` is 0 where the command is nobody's; MAIL is known by its sender. ``ahead``: more than this
    command was there already (RFC 2920).
    """

    connection: int
    transaction: int
    answer: int
    verb: str
    reader: int
    tries: int
    ahead: bool


# A line of text gets its mark and its CRLF; None is the usual answer.
Script = Callable[[Step], Play | str | None]


@dataclass(frozen=True, slots=True)
class Shape:
    """What an answer amounts to.

    ``code`` is the one it begins with. It is ``whole`` if it begins with a reply of RFC 5321, 4.2, and
    ``plain`` if it is just that. It is ``ambiguous`` if its lines have different codes, of which a client may
    take any (4.2.1), or if what comes next is to be read as a part of it.
    """

    code: int | None = None
    whole: bool = False
    plain: bool = False
    ambiguous: bool = False

    @classmethod
    def of(cls, data: bytes) -> Shape:
        begins, reply = _CODE.match(data), _REPLY.match(data)
        code = int(begins[0]) if begins else None
        if reply is None:
            return cls(code, ambiguous=not data.endswith(b"\n") or data[3:4] == b"-")
        alike = len({line[:3] for line in reply[0].splitlines()}) == 1
        return cls(code, alike, alike and reply[0] == data, not alike)

    @property
    def kind(self) -> int | None:
        """The first digit of the code, which says what became of the command."""
        return None if self.code is None else self.code // 100


def at(verb: str, play: Play | str, *, reader: int | None = None, times: int | None = None) -> Script:
    """Return a script that plays at this verb only, for one reader or all, ``times`` times or always."""
    left = [times]

    def script(step: Step) -> Play | str | None:
        if step.verb != verb or reader not in (None, step.reader) or left[0] == 0:
            return None
        if left[0] is not None:
            left[0] -= 1
        return play

    return script


def first_of(*scripts: Script) -> Script:
    """Return a script that plays what the first of these has for a step."""

    def script(step: Step) -> Play | str | None:
        return next((play for play in (one(step) for one in scripts) if play is not None), None)

    return script


def usual(step: Step) -> None:
    """A server without a fault."""

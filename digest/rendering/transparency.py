"""A message as SMTP's DATA carries it (RFC 5321, 4.5.2)."""

from __future__ import annotations

from typing import NewType

from digest.errors import BadInput

# Made only by what has checked every line of it: whoever sends one need not look at it again.
OnTheLine = NewType("OnTheLine", bytes)
END = b".\r\n"


def on_the_line(message: bytes) -> OnTheLine:
    """Return a message as DATA carries it: leading dots doubled, the lone dot behind it.

    Raises BadInput for a line that does not end in CRLF.
    """
    return OnTheLine(stuffed(message) + END)


def off_the_line(line: OnTheLine) -> bytes:
    """Return the message that its receiver has: without the doubled dots and the lone one."""
    return line.removesuffix(END).removeprefix(b".").replace(b"\r\n.", b"\r\n")


def stuffed(lines: bytes) -> bytes:
    """Return whole lines, a message or a part of one, with their leading dots doubled.

    Raises BadInput for a line that does not end in CRLF: servers disagree on what a bare CR or LF is, and
    that is how one message is made into two.
    """
    ends = lines.count(b"\r\n")
    if not lines.endswith(b"\r\n") or lines.count(b"\n") != ends or lines.count(b"\r") != ends:
        raise BadInput("the message has a line that does not end in CRLF")
    if lines.startswith(b"."):
        lines = b"." + lines
    return lines.replace(b"\r\n.", b"\r\n..")

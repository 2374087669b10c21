"""A message from outside, parsed within bounds: however it was made, it costs little and raises nothing.

Python's parser recurses with every nested part, compares each line with every open boundary, and splits long
parameters in time that grows with the square. So what no mail server writes is cut off or refused first.
What is cut may say something else, so whoever is to be told from a header alone is told by
``subscribers.mailin.reading``, which takes it whole or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from itertools import islice

# Where a bounce is read, it comes before the message it returns; the header of that is enough.
_LONGEST = 256 * 1024
_LONGEST_TEXT = 16 * 1024
_LONGEST_FIELD = 8 * 1024
_MOST_PARTS = 30
# Of lines that may divide parts.
_MOST_DIVIDERS = 1000
_DEEPEST = 20

# What Python's email package raises where a charset, an encoding or a parameter is none.
BROKEN = (MessageError, LookupError, ValueError)

_CONTAINER = re.compile(rb"^content-type:\s*[\"']?(?:multipart|message)/", re.IGNORECASE | re.MULTILINE)
_DIVIDER = re.compile(rb"^--", re.MULTILINE)
# RFC 5322, 2.1.1 allows 998 octets in a line; a field of ours or of a report never takes 20 of them.
_LONG_LINE = re.compile(rb"([^\r\n]{1000})[^\r\n]+")
_LONG_FIELD = re.compile(rb"((?:\r?\n[ \t][^\r\n]*){20})(?:\r?\n[ \t][^\r\n]*)+")
# RFC 6533 names its parts anew; what is in them is the same.
_GLOBAL_STATUS = re.compile(rb"message/global-delivery-status", re.IGNORECASE)
_GLOBAL_HEADERS = re.compile(rb"message/global-headers", re.IGNORECASE)


def parse(raw: bytes) -> Message | None:
    """Return the message in ``raw``, of which 256 KiB are read; None if its parts are nested too deep."""
    raw = _LONG_FIELD.sub(rb"\1", _LONG_LINE.sub(rb"\1", raw[:_LONGEST]))
    for divider in islice(_DIVIDER.finditer(raw), _MOST_DIVIDERS, _MOST_DIVIDERS + 1):
        raw = raw[: divider.start()]
    if len(_CONTAINER.findall(raw)) > _DEEPEST:
        return None
    raw = _GLOBAL_STATUS.sub(b"message/delivery-status", raw)
    return message_from_bytes(_GLOBAL_HEADERS.sub(b"text/rfc822-headers", raw))


def parts(message: Message) -> Iterator[Message]:
    """Yield the message's own parts, or itself; what an enclosed message holds is not."""
    open_parts, seen = [message], 0
    while open_parts and seen < _MOST_PARTS:
        part = open_parts.pop(0)
        seen += 1
        inner = _inner(part)
        if part.get_content_maintype() == "multipart" and inner:
            open_parts = inner + open_parts
        else:
            yield part


def field(message: Message, name: str) -> str:
    """Return a header field as one line of readable text, "" where there is none."""
    value = message.get(name)
    if value is None:
        return ""
    text = str(value)[:_LONGEST_FIELD]
    # With an unknown charset, or an encoded word that is none, the field as it stands has to do.
    with suppress(*BROKEN):
        text = str(make_header(decode_header(text)))
    return " ".join(text.split())


def text_of(part: Message) -> str:
    """Return the text of a part, of which 16 KiB are read; what its charset does not hold is replaced."""
    try:
        content = part.get_payload(decode=True)
    except BROKEN:
        content = None
    if not isinstance(content, bytes):
        return ""
    content = content[:_LONGEST_TEXT]
    try:
        return content.decode(str(part.get_content_charset() or "utf-8"), "replace")
    except BROKEN:
        return content.decode("latin-1")


def blocks_of(part: Message) -> list[Message]:
    """Return the groups of fields of a report (RFC 3464, 2.1; RFC 5965, 3.1), whatever wraps them."""
    inner = _inner(part)
    if any(one.keys() for one in inner):
        return inner[:_MOST_PARTS]
    written = "".join(text_of(one) for one in inner or [part])
    groups = re.split(r"\r?\n[ \t]*\r?\n", written.strip())
    return [message_from_bytes(group.encode("utf-8", "replace")) for group in groups[:_MOST_PARTS]]


def enclosed(message: Message) -> Message | None:
    """Return the message, or its header, that a report encloses (RFC 6522, 3), or None."""
    for part in parts(message):
        kind, inner = part.get_content_type(), _inner(part)
        if kind in ("message/rfc822", "message/global") and inner:
            return inner[0]
        if kind == "text/rfc822-headers":
            return message_from_bytes(text_of(part).encode("utf-8", "replace"))
    return None


def report_type(message: Message) -> str:
    """Return what a multipart/report reports (RFC 6522, 3), "" for anything else."""
    if message.get_content_type() != "multipart/report":
        return ""
    try:
        stated = message.get_param("report-type", "")
    except BROKEN:
        return ""
    return stated.lower() if isinstance(stated, str) else ""


def _inner(part: Message) -> list[Message]:
    # Asked first: of a part that is text, get_payload decodes it, and stumbles over an odd charset.
    inner = part.get_payload() if part.is_multipart() else []
    return [one for one in inner if isinstance(one, Message)]

"""A message out of a mailbox or a file: its envelope, as whoever delivered it wrote it into the header."""

from __future__ import annotations

import re

from subscribers.mailin.doors import Doors
from subscribers.mailin.reading import Mail

# Written by mail servers on delivery, in the order of trust; then what the sender wrote.
_DELIVERED = ("x-original-to", "delivered-to", "envelope-to", "x-envelope-to", "x-delivered-to")
_WRITTEN = ("to", "cc")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"\\]+@[^\s<>()\[\],;:\"\\]+")
_MOST = 50


def sender_of(mail: Mail) -> str | None:
    """Return the envelope's sender (RFC 5321, 4.4): "" for the null sender, None where nobody noted it."""
    path = mail.first("return-path").strip()
    if not path:
        return None
    found = _ADDRESS.search(path)
    return found[0] if found else ""


def recipient_of(mail: Mail, doors: Doors) -> str | None:
    """Return the address of ours that a message was for, None if it names none.

    It may be forged, and gives no more rights than a message sent to that address has.
    """
    delivered = [_ADDRESS.findall(mail.first(name)) for name in _DELIVERED]
    written = [_ADDRESS.findall(value) for name in _WRITTEN for value in mail.all(name)]
    named = [address for addresses in delivered + written for address in addresses]
    return next((address for address in named[:_MOST] if doors.find(address)), None)

"""What a message that came back says. Pure: bytes in, a finding out, whoever may have written them."""

from __future__ import annotations

from subscribers.bounces.dsn import read_dsn
from subscribers.bounces.feedback import read_feedback
from subscribers.bounces.oldstyle import read_old_style
from subscribers.bounces.parsing import parse
from subscribers.bounces.replies import is_daemons, read_receipt, read_reply
from subscribers.bounces.values import Finding, Kind


def read(raw: bytes) -> Finding:
    """Return what the message says; never raises, however it was made.

    The forms with a standard come first: a report says itself that it is one. An away message comes before
    prose, since it may well say that somebody "does not work here", unless a mail server wrote it.
    """
    message = parse(raw)
    if message is None:
        return Finding(Kind.UNREADABLE, "its parts are nested too deep")
    for reader in (read_feedback, read_dsn, read_receipt):
        if found := reader(message):
            return found
    prose = (read_old_style, read_reply) if is_daemons(message) else (read_reply, read_old_style)
    for reader in prose:
        if found := reader(message):
            return found
    return Finding(Kind.NOTHING, "neither a bounce nor a complaint")

"""Telling mail that a program wrote from mail that a person wrote. To the former nothing is ever answered.

RFC 3834, section 2, and what list software and mail servers do beyond it: two programs that answer each
other would never stop.
"""

from __future__ import annotations

import re

from subscribers.mailin.doors import Doors
from subscribers.mailin.reading import Mail

_LIST_HEADERS = ("list-id", "list-unsubscribe", "list-post", "list-help", "mailing-list", "x-mailing-list")
_ROBOT_HEADERS = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-failed-recipients", "x-loop")
_BULK = ("bulk", "junk", "list")
_ROBOTS = re.compile(
    r"(?:mailer-daemon|postmaster|no[._-]?reply|do[._-]?not[._-]?reply|bounces?|listserv|majordomo)(?:[._+-].*)?"
    r"|owner-.*"
    r"|.*-(?:owner|request|bounces?|errors)"
)
# What jobs.outgoing and jobs.notices make: what it is, which one, for whom.
_OUR_OWN = re.compile(r"[a-z]+\.[0-9A-Z-]+\.[A-Za-z0-9_-]{8,}")
# RFC 5321, 6.3: at least a hundred hops before a message counts as going round.
_HOPS = 100


def why_automatic(mail: Mail, sender: str | None, doors: Doors) -> str | None:
    """Return the sign that a message was sent by a program, None for a person's.

    ``sender`` is that of the envelope: "" for the null sender (RFC 5321, 4.5.5), None where it is unknown.
    What comes back holds no address.
    """
    return _by_sender(mail, sender, doors) or _by_header(mail) or _by_loop(mail, doors)


def _by_sender(mail: Mail, sender: str | None, doors: Doors) -> str | None:
    if sender == "":
        return "null sender"
    author = mail.author
    for address in (sender, None if author is None else author.key):
        if address is None:
            continue
        if doors.find(address):
            return "from an address of ours"
        if _ROBOTS.fullmatch(address.lower().rpartition("@")[0]):
            return "from an address that nobody reads"
    return None


def _by_header(mail: Mail) -> str | None:
    if any(_word(value) != "no" for value in mail.all("auto-submitted")):
        return "Auto-Submitted"
    for name in (*_LIST_HEADERS, *_ROBOT_HEADERS):
        if mail.all(name):
            return name
    if any(_word(value) in _BULK for value in mail.all("precedence")):
        return "Precedence"
    if any(_word(value) not in ("", "none") for value in mail.all("x-auto-response-suppress")):
        return "X-Auto-Response-Suppress"
    if _word(mail.first("content-type")).startswith(("multipart/report", "message/")):
        return "a report"
    return None


def _by_loop(mail: Mail, doors: Doors) -> str | None:
    if len(mail.all("received")) > _HOPS:
        return "too many hops"
    identifier, _, domain = mail.first("message-id").strip(" <>").rpartition("@")
    if domain.lower() == doors.list.lower().rpartition("@")[2] and _OUR_OWN.fullmatch(identifier):
        return "a message of our own"
    return None


def _word(value: str) -> str:
    """Return the word a structured value begins with, in lower case: its parameters and comments go."""
    return re.split(r"[;(\s]", value.strip().lower(), maxsplit=1)[0]

"""Complaints: what a mailbox provider sends when a reader presses "this is spam" (ARF, RFC 5965)."""

from __future__ import annotations

import re
from email.message import Message

from subscribers.bounces.parsing import blocks_of, enclosed, field, parts
from subscribers.bounces.values import Finding, Kind

# RFC 5965, 7.3, and opt-out of its drafts, which is still sent.
_COMPLAINTS = {
    "abuse": "the reader calls it unwanted",
    "fraud": "the reader calls it fraud",
    "opt-out": "the reader wants no more of it",
    "opt-out-list": "the reader wants no more of it",
    "other": "the reader complains",
}
# Reports of machines: RFC 6591 (authentication failures) and RFC 5965's virus.
_OF_MACHINES = ("auth-failure", "virus", "dmarc")
_ADDRESS = re.compile(r"[^\s<>\"',;]{1,64}@[^\s<>\"',;]{1,255}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}\.[A-Za-z0-9._-]{20,100}")
_MOST_CLAIMS = 10


def read_feedback(message: Message) -> Finding | None:
    """Return what a feedback report says and what it quotes of our mail; None for any other message."""
    for part in parts(message):
        if part.get_content_type() == "message/feedback-report":
            fields = blocks_of(part)
            if not fields:
                return Finding(Kind.UNREADABLE, "a feedback report without fields")
            return _of_fields(fields[0], message)
    return None


def _of_fields(fields: Message, message: Message) -> Finding:
    sort = field(fields, "Feedback-Type").lower()
    if sort == "not-spam":
        return Finding(Kind.NOT_SPAM, "the reader says it is no spam (RFC 6430)")
    if sort in _OF_MACHINES:
        return Finding(Kind.OTHER_REPORT, f"a machine’s report ({sort}), not a reader’s")
    if sort not in _COMPLAINTS:
        return Finding(Kind.OTHER_REPORT, "a feedback report of an unknown type")
    original = enclosed(message)
    claimed = [field(fields, "Original-Mail-From")]
    claimed += [] if original is None else [field(original, "Return-Path"), field(original, "X-Return-Path")]
    unsubscribe = "" if original is None else field(original, "List-Unsubscribe")
    return Finding(
        Kind.COMPLAINT,
        _COMPLAINTS[sort],
        senders=tuple(_ADDRESS.findall(" ".join(claimed))[:_MOST_CLAIMS]),
        links=tuple(_TOKEN.findall(unsubscribe)[:_MOST_CLAIMS]),
    )

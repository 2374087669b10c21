"""Bounces from before RFC 3464, and from servers that still write them: prose, found by flufl.bounce.

That library knows the looks of many servers and says whether a delivery failed. How badly, it cannot tell
(it calls an over-full mailbox as permanent as a missing one), so the code and the words are read here.
"""

from __future__ import annotations

import logging
import re
from email.message import Message

from subscribers.bounces.parsing import BROKEN, field, parts, text_of
from subscribers.bounces.replies import is_daemons
from subscribers.bounces.statuses import meaning, settle, worded
from subscribers.bounces.values import Finding, Kind

# Where the message that came back begins: what it says itself is not the server's word.
_RETURNED = re.compile(
    r"^[ >]*-{2,}.*(?:message|copy|original|below|header).*$|^(?:Return-Path|Received|Message-ID):",
    re.IGNORECASE | re.MULTILINE,
)
_STILL_TRYING = re.compile(
    r"will (?:be retried|keep trying|continue (?:to try|trying))|still (?:being )?(?:trying|retried)"
    r"|not yet been delivered|do not need to resend|no action is required|delivery (?:is |has been )?delayed"
    r"|could not send message for past",
    re.IGNORECASE,
)
# What flufl.bounce stumbles over in a broken message.
_STUMBLES = (*BROKEN, AttributeError, TypeError, AssertionError)


def read_old_style(message: Message) -> Finding | None:
    """Return what a bounce in prose says; None for a message that no mail server wrote."""
    delayed, failed = _detected(message)
    daemons = is_daemons(message)
    if not failed and not delayed and not daemons:
        return None
    said = _said(message)
    code = settle("", said)
    if not failed and not code:
        return Finding(Kind.DELAYED, "the server is still trying") if delayed else None
    if (delayed and not failed) or _STILL_TRYING.search(said):
        return Finding(Kind.DELAYED, "the server is still trying", code)
    code = code or worded(said)
    found = meaning(code or "5.0.0")
    if found.kind is Kind.HARD and not daemons:
        # Somebody's answer that quotes a code and a few words looks just like this.
        return Finding(Kind.SOFT, found.words, code)
    return Finding(found.kind, found.words, code)


def _detected(message: Message) -> tuple[bool, bool]:
    """Return whether flufl.bounce finds a delayed, and a failed delivery."""
    from flufl.bounce import all_failures

    # It logs what it stumbles over, with parts of the message, and addresses stay out of logs (law 7).
    logging.getLogger("flufl.bounce").disabled = True
    for part in parts(message):
        if part.get_content_maintype() == "message":
            # It would look for a bounce in there as well: somebody else's, that a reader sends us.
            part.set_payload("")
    try:
        delayed, failed = all_failures(message)
    except _STUMBLES:
        return False, False
    return bool(delayed), bool(failed)


def _said(message: Message) -> str:
    """Return what the server wrote, without the message that it returns."""
    texts = [text_of(part) for part in parts(message) if part.get_content_maintype() == "text"]
    text = next((text for text in texts if text.strip()), "")
    returned = _RETURNED.search(text)
    subject = field(message, "Subject")
    return f"{subject}\n{text[: returned.start()] if returned and returned.start() else text}"

"""Answers that no person wrote: away messages, challenges, receipts. None says that a mailbox is gone."""

from __future__ import annotations

from email.message import Message
from email.utils import parseaddr

from subscribers.bounces.parsing import field, parts, report_type
from subscribers.bounces.values import Finding, Kind
from subscribers.mailin.automatic import Program, is_daemon, sign_of
from subscribers.mailin.reading import Mail

_FINDINGS = {
    Program.CHALLENGER: Finding(Kind.CHALLENGE, "a program wants to be told that a person wrote"),
    Program.RESPONDER: Finding(Kind.AUTO_REPLY, "a program answered in the reader’s absence"),
}


def read_receipt(message: Message) -> Finding | None:
    """Return the finding of a disposition notification (RFC 8098), None for any other message."""
    disposed = any(part.get_content_type() == "message/disposition-notification" for part in parts(message))
    if disposed or report_type(message) == "disposition-notification":
        return Finding(Kind.RECEIPT, "a program tells that the mail was shown or deleted")
    return None


def read_reply(message: Message) -> Finding | None:
    """Return the finding of an away message or a challenge (RFC 3834), None for any other message."""
    sign = sign_of(Mail.of(message))
    return None if sign is None else _FINDINGS.get(sign.program)


def is_daemons(message: Message) -> bool:
    """Whether a mail server wrote it, as far as its header says.

    An empty Return-Path tells nothing: away messages have one too (RFC 3834, 3.3).
    """
    if "X-Failed-Recipients" in message:
        return True
    return is_daemon(parseaddr(field(message, "From"))[1])

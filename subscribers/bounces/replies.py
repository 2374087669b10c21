"""Answers that no person wrote: away messages, challenges, receipts. None says that a mailbox is gone."""

from __future__ import annotations

import re
from email.message import Message
from email.utils import parseaddr

from subscribers.bounces.parsing import field, parts, report_type
from subscribers.bounces.values import Finding, Kind

_CHALLENGED = re.compile(
    r"boxtrapper|spam ?arrest|\btmda\b|sender verification|verify (?:that )?you(?:'re| are) (?:a )?human"
    r"|(?:confirm|verify) your (?:message|e-?mail|address) to|your (?:message|mail) (?:is|has been) (?:held|"
    r"quarantined).*confirm|challenge[ /-]response|please click .*to deliver",
    re.IGNORECASE,
)
_CHALLENGERS = ("X-Boxtrapper", "X-SpamArrest", "X-TMDA-Fingerprint", "X-ASK-Auth", "X-Earthlink-Challenge")
_AWAY = re.compile(
    r"^(?:re: |aw: )?(?:auto(?:matic|matische antwort|mated|-| )? ?(?:reply|response|responder|antwort)"
    r"|automatisch|out of (?:the )?office|away from|on (?:vacation|holiday|leave)|vacation|abwesen|absence"
    r"|r[ée]ponse auto|respuesta autom|fuera de|risposta autom|fuori ufficio|resposta autom|ausência"
    r"|automatisk svar|frånvaro|afwezig|автоответ|自動応答|自动回复|不在)",
    re.IGNORECASE,
)
_AUTOMATIC = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Response", "X-Vacation")
_DAEMONS = re.compile(
    r"(?:mailer-?daemon|mail-?daemon|postmaster|postoffice|microsoftexchange\w*)", re.IGNORECASE
)


def read_receipt(message: Message) -> Finding | None:
    """Return the finding of a disposition notification (RFC 8098), None for any other message."""
    disposed = any(part.get_content_type() == "message/disposition-notification" for part in parts(message))
    if disposed or report_type(message) == "disposition-notification":
        return Finding(Kind.RECEIPT, "a program tells that the mail was shown or deleted")
    return None


def read_reply(message: Message) -> Finding | None:
    """Return the finding of an away message or a challenge (RFC 3834), None for any other message."""
    subject = field(message, "Subject")
    if any(name in message for name in _CHALLENGERS) or _CHALLENGED.search(subject):
        return Finding(Kind.CHALLENGE, "a program wants to be told that a person wrote")
    submitted = field(message, "Auto-Submitted").lower()
    automatic = submitted not in ("", "no") or any(name in message for name in _AUTOMATIC)
    if (
        automatic
        or _AWAY.search(subject)
        or field(message, "Precedence").lower() in ("auto_reply", "auto-reply")
    ):
        return Finding(Kind.AUTO_REPLY, "a program answered in the reader’s absence")
    return None


def is_daemons(message: Message) -> bool:
    """Whether a mail server wrote it, as far as its header says.

    An empty Return-Path tells nothing: away messages have one too (RFC 3834, 3.3).
    """
    if "X-Failed-Recipients" in message:
        return True
    name = parseaddr(field(message, "From"))[1].rpartition("@")[0]
    return bool(_DAEMONS.fullmatch(name))

"""Telling mail that a program wrote from mail that a person wrote. To the former nothing is ever answered.

RFC 3834, section 2, and what list software, mail servers and their users do beyond it: two programs that
answer each other would never stop.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from subscribers.mailin.doors import Doors
from subscribers.mailin.reading import Mail

_CHALLENGED = re.compile(
    r"boxtrapper|spam ?arrest|\btmda\b|sender verification|verify (?:that )?you(?:'re| are) (?:a )?human"
    r"|(?:confirm|verify) your (?:message|e-?mail|address) to|your (?:message|mail) (?:is|has been) (?:held|"
    r"quarantined).*confirm|challenge[ /-]response|please click .*to deliver",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"^(?:re: |aw: )?(?:auto(?:matic|matische antwort|mated|-| )? ?(?:reply|response|responder|antwort)"
    r"|automatisch|out of (?:the )?office|away from|on (?:vacation|holiday|leave)|vacation|abwesen|absence"
    r"|r[ée]ponse auto|respuesta autom|fuera de|risposta autom|fuori ufficio|resposta autom|ausência"
    r"|automatisk svar|frånvaro|afwezig|автоответ|自動応答|自动回复|不在)",
    re.IGNORECASE,
)
_CHALLENGERS = ("x-boxtrapper", "x-spamarrest", "x-tmda-fingerprint", "x-ask-auth", "x-earthlink-challenge")
_RESPONDERS = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-response", "x-vacation")
_OTHERS = (
    "list-id",
    "list-unsubscribe",
    "list-post",
    "list-help",
    "mailing-list",
    "x-mailing-list",
    "x-failed-recipients",
    "x-loop",
)
_ANSWERS = ("auto_reply", "auto-reply")
_BULK = ("bulk", "junk", "list")
_DAEMONS = r"mailer-?daemon|mail-?daemon|postmaster|postoffice|microsoftexchange\w*"
_ROBOTS = (
    rf"(?:{_DAEMONS}|no[._-]?reply|do[._-]?not[._-]?reply|bounces?|listserv|majordomo)(?:[._+-].*)?"
    r"|owner-.*"
    r"|.*-(?:owner|request|bounces?|errors)"
)
# What jobs.outgoing and jobs.notices make: what it is, which one, for whom.
_OUR_OWN = re.compile(r"[a-z]+\.[0-9A-Z-]+\.[A-Za-z0-9_-]{8,}")
# RFC 5321, 6.3: at least a hundred hops before a message counts as going round.
_HOPS = 100


class Program(Enum):
    """What sort of program wrote a message: one that wants a proof, one that answers, or any other."""

    CHALLENGER = auto()
    RESPONDER = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Sign:
    """What tells that a program wrote a message; ``why`` holds no address."""

    program: Program
    why: str


def sign_of(mail: Mail) -> Sign | None:
    """Return the sign in a message's header that a program wrote it, None where there is none.

    Subjects tell too, in many languages: not every away message says by a header that it is one.
    """
    if _has(mail, _CHALLENGERS) or _CHALLENGED.search(mail.subject):
        return Sign(Program.CHALLENGER, "a challenge")
    if why := _responds(mail):
        return Sign(Program.RESPONDER, why)
    why = _other(mail)
    return Sign(Program.OTHER, why) if why else None


def is_daemon(address: str) -> bool:
    """Tell whether a mail server writes from an address, as far as its name says."""
    return bool(re.fullmatch(_DAEMONS, address.rpartition("@")[0], re.IGNORECASE))


def why_automatic(mail: Mail, sender: str | None, doors: Doors) -> str | None:
    """Return the sign that a message was sent by a program, None for a person's.

    ``sender`` is that of the envelope: "" for the null sender (RFC 5321, 4.5.5), None where it is unknown.
    What comes back holds no address.
    """
    if why := _by_sender(mail, sender, doors):
        return why
    sign = sign_of(mail)
    return _by_loop(mail, doors) if sign is None else sign.why


def _by_sender(mail: Mail, sender: str | None, doors: Doors) -> str | None:
    if sender == "":
        return "null sender"
    author = mail.author
    for address in (sender, None if author is None else author.key):
        if address is None:
            continue
        if doors.find(address):
            return "from an address of ours"
        if re.fullmatch(_ROBOTS, address.lower().rpartition("@")[0]):
            return "from an address that nobody reads"
    return None


def _responds(mail: Mail) -> str | None:
    if any(_word(value) != "no" for value in mail.all("auto-submitted")):
        return "Auto-Submitted"
    if any(_word(value) in _ANSWERS for value in mail.all("precedence")):
        return "Precedence"
    return _has(mail, _RESPONDERS) or (
        "the subject of an away message" if _AWAY.search(mail.subject) else None
    )


def _other(mail: Mail) -> str | None:
    if found := _has(mail, _OTHERS):
        return found
    if any(_word(value) in _BULK for value in mail.all("precedence")):
        return "Precedence"
    if any(_word(value) not in ("", "none") for value in mail.all("x-auto-response-suppress")):
        return "X-Auto-Response-Suppress"
    if _word(mail.first("content-type")).startswith(("multipart/report", "message/")):
        return "a report"
    return None


def _has(mail: Mail, names: Sequence[str]) -> str | None:
    """Return the first of these headers that a message has."""
    return next((name for name in names if mail.all(name)), None)


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

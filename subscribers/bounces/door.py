"""Refusals at the door: what a server answers while a mail is handed over to it (RFC 5321, 4.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy.orm import Session

from digest.clock import Clock
from digest.settings import BounceSettings
from subscribers.bounces import soft, store
from subscribers.bounces.receiving import bounced
from subscribers.bounces.statuses import code_in_front, meaning, settle
from subscribers.bounces.values import Finding, Kind, Received
from subscribers.bounces.verp import Mail
from subscribers.leaving import mark_bounced

# "Malformed" may also mean that the server knows no SMTPUTF8: about an address it is too little.
_NOT_SURE = ("5.1.3",)
# RFC 3463's subjects of the address and the mailbox. The others are as a rule about us, and then about
# everybody at once.
_ADDRESS, _MAILBOX = "1", "2"
# What a server said (RFC 5321, 4.2), not what we noted where none did.
_REPLY = re.compile(r"[45]\d\d ")


def code_of_mailbox(reply: str) -> str | None:
    """Return the code a server's answer begins with if it is about the mailbox; None for any other.

    A plain 550 is not enough: it also means "not from you".
    """
    code = code_in_front(reply)
    if code is None or code in _NOT_SURE:
        return None
    kind = meaning(code).kind
    return code if kind is Kind.HARD or (kind is Kind.SOFT and code.split(".")[1] == _MAILBOX) else None


def refused(
    session: Session,
    statuses: Mapping[int, str],
    mail: str,
    day: date,
    *,
    clock: Clock,
    keys: Sequence[str],
    settings: BounceSettings,
) -> None:
    """Suppress or score the readers whose mail of this day was refused; doing it again changes nothing.

    ``statuses`` holds by reader id what ``code_of_mailbox`` returned. Of readers who have moved since it says
    nothing: their mail went to the address that they left.
    """
    moved = store.moved_since(session, statuses, day)
    statuses = {reader: code for reader, code in statuses.items() if reader not in moved}
    hard = {reader: code for reader, code in statuses.items() if meaning(code).kind is Kind.HARD}
    mark_bounced(session, hard, mail, clock=clock, keys=keys)
    passing = {reader: code for reader, code in statuses.items() if reader not in hard}
    soft.score(session, passing, mail, day, clock=clock, keys=keys, settings=settings)


def refused_notice(
    session: Session,
    mail: Mail,
    reply: str,
    *,
    probe: bool,
    clock: Clock,
    keys: Sequence[str],
    settings: BounceSettings,
) -> Received | None:
    """Do what follows from the refusal of a notice; None if it says nothing of the mailbox.

    ``reply`` is the server's answer, or the last one to a notice that was given up. Of a probe any refusal
    counts that is not about us: there is nothing left to wait for. Of those that put it off (4xx) only such
    as are about the address or the mailbox do, since a server in trouble puts everybody off.
    """
    code = code_of_mailbox(reply)
    if code is None and probe and _REPLY.match(reply):
        code = settle("", reply)
        if code is not None and reply[0] == "4" and code.split(".")[1] not in (_ADDRESS, _MAILBOX):
            code = None
    if code is None:
        return None
    found = meaning(code)
    finding = Finding(found.kind, found.words, code)
    return bounced(session, mail, finding, clock=clock, keys=keys, settings=settings)

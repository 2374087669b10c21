"""What a message to the list asks for, decided from its header alone, and the one function that does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from digest.clock import Clock
from subscribers import asking, leaving, notices, store
from subscribers.abuse import rates
from subscribers.abuse.clients import IpAddress
from subscribers.addresses import Address
from subscribers.joining import Answer
from subscribers.mailin.automatic import why_automatic
from subscribers.mailin.doors import Door, Doors, Recipient
from subscribers.mailin.reading import Mail
from subscribers.mailin.subjects import asked_in
from subscribers.mailin.tags import read_leaving_tag
from subscribers.mailin.vouching import Vouched, vouched
from subscribers.tokens import BadToken
from subscribers.values import ON_THE_LIST, Status

_NOT_UNDERSTOOD = "mail-in/not understood"
_DAY = timedelta(days=1)


class Done(StrEnum):
    """What came of a message, for the log; whoever sent it is never told."""

    ASKED = "asked to confirm"
    ENOUGH = "asked a short while ago"
    HELD_UP = "held up"
    KNOWN = "on the list already"
    SUPPRESSED = "suppressed"
    LEFT = "left"
    SENT_LINK = "mailed the link to leave"
    NOT_LISTED = "not on the list"
    IGNORED = "ignored"
    NOT_UNDERSTOOD = "not understood"


_DONE = {
    Answer.QUEUED: Done.ASKED,
    Answer.ENOUGH_MAILS: Done.ENOUGH,
    Answer.ALREADY_CONFIRMED: Done.KNOWN,
    Answer.SUPPRESSED: Done.SUPPRESSED,
}


@dataclass(frozen=True, slots=True)
class Join:
    """Somebody who says to be ``address`` wants to come."""

    address: Address


@dataclass(frozen=True, slots=True)
class Leave:
    """Somebody who says to be ``address`` wants to leave; ``proven`` if it was none but them."""

    address: Address
    proven: bool


@dataclass(frozen=True, slots=True)
class LeaveByTag:
    """Whoever holds the reader's own address for it wants to leave."""

    public_id: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is nothing to be done: ``done`` is IGNORED or NOT_UNDERSTOOD, ``why`` holds no address."""

    done: Done
    why: str


Wish = Join | Leave | LeaveByTag | Nothing


@dataclass(frozen=True, slots=True)
class Received:
    """What a message was and what came of it; neither word holds an address."""

    door: Door
    done: Done
    why: str = ""

    def __str__(self) -> str:
        return f"{self.door}: {self.done}" + (f" ({self.why})" if self.why else "")


def wish_of(
    mail: Mail,
    recipient: Recipient,
    sender: str | None,
    *,
    doors: Doors,
    authserv_id: str | None,
    keys: Sequence[str],
) -> Wish:
    """Return what a message to ``recipient`` asks for. ``sender`` is that of the envelope, None if unknown.

    A tag speaks for itself, whoever sent it, as the link in the same mail does. Everything else takes a
    person who is named in From, and From may be forged: see ``docs/mailin.md`` for how far each can go.
    """
    if recipient.tag:
        try:
            return LeaveByTag(read_leaving_tag(keys, recipient.tag))
        except BadToken:
            return Nothing(Done.NOT_UNDERSTOOD, "a tag that is not ours")
    if (why := why_automatic(mail, sender, doors)) is not None:
        return Nothing(Done.IGNORED, why)
    door = _door(mail, recipient)
    if door is None:
        return Nothing(Done.NOT_UNDERSTOOD, "another subject")
    author = mail.author
    if author is None:
        return Nothing(Done.IGNORED, "no single address in From that can be mailed")
    proof = vouched(mail, author, authserv_id)
    if proof is Vouched.NO:
        return Nothing(Done.IGNORED, "a forged From, says DMARC")
    return Join(author) if door is Door.SUBSCRIBE else Leave(author, proof is Vouched.YES)


def receive(
    session: Session,
    mail: Mail,
    recipient: Recipient,
    sender: str | None,
    *,
    doors: Doors,
    authserv_id: str | None,
    clock: Clock,
    keys: Sequence[str],
    entrance: asking.Door,
    client: IpAddress | None = None,
) -> Received:
    """Do what a message asks for and return what came of it. Receiving it again does no harm.

    Who wants to come goes through ``entrance``, which keeps a small budget for mail; ``client`` is the
    machine that brought the message, None where that is a mail server of our own.
    """
    wish = wish_of(mail, recipient, sender, doors=doors, authserv_id=authserv_id, keys=keys)
    match wish:
        case Join(address):
            let_in = entrance.let_in(session, asking.Request(address, None, asking.Form.MAIL, client))
            done = Done.HELD_UP if let_in.answer is None else _DONE[let_in.answer]
            return Received(recipient.door, done, let_in.held_up)
        case Leave(address, proven):
            return Received(recipient.door, _leave(session, address, proven, clock, keys))
        case LeaveByTag(public_id):
            row = store.find_by_public_id(session, public_id, lock=True)
            left = row is not None and leaving.leave(session, row, clock=clock, keys=keys, by="mail")
            return Received(recipient.door, Done.LEFT if left else Done.NOT_LISTED)
        case Nothing(done, why):
            if done is Done.NOT_UNDERSTOOD:
                now = clock.now()
                rates.bump(session, _NOT_UNDERSTOOD, now=now, end=now + _DAY)
            return Received(recipient.door, done, why)


def count_not_understood(session: Session, now: datetime) -> int:
    """Return how many messages nobody understood in the day (24 hours) that began with the first of them."""
    found = rates.standing(session, _NOT_UNDERSTOOD, now)
    return 0 if found is None else found[0]


def _door(mail: Mail, recipient: Recipient) -> Door | None:
    """Return what is asked for; mail to the list's own address says it in the subject."""
    return asked_in(mail.subject) if recipient.door is Door.LIST else recipient.door


def _leave(session: Session, address: Address, proven: bool, clock: Clock, keys: Sequence[str]) -> Done:
    """Take a reader off who was proven to ask for it; mail any other the link that only they then have."""
    row = store.find(session, address.key, lock=True)
    if row is None or row.status not in ON_THE_LIST:
        return Done.NOT_LISTED
    if proven:
        leaving.leave(session, row, clock=clock, keys=keys, by="mail")
        return Done.LEFT
    if row.status == Status.PENDING:
        # Who never confirmed gets nothing anyway; a stranger shall not cause them one mail more.
        return Done.NOT_LISTED
    sent = notices.queue(session, notices.LEAVE, row.id, address.mailbox, clock.now(), keys=keys)
    return Done.SENT_LINK if sent else Done.ENOUGH

"""From an issue to what the sending engine needs: the compiled edition and who it is for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from secrets import token_hex

from digest.errors import BadInput, DigestError
from digest.rendering.edition import Edition, Personal
from digest.rendering.slots import BODY_SLOTS
from digest.rendering.transparency import OnTheLine
from digest.rendering.values import Identity, RenderedEmail
from digest.week import Week
from jobs.sending.tray import Compose
from subscribers.store import Contact
from subscribers.tokens import Purpose, Tokens
from subscribers.values import Status

# Compiled editions in memory, some hundred KB each; claims come edition by edition, so few are needed.
_KEPT = 32
# What the token in each slot is for.
_SIGNED = {slot: Purpose(slot) for slot in BODY_SLOTS}
MakeFor = Callable[[Contact], OnTheLine]
# From a reader's public id to the address that takes them off the list by mail, "" if there is none.
LeaveAt = Callable[[str], str]
# Nobody: stands in where a reader is needed to show an issue.
SAMPLE_READER = Contact(0, "sample-reader", "reader@example.com", "A Reader", Status.CONFIRMED)


def by_link_only(public_id: str) -> str:
    """Return no address: nobody leaves by mail."""
    del public_id
    return ""


def personals(
    week: Week,
    date: datetime,
    identity: Identity,
    tokens: Tokens,
    *,
    attempt: str | None = None,
    leave_at: LeaveAt = by_link_only,
) -> Callable[[Contact], Personal]:
    """Return the function that gives what is one reader's own in an issue: address, tokens, Message-ID.

    ``attempt`` takes the reader's place in the Message-ID where a second message is wanted: a test.
    """
    named = message_ids(identity, week)

    def personal_of(contact: Contact) -> Personal:
        public_id = contact.public_id
        return Personal(
            address=contact.address,
            name=contact.name,
            message_id=named(attempt or public_id),
            date=date,
            leave_at=leave_at(public_id),
            **{slot: tokens.sign(purpose, public_id) for slot, purpose in _SIGNED.items()},
        )

    return personal_of


def message_ids(identity: Identity, week: Week) -> Callable[[str], str]:
    """Return the function that gives the Message-ID of a reader's copy of an issue, by their public id.

    It is made of week and opaque reader id, so that a second attempt carries the same one and a receiver can
    drop the double (RFC 5322, 3.6.4).
    """
    domain = identity.from_address.rpartition("@")[2]
    return f"<{identity.newsletter}.{week}.{{}}@{domain}>".format


def new_attempt() -> str:
    """Return what tells one test from the next."""
    return f"test-{token_hex(4)}"


def composer(
    email: RenderedEmail,
    week: Week,
    date: datetime,
    identity: Identity,
    tokens: Tokens,
    *,
    attempt: str | None = None,
    leave_at: LeaveAt = by_link_only,
) -> MakeFor:
    """Return the function that makes a reader's message; the edition is compiled once, here."""
    edition = Edition.compile(email, identity)
    personal_of = personals(week, date, identity, tokens, attempt=attempt, leave_at=leave_at)
    return lambda contact: edition.on_the_line(personal_of(contact))


def by_edition(make: Callable[[int | None], MakeFor]) -> Compose:
    """Return the function that makes a reader's message of an edition, each compiled when it is first asked.

    ``make`` compiles one, by its id. Where it cannot be compiled at all that is no reader's fault: what it
    raises is a DigestError then, and not the BadInput on which one delivery would fail.
    """

    @lru_cache(_KEPT)
    def compiled(edition: int | None) -> MakeFor:
        try:
            return make(edition)
        except BadInput as error:
            raise DigestError(str(error)) from None

    compiled(None)
    return lambda contact, edition: compiled(edition)(contact)

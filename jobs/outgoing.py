"""From an issue to what the sending engine needs: the compiled edition and who it is for."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from secrets import token_hex

from digest.errors import BadInput, DigestError
from digest.rendering.edition import Edition, Personal
from digest.rendering.transparency import OnTheLine
from digest.rendering.values import Identity, RenderedEmail
from digest.week import Week
from jobs.sending.tray import Compose
from subscribers.store import Contact
from subscribers.tokens import Purpose, Tokens
from subscribers.values import Status

# Compiled editions in memory, some hundred KB each; claims come edition by edition, so few are needed.
_KEPT = 32
# What the tokens of ``Personal`` are for, in their order.
_SIGNED = (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES, Purpose.VOTE, Purpose.SAVED)
# The form of a public id: ``subscribers.store.new_public_ids`` makes them.
_LONGEST_ID = 22
_PUBLIC_ID = re.compile(rf"[A-Za-z0-9_-]{{1,{_LONGEST_ID}}}")
MakeFor = Callable[[Contact], OnTheLine]
# From a reader's public id to the address that takes them off the list by mail, "" if there is none. Where no
# address can be made of an id it raises BadInput (``Doors.leave_at``).
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
    named, tokens_of = message_ids(identity, week), tokens.signing(*_SIGNED)

    def personal_of(contact: Contact) -> Personal:
        public_id = contact.public_id
        unsubscribe, preferences, vote, saved = tokens_of(public_id)
        # By place: named, nine fields cost twice as much.
        return Personal(
            contact.address,
            contact.name,
            named(attempt or public_id),
            date,
            unsubscribe,
            preferences,
            vote,
            saved,
            leave_at(public_id),
        )

    return personal_of


def message_ids(identity: Identity, week: Week) -> Callable[[str], str]:
    """Return the function that gives the Message-ID of a reader's copy of an issue, by their public id.

    It is made of week and opaque reader id, so that a second attempt carries the same one and a receiver can
    drop the double (RFC 5322, 3.6.4).
    """
    before, domain = f"<{identity.newsletter}.{week}.", identity.from_address.rpartition("@")[2]
    return lambda public_id: f"{before}{public_id}@{domain}>"


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
    # Refused here once for all readers: what a Message-ID and the way to leave have of the settings.
    edition.on_the_line(personal_of(SAMPLE_READER._replace(public_id="A" * _LONGEST_ID)))

    def make(contact: Contact) -> OnTheLine:
        # Of such an id and the settings a well-formed Message-ID is made; with base64, tokens of at most 66
        # letters; with base32, the way to leave. Of any other id all that is made of it is looked at.
        return edition.on_the_line(
            personal_of(contact), ours=_PUBLIC_ID.fullmatch(contact.public_id) is not None
        )

    return make


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

"""Moving to another address: asked for with the link from an issue, done with one that the new address got.

Nobody learns here whether an address is on the list: every request looks the same to whoever makes it, and
is as much work, but mail goes only to an address that may have it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from digest.clock import Clock
from digest.errors import BadInput, WrongState
from digest.keyed import stand_in
from subscribers import notices, store
from subscribers.addresses import Address, address_hashes, parse_address
from subscribers.audience import AUDIENCE
from subscribers.events import What, note
from subscribers.preferences import reader_row
from subscribers.rows import AddressChangeRow, NoticeRow, SoftBounceRow, SubscriberRow
from subscribers.tokens import CONFIRM_WITHIN, ExpiredToken, Purpose, Tokens
from subscribers.values import Status

# Whose mail bounced is who needs a new address most.
MAY_MOVE = (*AUDIENCE, Status.BOUNCED)
_NOT_THIS = "this address cannot be used here; choose another, or unsubscribe it first if it is on the list"


@dataclass(frozen=True, slots=True)
class Move:
    """A change of address: the reader's public id, the new address, and whether it is made."""

    reader: str
    language: str
    address: str
    done: bool


def ask_to_move(
    session: Session, tokens: Tokens, token: str, address: Address, *, clock: Clock, keys: Sequence[str]
) -> None:
    """Have the new address asked by mail; until it answers nothing changes. A later request replaces this.

    Asking for the same address again leaves the mail that it got as good as it was. A new mailbox gets at
    most three such mails in 24 hours, ten minutes apart, whoever asks, and a reader may cause three in that
    time. Raises BadInput beyond that, WrongState for a reader who is not on the list, BadToken or
    ExpiredToken.
    """
    row, now = reader_row(session, tokens, token, lock=True), clock.now()
    if row.status not in MAY_MOVE:
        raise WrongState("no issue comes to you here, so sign up with the new address instead")
    asked = select(func.count()).where(
        NoticeRow.subscriber_id == row.id,
        NoticeRow.kind == notices.CHANGE,
        NoticeRow.queued_at > now - notices.WITHIN,
    )
    if (session.scalar(asked) or 0) >= notices.MOST:
        raise BadInput("that was often enough for one day; try again tomorrow")
    change = session.get(AddressChangeRow, row.id) or AddressChangeRow(subscriber_id=row.id)
    if change.address_key != address.key:
        notices.cancel_kind(session, notices.CHANGE, row.id)
    change.nonce, change.asked_at = nonce_for(keys, row.public_id, address), now
    change.address, change.address_key = address.display, address.key
    session.add(change)
    free = _is_free(session, address.key, keys)
    state = notices.PENDING if free else notices.CANCELLED
    to = address.display if free else None
    notices.queue(session, notices.CHANGE, row.id, address.mailbox, now, keys=keys, state=state, to=to)
    session.flush()


def awaiting_move(session: Session, tokens: Tokens, token: str) -> Move:
    """Return the change that a link was made for; nothing changes. Raises BadToken or ExpiredToken."""
    change, row = _asked(session, tokens, token, lock=False)
    return _move(change, row)


def move(session: Session, tokens: Tokens, token: str, *, clock: Clock, keys: Sequence[str]) -> Move:
    """Make the change that a link was made for; doing it again changes nothing.

    Bounces of the old address are forgotten, and one who was given up for them is on the list again; the
    suppression of the old address stays. The old address is told, unless mail cannot reach it. Raises
    WrongState for an address that cannot be used or a reader who has left, BadToken or ExpiredToken.
    """
    change, row = _asked(session, tokens, token, lock=True)
    if change.address_key == row.address_key:
        return _move(change, row)
    if row.status not in MAY_MOVE:
        raise WrongState("you have left the list since; to come back, sign up with the new address")
    if not _is_free(session, change.address_key, keys):
        raise WrongState(_NOT_THIS)
    now, old = clock.now(), parse_address(row.address)
    reachable = row.status != Status.BOUNCED
    _take(session, change, row)
    if not reachable:
        row.status, row.confirmed_at, row.left_at = Status.CONFIRMED, now, None
    session.execute(delete(SoftBounceRow).where(SoftBounceRow.subscriber_id == row.id))
    notices.cancel_kind(session, notices.CHANGE, row.id)
    note(session, row.id, What.CHANGED_ADDRESS, now)
    if reachable:
        notices.queue(session, notices.CHANGED, row.id, old.mailbox, now, keys=keys, to=old.display)
    return _move(change, row)


def nonce_for(keys: Sequence[str], public_id: str, address: Address) -> str:
    """Return what the link is made of that makes an address a reader's: the same whenever they ask for it.

    So a second request does not break the link of a mail on its way, and a mail never holds the link of
    another address than the one it goes to.
    """
    return stand_in(keys[0], "change", f"{public_id} {address.key}")


def forget_old_requests(session: Session, clock: Clock) -> None:
    """Delete the requests whose links no longer work, and with them addresses that may be a stranger's."""
    session.execute(delete(AddressChangeRow).where(AddressChangeRow.asked_at < clock.now() - CONFIRM_WITHIN))


def _take(session: Session, change: AddressChangeRow, row: SubscriberRow) -> None:
    """Give the reader the new address, in the place of a sign-up that nobody confirmed."""
    unconfirmed = delete(SubscriberRow).where(
        SubscriberRow.address_key == change.address_key, SubscriberRow.status == Status.PENDING
    )
    session.execute(unconfirmed)
    try:
        with session.begin_nested():
            row.address, row.address_key = change.address, change.address_key
            session.flush()
    except IntegrityError:
        # Somebody signed up with it while we looked.
        raise WrongState(_NOT_THIS) from None


def _is_free(session: Session, key: str, keys: Sequence[str]) -> bool:
    """Tell whether an address may become a reader's: not suppressed, and nobody on the list ever had it."""
    suppressed = store.suppressions(session, address_hashes(keys, key))
    other = store.find(session, key)
    return not suppressed and (other is None or other.status == Status.PENDING)


def _asked(
    session: Session, tokens: Tokens, token: str, *, lock: bool
) -> tuple[AddressChangeRow, SubscriberRow]:
    nonce = tokens.read(Purpose.CHANGE, token)
    query = (
        select(AddressChangeRow, SubscriberRow)
        .join(SubscriberRow, SubscriberRow.id == AddressChangeRow.subscriber_id)
        .where(AddressChangeRow.nonce == nonce)
    )
    found = session.execute(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise ExpiredToken("this link has been overtaken by a later request, or the reader has gone")
    return found[0], found[1]


def _move(change: AddressChangeRow, row: SubscriberRow) -> Move:
    return Move(row.public_id, row.language, change.address, change.address_key == row.address_key)

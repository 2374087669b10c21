"""Leaving the list: unsubscribe, be suppressed, bounce, be forgotten."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from digest.clock import Clock
from digest.db import chunks
from digest.errors import NotFound
from subscribers import notices, store, traces
from subscribers.addresses import Address, address_hash, address_hashes, parse_address
from subscribers.events import What, note, note_all
from subscribers.rows import AddressChangeRow, SubscriberRow
from subscribers.tokens import Purpose, Tokens
from subscribers.values import ON_THE_LIST, STATUS_AFTER, Reader, Reason, Status


def holder(session: Session, tokens: Tokens, token: str, *, clock: Clock) -> Reader | None:
    """Return the reader an unsubscribe link was made for, None if erased since; raise BadToken."""
    row = store.find_by_public_id(session, tokens.read(Purpose.UNSUBSCRIBE, token))
    return None if row is None else store.reader_of(row, clock.now())


def unsubscribe(session: Session, tokens: Tokens, token: str, *, clock: Clock, keys: Sequence[str]) -> None:
    """Take the reader of this link off the list at once; doing it again, or after erasure, changes nothing.

    Whoever had confirmed gets a last mail as a receipt. Raises BadToken.
    """
    row = store.find_by_public_id(session, tokens.read(Purpose.UNSUBSCRIBE, token), lock=True)
    if row is not None:
        leave(session, row, clock=clock, keys=keys, by="link")


def leave(session: Session, row: SubscriberRow, *, clock: Clock, keys: Sequence[str], by: str) -> bool:
    """Take a reader off the list at once; tell whether they were on it. ``by`` says how: link or mail.

    Whoever had confirmed gets a last mail as a receipt.
    """
    if row.status not in ON_THE_LIST:
        return False
    was_mailed, now = row.status != Status.PENDING, clock.now()
    was = {"was": row.status}
    if row.paused_until is not None:
        was["until"] = row.paused_until.isoformat()
    note(session, row.id, What.LEFT, now, by=by, **was)
    row.status, row.left_at, row.paused_until = Status.UNSUBSCRIBED, now, None
    notices.cancel(session, row.id)
    if was_mailed:
        mailbox = parse_address(row.address).mailbox
        notices.queue(session, notices.GOODBYE, row.id, mailbox, now, keys=keys)
    return True


def suppress(
    session: Session, address: Address, reason: Reason, *, clock: Clock, keys: Sequence[str]
) -> None:
    """Never mail this address again, whether it is on the list or not; a second time changes nothing."""
    now = clock.now()
    _guard(session, [address.key], reason, clock, keys)
    row = store.find(session, address.key)
    if row is not None and row.status in ON_THE_LIST:
        note(session, row.id, What.SUPPRESSED, now, reason=reason.value)
    store.silence(session, [address.key], STATUS_AFTER[reason], now)


def mark_bounced(
    session: Session, statuses: Mapping[int, str], mail: str, *, clock: Clock, keys: Sequence[str]
) -> int:
    """Suppress readers whose mailbox takes no mail; return how many were on the list.

    ``statuses`` holds the code (RFC 3463) by reader id, ``mail`` names the mail that failed. The caller
    decides who that is (``subscribers.bounces.statuses``): 5.1.1 says it, 5.7.1 does not, and nothing that
    came by mail unsigned does.
    """
    now, bounced = clock.now(), 0
    for chunk in chunks(statuses):
        known = select(SubscriberRow.id, SubscriberRow.address_key).where(
            SubscriberRow.id.in_(chunk), SubscriberRow.status.in_(ON_THE_LIST)
        )
        found: dict[int, str] = dict(session.execute(known).all())
        details = {number: {"mail": mail, "status": statuses[number]} for number in found}
        note_all(session, What.BOUNCED, now, details)
        note_all(session, What.SUPPRESSED, now, {number: {"reason": Reason.BOUNCE} for number in found})
        _guard(session, found.values(), Reason.BOUNCE, clock, keys)
        store.silence(session, found.values(), Status.BOUNCED, now)
        bounced += len(found)
    return bounced


def erase(
    session: Session,
    address: Address,
    *,
    clock: Clock,
    keys: Sequence[str],
    forget: Callable[[Session, str], None],
) -> None:
    """Forget a reader: the row goes, a keyed hash stays so that no import or form brings the address back.

    ``forget`` is called with the public id, for what other rooms keep of the reader (``digest.cli.App``).
    Erasing twice changes nothing. Raises NotFound for an address that was never on the list. Call
    ``Database.fold`` after the transaction; ``subscribers.traces`` does what is left.
    """
    # Locked: a vote that is just being cast is stored before it is forgotten, or not at all.
    row = store.find(session, address.key, lock=True)
    if row is None:
        if store.suppressions(session, address_hashes(keys, address.key)):
            return
        raise NotFound("this address is not on the list, so there is nothing to erase")
    _guard(session, [address.key], Reason.ERASED, clock, keys)
    forget(session, row.public_id)
    session.execute(delete(SubscriberRow).where(SubscriberRow.address_key == address.key))
    _forget_requests(session, address)
    traces.owe(session, clock.now())


def _forget_requests(session: Session, address: Address) -> None:
    """Forget what others asked for: to move to this address."""
    session.execute(delete(AddressChangeRow).where(AddressChangeRow.address_key == address.key))
    notices.forget_address(session, address.key)


def _guard(
    session: Session, address_keys: Collection[str], reason: Reason, clock: Clock, keys: Sequence[str]
) -> None:
    newest = keys[0].encode()
    hashes = [address_hash(newest, key) for key in address_keys]
    store.add_suppressions(session, hashes, reason, clock.now())

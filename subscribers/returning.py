"""Right after leaving: the way back for who slipped, and one question that nobody has to answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.clock import Clock
from digest.errors import BadInput, WrongState
from subscribers import notices, store
from subscribers.addresses import address_hashes
from subscribers.audience import AUDIENCE
from subscribers.events import What, detail_of, note, written
from subscribers.rows import ReaderEventRow, SubscriberRow
from subscribers.tokens import Purpose, Tokens
from subscribers.values import Status

# A slip of the finger is seen at once, a scanner's click by the evening.
UNDO_WITHIN = timedelta(hours=24)
# Why one left: words to store, never to rename. What people type may hold what must not be kept.
WHY = ("too often", "too long", "not for me", "never asked for it", "other")


@dataclass(frozen=True, slots=True)
class Farewell:
    """What may still be done after leaving. ``why`` is the answer given so far."""

    may_return: bool
    may_answer: bool
    why: str | None = None


NOTHING_LEFT = Farewell(may_return=False, may_answer=False)


def farewell(session: Session, tokens: Tokens, token: str, *, clock: Clock, keys: Sequence[str]) -> Farewell:
    """Return what the holder of an unsubscribe link may still do; nothing changes. Raises BadToken."""
    row = _row(session, tokens, token, lock=False)
    event = None if row is None else _leaving(session, row, clock.now())
    if row is None or event is None:
        return NOTHING_LEFT
    detail = detail_of(event)
    return Farewell(_was(detail) is not None and not _suppressed(session, row, keys), True, detail.get("why"))


def come_back(session: Session, tokens: Tokens, token: str, *, clock: Clock, keys: Sequence[str]) -> None:
    """Undo a leaving of the last 24 hours, up to the pause that was; once back, it changes nothing.

    A sign-up that was never confirmed stays gone. Raises WrongState where it is too late or the address is
    suppressed, BadToken.
    """
    row, now = _row(session, tokens, token, lock=True), clock.now()
    if row is not None and row.status in AUDIENCE:
        return
    event = None if row is None else _leaving(session, row, now)
    detail = {} if event is None else detail_of(event)
    status = _was(detail)
    if row is None or status is None or _suppressed(session, row, keys):
        raise WrongState(
            "it is too late to undo this; an address that can be subscribed comes back by signing up again"
        )
    until = detail.get("until")
    row.status, row.left_at = status, None
    row.paused_until = None if until is None else datetime.fromisoformat(until)
    notices.cancel(session, row.id)
    note(session, row.id, What.CAME_BACK, now, by="undo")


def tell_why(session: Session, tokens: Tokens, token: str, why: str, *, clock: Clock) -> None:
    """Keep why a reader left, in the last 24 hours; another answer replaces it.

    After that, or once erased or back, it changes nothing. Raises BadInput for an answer that is not
    offered, BadToken.
    """
    if why not in WHY:
        raise BadInput("choose one of the answers")
    row = _row(session, tokens, token, lock=True)
    event = None if row is None else _leaving(session, row, clock.now())
    if event is not None:
        event.detail = written(detail_of(event) | {"why": why})


def _row(session: Session, tokens: Tokens, token: str, *, lock: bool) -> SubscriberRow | None:
    return store.find_by_public_id(session, tokens.read(Purpose.UNSUBSCRIBE, token), lock=lock)


def _leaving(session: Session, row: SubscriberRow, now: datetime) -> ReaderEventRow | None:
    """Return the event of a reader's leaving if that is where they stand, and not for long."""
    if row.status != Status.UNSUBSCRIBED or row.left_at is None or now - row.left_at > UNDO_WITHIN:
        return None
    query = select(ReaderEventRow).where(
        ReaderEventRow.subscriber_id == row.id,
        ReaderEventRow.what == What.LEFT,
        ReaderEventRow.at == row.left_at,
    )
    return session.scalar(query.order_by(ReaderEventRow.id.desc()).limit(1))


def _was(detail: dict[str, Any]) -> Status | None:
    """Return the status to go back to, None if there is none: nobody is confirmed by undoing."""
    return next((status for status in AUDIENCE if status.value == detail.get("was")), None)


def _suppressed(session: Session, row: SubscriberRow, keys: Sequence[str]) -> bool:
    return bool(store.suppressions(session, address_hashes(keys, row.address_key)))

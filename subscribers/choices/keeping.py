"""All that is kept about one reader, for that reader to see (GDPR, articles 15 and 20)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from subscribers import store
from subscribers.addresses import address_hashes
from subscribers.choices.values import choices_of
from subscribers.events import timeline
from subscribers.notices import CHANGE
from subscribers.preferences import reader_row
from subscribers.rows import AddressChangeRow, NoticeRow, SoftBounceRow, SubscriberRow
from subscribers.tokens import Tokens

Records = list[dict[str, Any]]
# What other rooms keep, by name, of the reader with this public id and this row id.
Elsewhere = Callable[[Session, str, int], Mapping[str, Records]]
_ALL_EVENTS = 1_000_000


def nothing_elsewhere(session: Session, public_id: str, reader_id: int) -> Mapping[str, Records]:
    """Return that nothing is kept outside of this room."""
    del session, public_id, reader_id
    return {}


def kept(
    session: Session, tokens: Tokens, token: str, *, keys: Sequence[str], elsewhere: Elsewhere
) -> dict[str, Any]:
    """Return everything kept about the reader of a preferences link, as plain JSON values.

    ``reader`` is an object, every other name a list of objects; times are ISO 8601 in UTC. Whether a mail
    went to an address that the reader asked to move to is left out: it would tell who else is on the list.
    Raises BadToken, or ExpiredToken once erased.
    """
    row = reader_row(session, tokens, token)
    return {
        "reader": _of_the_row(row),
        "suppressions": _suppressions(session, row, keys),
        "events": [
            {"at": event.at.isoformat(), "what": event.what.value, **event.detail}
            for event in timeline(session, row.id, _ALL_EVENTS)
        ],
        "mails": _mails(session, row),
        "bounces": _bounces(session, row),
        "address_changes": _address_changes(session, row),
        **elsewhere(session, row.public_id, row.id),
    }


def _of_the_row(row: SubscriberRow) -> dict[str, Any]:
    times = (row.joined_at, row.confirmed_at, row.left_at, row.paused_until)
    joined, confirmed, left, paused = (None if at is None else at.isoformat() for at in times)
    return {
        "id": row.public_id,
        "email": row.address,
        "name": row.name,
        "status": row.status,
        "joined_at": joined,
        "confirmed_at": confirmed,
        "left_at": left,
        "paused_until": paused,
        "consent": row.consent,
        **choices_of(row).as_json(),
    }


def _suppressions(session: Session, row: SubscriberRow, keys: Sequence[str]) -> Records:
    found = store.suppressions(session, address_hashes(keys, row.address_key))
    return [{"at": one.at.isoformat(), "reason": one.reason} for one in found.values()]


def _mails(session: Session, row: SubscriberRow) -> Records:
    query = select(NoticeRow).where(NoticeRow.subscriber_id == row.id, NoticeRow.kind != CHANGE)
    return [
        {
            "kind": mail.kind,
            "state": mail.state,
            "queued_at": mail.queued_at.isoformat(),
            "sent_at": None if mail.sent_at is None else mail.sent_at.isoformat(),
            "error": mail.error,
        }
        for mail in session.scalars(query.order_by(NoticeRow.id))
    ]


def _bounces(session: Session, row: SubscriberRow) -> Records:
    query = select(SoftBounceRow).where(SoftBounceRow.subscriber_id == row.id).order_by(SoftBounceRow.day)
    return [{"day": one.day.isoformat(), "status": one.status} for one in session.scalars(query)]


def _address_changes(session: Session, row: SubscriberRow) -> Records:
    change = session.get(AddressChangeRow, row.id)
    return [] if change is None else [{"asked_at": change.asked_at.isoformat(), "address": change.address}]

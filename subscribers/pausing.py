"""A pause: no issue up to a day that the reader chooses. It ends by itself; see ``stands``."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from digest.clock import Clock
from digest.errors import BadInput, WrongState
from subscribers import store
from subscribers.audience import AUDIENCE
from subscribers.events import What, note
from subscribers.preferences import reader_row
from subscribers.rows import SubscriberRow
from subscribers.tokens import Tokens
from subscribers.values import Reader, Status

# The lengths that are offered, in weeks; any other end is a day of the reader's own.
WEEKS = (4, 8, 12)
LONGEST = timedelta(days=365)


def pause(
    session: Session, tokens: Tokens, token: str, until: date, *, clock: Clock, zone: ZoneInfo
) -> Reader:
    """Send a reader no issue before the day ``until`` begins in ``zone``; a new day replaces an older one.

    Raises BadInput for a day that is not after today or more than a year away, WrongState for a reader who
    gets no issue anyway, BadToken, or ExpiredToken once erased.
    """
    row, now = _on_the_list(session, tokens, token), clock.now()
    today = now.astimezone(zone).date()
    if not today < until <= today + LONGEST:
        raise BadInput("choose a day after today and at most a year away")
    row.status, row.paused_until = Status.PAUSED, datetime.combine(until, time.min, zone)
    note(session, row.id, What.PAUSED, now, until=until.isoformat())
    session.flush()
    return store.reader_of(row, now)


def resume(session: Session, tokens: Tokens, token: str, *, clock: Clock) -> Reader:
    """End a reader's pause; doing it again changes nothing. Raises like ``pause``, but for the day."""
    row = _on_the_list(session, tokens, token)
    if row.status == Status.PAUSED:
        note(session, row.id, What.RESUMED, clock.now())
    row.status, row.paused_until = Status.CONFIRMED, None
    return store.reader_of(row, clock.now())


def _on_the_list(session: Session, tokens: Tokens, token: str) -> SubscriberRow:
    row = reader_row(session, tokens, token, lock=True)
    if row.status not in AUDIENCE:
        raise WrongState("no issue comes to this address, so there is nothing to pause")
    return row

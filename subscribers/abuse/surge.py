"""The circuit breaker: when sign-ups surge they are still taken, but their mails go out slowly and evenly.

It stands in the ``rate`` table whatever the limits count in, so that every process and the scheduler see it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from digest.settings import LimitsSettings
from subscribers.abuse import rates

_LOG = logging.getLogger(__name__)
_COUNTED, _OPEN, _SLOT, _TOLD = (f"surge/{what}" for what in ("counted", "open", "slot", "told"))
# One that goes on is not news again, and a confirmation that comes later than this helps nobody.
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Surge:
    """A surge under way: so many sign-ups beyond the bound; it is over at ``until`` unless more come."""

    sign_ups: int
    until: datetime


class Overrun(Exception):
    """So many confirmations wait already that this one would go out more than a day late."""


def due(session: Session, settings: LimitsSettings, now: datetime) -> datetime:
    """Count a sign-up and return when its confirmation may go out: ``now``, or its place in the queue.

    Raises Overrun when that is more than a day away.
    """
    within = settings.surge.within
    beyond = rates.bump(session, _COUNTED, now=now, end=now + within) > settings.surge.amount
    if beyond and rates.extend(session, _OPEN, now=now, end=now + within) == 1:
        _LOG.warning("sign-ups surge: confirmations go out slowly now; see digest status")
    return _next_slot(session, settings, now) if beyond or under_way(session, now) else now


def under_way(session: Session, now: datetime) -> Surge | None:
    """Return the surge there is at ``now``, or None."""
    found = rates.standing(session, _OPEN, now)
    return Surge(*found) if found else None


def untold(session: Session, now: datetime) -> Surge | None:
    """Return a surge that the operator has not heard of, and note that they have; None once a day is over."""
    surge = under_way(session, now)
    if surge is None or rates.bump(session, _TOLD, now=now, end=now + _DAY) > 1:
        return None
    return surge


def _next_slot(session: Session, settings: LimitsSettings, now: datetime) -> datetime:
    step = settings.surge_pace.within / settings.surge_pace.amount
    # The row is locked by the count before it.
    last = rates.standing(session, _SLOT, now)
    slot = max(last[1] if last else now, now) + step
    if slot > now + _DAY:
        raise Overrun
    rates.extend(session, _SLOT, now=now, end=slot)
    return slot

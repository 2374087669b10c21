"""What time makes needless is forgotten, in small transactions: nobody waits long for SQLite's writer."""

from __future__ import annotations

from digest.clock import Clock
from digest.db import Database
from subscribers import traces
from subscribers.abuse.rates import expire
from subscribers.choices.moving import forget_old_requests
from subscribers.counting import fold_counts
from subscribers.joining import purge_pending

# So many rows at a time.
_MOST = 1000


def tidy(database: Database, clock: Clock) -> None:
    """Delete sign-ups nobody confirmed, windows and requests that are over; sum up what was counted."""
    # First: whether it is still owed is told by a row that tidying up would drop.
    traces.remove(database, clock)
    for drop in (purge_pending, expire):
        dropped = _MOST
        while dropped == _MOST:
            with database.writing() as session:
                dropped = drop(session, clock.now(), _MOST)
    with database.writing() as session:
        forget_old_requests(session, clock)
        fold_counts(session)

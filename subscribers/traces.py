"""What an erased address leaves in an SQLite file, and how it goes.

Deleting overwrites a row, but where its page was split before, about one row in a thousand has an old copy in
what is no row now. So the file is written anew within a day of an erasure. PostgreSQL's vacuum does that by
itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from digest.clock import Clock
from digest.db import Database
from subscribers.abuse import rates

_OWED = "erased"
# Not at once: it takes seconds for a long list, during which writers wait.
WITHIN = timedelta(days=1)
_AGAIN = timedelta(minutes=1)


def owe(session: Session, now: datetime) -> None:
    """Note that the file is to be written anew, for whoever erases."""
    rates.bump(session, _OWED, now=now, end=now + WITHIN)


def remove(database: Database, clock: Clock) -> None:
    """Remove the traces there are, in the log and, when a day is over, in the file; to be called each minute.

    Call it before ``rates.expire``: that what is owed was done is told by its row being tidied up.
    """
    database.fold()
    with database.reading() as session:
        owed = rates.over(session, _OWED, clock.now())
    if owed and not database.compact():
        with database.writing() as session:
            rates.bump(session, _OWED, now=clock.now(), end=clock.now() + _AGAIN)

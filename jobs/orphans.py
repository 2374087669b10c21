"""What a dead sender left behind, settled as soon as a person looks or decides (law 4)."""

from __future__ import annotations

from contextlib import suppress

from digest.clock import Clock
from digest.db import Database
from digest.errors import WrongState
from jobs.deliveries import store
from jobs.sending.lock import sender_lock


def settle_orphans(database: Database, clock: Clock, issue_id: int) -> int:
    """Make ``unknown`` what stands as ``sending`` though nobody sends; return how many there were.

    The next sender would do it, too, but a paused or cancelled issue has none. While another process sends
    from this database nothing is changed: its messages are in flight. Does not wait for it.
    """
    # Most have none, and then the lock is left to whoever wants to send.
    with database.reading() as session:
        if not store.is_in_flight(session, issue_id):
            return 0
    with suppress(WrongState), sender_lock(database), database.writing() as session:
        return store.orphans_to_unknown(session, issue_id, clock.now())
    return 0

"""The pen: on PostgreSQL only the connection that holds it writes what a sender has to say.

The lock of ``jobs.sending.lock`` keeps a second sender from starting. But its connection is idle: when the
server ends it in mid send, nobody hears of that, and a second sender gets the lock. The pen is a lock of the
very connection that writes marks and results, so whoever lost it can write no more. On SQLite the lock is
the kernel's, and is not lost while its holder lives.
"""

from __future__ import annotations

from datetime import datetime
from time import monotonic, sleep
from typing import Any

from sqlalchemy.exc import OperationalError

from digest.errors import WrongState

# Any number will do, as long as every version of this program uses the same one; it is not the sender lock's.
_KEY = 0x70656E  # "pen"
# Seconds. Whoever had it just now may have ended, and the server has yet to notice.
_PATIENCE = 2.0
_LOOK = 0.02
# A process id alone may be given out anew; together with the start it names one connection for ever.
_END = "select pg_terminate_backend(pid) from pg_stat_activity where pid = $1 and backend_start = $2"
_TAKE = """
    select pg_try_advisory_lock($1), pid, backend_start from pg_stat_activity where pid = pg_backend_pid()
"""


class Pen:
    """The right to write as a sender does; it goes from one connection of its owner to the next."""

    def __init__(self) -> None:
        self._last: tuple[int, datetime] | None = None

    def take(self, connection: Any) -> None:
        """Take the pen for a connection of the driver's that was just opened, in autocommit.

        Raises WrongState when another process keeps it, and OperationalError when our own last connection
        does: its end may never reach the server when the network lost it, so it is ended there.
        """
        lingers = self._last is not None and connection.execute(_END, self._last).fetchone() is not None
        end = monotonic() + _PATIENCE
        while not (mine := connection.execute(_TAKE, (_KEY,)).fetchone())[0] and monotonic() < end:
            sleep(_LOOK)
        taken, *this = mine
        if taken:
            self._last = (this[0], this[1])
        elif lingers:
            raise OperationalError(None, None, ConnectionError("our last connection has not ended yet"))
        else:
            raise another_sends()


def another_sends() -> WrongState:
    """Return the error of whoever wants to send while another process does."""
    return WrongState("another process is sending from this database; watch it with: digest status")

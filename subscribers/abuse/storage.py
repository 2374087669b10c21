"""The ``rate`` table as a storage of the ``limits`` library, inside the caller's transaction."""

from __future__ import annotations

from datetime import timedelta

from limits.storage import Storage
from sqlalchemy import delete, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from digest.clock import Clock
from subscribers.abuse import rates
from subscribers.rows import RateRow


class RateStorage(Storage):
    """Keeps the counts where the list is: no second service, one commit with the sign-up they count.

    It has no URL of its own, since it needs a session, so it is not registered with the library.
    """

    STORAGE_SCHEME = None

    def __init__(self, session: Session, clock: Clock) -> None:
        super().__init__()
        self._session = session
        self._clock = clock

    @property
    def base_exceptions(self) -> type[Exception]:
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Return the count of ``key`` after adding to it; a new window runs ``expiry`` seconds."""
        now = self._clock.now()
        return rates.bump(self._session, key, now=now, end=now + timedelta(seconds=expiry), amount=amount)

    def get(self, key: str) -> int:
        """Return the count of ``key``, 0 without a running window."""
        found = rates.standing(self._session, key, self._clock.now())
        return found[0] if found else 0

    def get_expiry(self, key: str) -> float:
        """Return when the window of ``key`` ends, in seconds since the epoch; now without one."""
        now = self._clock.now()
        found = rates.standing(self._session, key, now)
        return (found[1] if found else now).timestamp()

    def check(self) -> bool:
        """Tell whether the table answers."""
        return self._session.scalar(select(func.count(RateRow.key))) is not None

    def reset(self) -> int:
        """Delete every count; return how many there were."""
        return len(self._session.scalars(delete(RateRow).returning(RateRow.key)).all())

    def clear(self, key: str) -> None:
        """Delete the count of ``key``."""
        self._session.execute(delete(RateRow).where(RateRow.key == key))

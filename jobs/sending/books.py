"""What an answer means for a delivery: sent, refused for good, put off, or nobody knows (law 4)."""

from __future__ import annotations

from datetime import datetime

from digest.clock import Clock
from digest.settings import SendingSettings
from jobs.deliveries.values import Delivery, Result, State
from jobs.sending.ledger import Ledger
from jobs.sending.replies import GAVE_UP, Accepted, Refused
from jobs.sending.retry import next_try


class Books:
    """Turns answers into the ledger's results; they are committed with the next mark."""

    def __init__(self, ledger: Ledger, settings: SendingSettings, clock: Clock) -> None:
        self._ledger = ledger
        self._settings = settings
        self._clock = clock

    def answered(self, delivery: Delivery, answer: Accepted | Refused, relay: str) -> None:
        """Record what the server said to a mail."""
        if isinstance(answer, Accepted):
            self._record(delivery, State.SENT, answer.code, answer.text, relay)
        elif answer.permanent:
            self._record(delivery, State.FAILED, answer.code, answer.text, relay)
        else:
            self.put_off(delivery, answer.code, answer.text, relay)

    def put_off(self, delivery: Delivery, code: int | None, reply: str, relay: str | None = None) -> None:
        """Record that a mail is to be tried again later, or given up after ``[sending] give_up_after``."""
        now = self._clock.now()
        again = next_try(
            self._settings,
            key=delivery.id,
            attempts=delivery.attempts + 1,
            first_try_at=delivery.first_try_at or now,
            now=now,
        )
        if again is None:
            self._record(delivery, State.FAILED, code, f"{GAVE_UP}{reply}", relay)
        else:
            self._record(delivery, State.PENDING, code, reply, relay, next_try_at=again)

    def unknown(self, delivery: Delivery, reason: str, relay: str) -> None:
        """Record that the server may or may not have taken a mail."""
        self._record(delivery, State.UNKNOWN, None, reason, relay)

    def give_up(self, delivery: Delivery, reason: str) -> None:
        """Record that a delivery fails without having been tried."""
        self._ledger.record(_untried(delivery)._replace(state=State.FAILED, reply=f"not sent: {reason}"))

    def take_back(self, delivery: Delivery) -> None:
        """Undo the mark: the message did not leave, or not whole."""
        self._ledger.record(_untried(delivery))

    def _record(
        self,
        delivery: Delivery,
        state: State,
        code: int | None,
        reply: str,
        relay: str | None,
        *,
        next_try_at: datetime | None = None,
    ) -> None:
        self._ledger.record(
            Result(
                delivery.id,
                state,
                attempts=delivery.attempts + 1,
                first_try_at=delivery.first_try_at or self._clock.now(),
                next_try_at=next_try_at or delivery.next_try_at,
                code=code,
                reply=reply,
                relay=relay,
            )
        )


def _untried(delivery: Delivery) -> Result:
    return Result(delivery.id, State.PENDING, delivery.attempts, delivery.first_try_at, delivery.next_try_at)

"""The engine: takes what is due from the ledger, sends it over several connections, records what came of it.

It sees messages, not templates (law 5), and keeps law 4: before a body leaves its mark is on disk, and the
answer follows with the next commit. A crash at any moment therefore leaves at most one delivery per
connection whose outcome nobody knows; the next start lists those and sends the rest.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from digest.clock import Clock
from digest.db import Database
from digest.errors import BadInput, TransportError
from digest.rendering.transparency import OnTheLine
from digest.settings import SendingSettings
from jobs.deliveries.values import Counts, Delivery, Result, State
from jobs.sending.breaker import MOST, Breaker
from jobs.sending.client import CLOSING, Client, HungUp
from jobs.sending.ledger import Ledger, Letter, Progress
from jobs.sending.lock import sender_lock
from jobs.sending.relay import Relay
from jobs.sending.replies import GAVE_UP, Accepted, OutcomeUnknown, Refused, fit_to_keep
from jobs.sending.retry import next_try
from subscribers.store import Contact

Compose = Callable[[Contact, int | None], OnTheLine]
Sender = Callable[[Contact], str]

_BATCH = 500
# A service manager kills after 10 s; this is how long messages in flight may take to be answered, in seconds.
_GRACE = 6.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where an issue stands after a send-out. ``next_try_at`` is None when nobody waits any more."""

    counts: Counts
    next_try_at: datetime | None


async def send_issue(
    database: Database,
    issue_id: int,
    *,
    compose: Compose,
    sender: Sender,
    relay: Relay,
    settings: SendingSettings,
    clock: Clock,
    progress: Progress,
    stop: asyncio.Event,
    patience: float = 60.0,
) -> Outcome:
    """Send the issue to everybody whose delivery is due; return when nothing is due, or soon after ``stop``.

    It stays for retries that are due within ``patience`` seconds. After ``stop`` the messages in flight are
    finished; one that the server does not answer within a few seconds becomes unknown. ``progress`` is called
    after every commit. ``compose`` makes a reader's message of an edition (None for the issue's own bytes);
    where it raises BadInput that delivery fails. ``sender`` says what envelope sender it has.

    Raises WrongState when another process sends from this database, TransportError when the relay cannot be
    used and LedgerError when the database cannot; whoever was not reached still waits then.
    """
    with sender_lock(database):
        async with Ledger(database, issue_id, clock, progress) as ledger:
            await _Sending(ledger, compose, sender, relay, settings, clock, stop).run(patience)
            return Outcome(*await ledger.standing())


class _Sending:
    """One call of ``send_issue``: the connections, and what they share."""

    def __init__(
        self,
        ledger: Ledger,
        compose: Compose,
        sender: Sender,
        relay: Relay,
        settings: SendingSettings,
        clock: Clock,
        stop: asyncio.Event,
    ) -> None:
        self._ledger = ledger
        self._compose = compose
        self._sender = sender
        self._relay = relay
        self._settings = settings
        self._clock = clock
        self._stop = stop
        self._clients = [Client(relay, settings.timeout) for _ in range(settings.connections)]
        self._workers: list[asyncio.Task[None]] = []
        self._breaker = Breaker(settings.connections)
        self._letters: deque[Letter] = deque()
        self._claiming = asyncio.Lock()
        # Set once no further letter is to be taken: we were told to stop, or a connection failed for good.
        self._halt = asyncio.Event()

    async def run(self, patience: float) -> None:
        heeding = asyncio.create_task(self._heed_stop())
        try:
            while not self._halt.is_set():
                await self._send_due()
                _, due = await self._ledger.standing()
                wait = None if due is None else (due - self._clock.now()).total_seconds()
                if wait is None or wait > patience:
                    break
                await self._pause(wait)
        finally:
            heeding.cancel()
            await asyncio.gather(*(client.close() for client in self._clients))

    async def _heed_stop(self) -> None:
        await self._stop.wait()
        self._halt.set()
        await asyncio.sleep(_GRACE)
        for worker in self._workers:
            worker.cancel()

    async def _send_due(self) -> None:
        """Send everything that is due, on all connections, and record it."""
        self._ledger.rewind()
        self._workers = [asyncio.create_task(self._work(client)) for client in self._clients]
        ended = await asyncio.gather(*self._workers, return_exceptions=True)
        await self._ledger.flush()
        for error in ended:
            if isinstance(error, Exception):
                raise error

    async def _work(self, client: Client) -> None:
        """Send letter after letter over one connection, which is opened when there is a first one."""
        try:
            while (letter := await self._next()) is not None:
                await self._deliver(client, letter)
        except BaseException:
            self._halt.set()
            raise

    async def _next(self) -> Letter | None:
        async with self._claiming:
            if not self._letters:
                self._letters = await self._ledger.claim(_BATCH)
        return self._letters.popleft() if self._letters and not self._halt.is_set() else None

    async def _deliver(self, client: Client, letter: Letter) -> None:
        delivery, contact = letter.delivery, letter.contact
        if contact is None:
            self._give_up(delivery, "the reader left the list or paused before it was sent")
            return
        try:
            sender, message = self._sender(contact), self._compose(contact, delivery.edition_id)
        except BadInput as error:
            self._give_up(delivery, fit_to_keep(str(error), contact.address))
            return
        hang_ups = 0
        while not self._halt.is_set():
            try:
                answer = await self._try(client, delivery, sender, contact.address, message)
                if answer is not None and answer.code == CLOSING:
                    closing = TransportError(f"{self._relay.name}: 421 {answer.text}", permanent=False)
                    await self._pause(self._breaker.failed(closing))
                return
            except OutcomeUnknown as error:
                trouble = TransportError(f"{self._relay.name}: {error}", permanent=False)
                await self._pause(self._breaker.failed(trouble, grave=True))
                return
            except TransportError as error:
                hang_ups += isinstance(error, HungUp)
                if hang_ups == MOST:
                    # The server is there and yet never takes this one: no reason to hold up the others.
                    self._put_off(delivery, None, fit_to_keep(str(error), contact.address))
                    return
                await self._ledger.flush()
                await self._pause(self._breaker.failed(error))

    async def _try(
        self, client: Client, delivery: Delivery, sender: str, address: str, message: OnTheLine
    ) -> Accepted | Refused | None:
        """Try once, record the answer and return it; None when the delivery is not to be sent any more.

        After TransportError the delivery waits as before.
        """
        answer = await client.begin(sender, address)
        if isinstance(answer, Accepted):
            try:
                ours = await self._ledger.about_to_send(delivery)
            except asyncio.CancelledError:
                self._take_back(delivery)
                raise
            if not ours:
                await client.reset()
                return None
            answer = await self._hand_over(client, delivery, address, message)
        self._judge(delivery, answer)
        return answer

    async def _hand_over(
        self, client: Client, delivery: Delivery, address: str, message: OnTheLine
    ) -> Accepted | Refused:
        """Send the body of a delivery that is marked, and return the answer."""
        try:
            answer = await client.finish(message, address)
        except TransportError:
            self._take_back(delivery)
            raise
        except OutcomeUnknown as error:
            self._record(delivery, State.UNKNOWN, reply=str(error))
            raise
        except asyncio.CancelledError:
            self._record(delivery, State.UNKNOWN, reply="sending was stopped before the server answered")
            raise
        if answer.code != CLOSING:
            self._breaker.passed()
        return answer

    def _judge(self, delivery: Delivery, answer: Accepted | Refused) -> None:
        if isinstance(answer, Accepted):
            self._record(delivery, State.SENT, answer.code, answer.text)
        elif answer.permanent:
            self._record(delivery, State.FAILED, answer.code, answer.text)
        else:
            self._put_off(delivery, answer.code, answer.text)

    def _put_off(self, delivery: Delivery, code: int | None, reply: str) -> None:
        now = self._clock.now()
        again = next_try(
            self._settings,
            key=delivery.id,
            attempts=delivery.attempts + 1,
            first_try_at=delivery.first_try_at or now,
            now=now,
        )
        if again is None:
            self._record(delivery, State.FAILED, code, f"{GAVE_UP}{reply}")
        else:
            self._record(delivery, State.PENDING, code, reply, next_try_at=again)

    def _record(
        self,
        delivery: Delivery,
        state: State,
        code: int | None = None,
        reply: str | None = None,
        *,
        next_try_at: datetime | None = None,
    ) -> None:
        """Record what came of a try."""
        self._ledger.record(
            Result(
                delivery.id,
                state,
                attempts=delivery.attempts + 1,
                first_try_at=delivery.first_try_at or self._clock.now(),
                next_try_at=next_try_at or delivery.next_try_at,
                code=code,
                reply=reply,
            )
        )

    def _give_up(self, delivery: Delivery, reason: str) -> None:
        """Record that a delivery fails without having been tried."""
        self._ledger.record(replace(_untried(delivery), state=State.FAILED, reply=f"not sent: {reason}"))

    def _take_back(self, delivery: Delivery) -> None:
        """Undo the mark: nothing of the message left."""
        self._ledger.record(_untried(delivery))

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._halt.wait(), max(seconds, 0.0))


def _untried(delivery: Delivery) -> Result:
    return Result(delivery.id, State.PENDING, delivery.attempts, delivery.first_try_at, delivery.next_try_at)

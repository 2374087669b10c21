"""The ledger as the engine sees it: marks and results of all connections, committed in groups (a barrier).

``about_to_send`` returns when the mark is on disk, and only then may the body leave. Whoever waits for a
mark commits for everybody who came meanwhile, results first; so there is about one transaction per round of
the connections. The database works in a thread of its own: the event loop goes on, and that the thread does
one thing at a time gives the ledger its order.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import TypeVar

from sqlalchemy.exc import OperationalError

from digest.clock import Clock
from digest.db import Database
from digest.errors import DigestError
from jobs.deliveries import store
from jobs.deliveries.values import Counts, Delivery, Result, State
from subscribers.store import Contact, contacts
from subscribers.values import Status

# Waits between tries, in seconds, while the database is locked by somebody else or gone: half a minute.
_WAITS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)

Progress = Callable[[Counts], None]
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Letter:
    """A delivery that is due. ``contact`` is None when the reader may not be mailed any more."""

    delivery: Delivery
    contact: Contact | None


class LedgerError(DigestError):
    """The ledger could not be written, so nothing more may be sent."""


class Ledger:
    """The deliveries of one issue while it is being sent.

    An async context manager: entering settles what a dead sender left behind, leaving commits the rest.
    """

    def __init__(self, database: Database, issue_id: int, clock: Clock, progress: Progress) -> None:
        self._database = database
        self._issue_id = issue_id
        self._clock = clock
        self._progress = progress
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._committing = asyncio.Lock()
        self._results: list[Result] = []
        self._marks: list[int] = []
        self._marked: set[int] = set()
        self._counted: Counter[State] = Counter()
        self._last: Delivery | None = None
        self._broken: LedgerError | None = None

    async def __aenter__(self) -> Ledger:
        counts = await self._run(self._open)
        self._counted.update({state: getattr(counts, state.value) for state in State})
        self._progress(counts)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self.flush()
        finally:
            self._thread.shutdown()

    async def claim(self, limit: int) -> deque[Letter]:
        """Return at most ``limit`` letters that are due and were not claimed since ``rewind``.

        They come edition by edition, so that each is compiled once for all its readers among them.
        """
        letters = await self._run(lambda: self._claim(limit))
        if letters:
            self._last = letters[-1].delivery
        return deque(sorted(letters, key=lambda letter: letter.delivery.edition_id or 0))

    def rewind(self) -> None:
        """Let ``claim`` begin anew with what has been due the longest. No claimed letter may be open then."""
        self._last = None

    async def standing(self) -> tuple[Counts, datetime | None]:
        """Return the counts as the database has them, and when the next delivery is due if somebody waits."""
        return await self._run(self._standing)

    async def about_to_send(self, delivery: Delivery) -> bool:
        """Commit the mark "about to send"; tell whether the delivery was still waiting and is ours now."""
        self._marks.append(delivery.id)
        try:
            await self.flush()
        except asyncio.CancelledError:
            if delivery.id in self._marks:
                self._marks.remove(delivery.id)
            raise
        return delivery.id in self._marked

    def record(self, result: Result) -> None:
        """Take a result; it is committed with the next mark, or by ``flush``."""
        self._results.append(result)

    async def flush(self) -> None:
        """Commit everything taken so far; raise LedgerError if the database stays away for half a minute."""
        # Shielded: a connection that is cancelled must not take the others' commit with it.
        await asyncio.shield(self._commit())

    async def _commit(self) -> None:
        async with self._committing:
            results, marks = self._results, self._marks
            if not results and not marks:
                return
            self._results, self._marks = [], []
            marked = await self._run(lambda: self._write(results, marks))
            self._count(results, marked)
            self._progress(Counts(**{state.value: self._counted[state] for state in State}))

    def _count(self, results: Sequence[Result], marked: Collection[int]) -> None:
        for result in results:
            self._counted[State.SENDING if result.delivery_id in self._marked else State.PENDING] -= 1
            self._counted[result.state] += 1
            self._marked.discard(result.delivery_id)
        self._counted[State.PENDING] -= len(marked)
        self._counted[State.SENDING] += len(marked)
        self._marked.update(marked)

    async def _run(self, work: Callable[[], _Value]) -> _Value:
        """Do database work in the ledger's thread, patiently while the database is locked or gone."""
        if self._broken is not None:
            raise self._broken
        loop = asyncio.get_running_loop()
        trouble: OperationalError | None = None
        for wait in (0.0, *_WAITS):
            await asyncio.sleep(wait)
            try:
                return await loop.run_in_executor(self._thread, work)
            except OperationalError as error:
                trouble = error
        assert trouble is not None
        self._broken = LedgerError(
            f"sending stopped, the database cannot be used: {trouble.orig}; messages in flight are going to "
            "be listed as unknown, everybody else still waits"
        )
        raise self._broken

    # What follows runs in the ledger's thread, one at a time.

    def _open(self) -> Counts:
        with self._database.writing() as session:
            store.orphans_to_unknown(session, self._issue_id, self._clock.now())
            return store.counts(session, self._issue_id)

    def _claim(self, limit: int) -> list[Letter]:
        with self._database.reading() as session:
            now = self._clock.now()
            due = store.claim_due(session, self._issue_id, now, limit, self._last)
            found = contacts(session, [delivery.reader_id for delivery in due], now)
        willing = {reader: contact for reader, contact in found.items() if contact.status == Status.CONFIRMED}
        return [Letter(delivery, willing.get(delivery.reader_id)) for delivery in due]

    def _standing(self) -> tuple[Counts, datetime | None]:
        with self._database.reading() as session:
            return store.counts(session, self._issue_id), store.next_due_at(session, self._issue_id)

    def _write(self, results: Sequence[Result], marks: Collection[int]) -> set[int]:
        now = self._clock.now()
        with self._database.writing() as session:
            store.record(session, results, now)
            return store.mark_sending(session, marks, now) if marks else set()

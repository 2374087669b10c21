"""The ledger as the engine sees it: marks and results of all connections, committed in groups (a barrier).

``about_to_send`` returns when the mark is on disk, and only then may the body leave. While one group is
committed the next one gathers, results first; so there is about one transaction per round of the
connections. The database works in a thread of its own: the event loop goes on, and that the thread does one
thing at a time gives the ledger its order.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial
from threading import Event
from time import monotonic
from types import TracebackType
from typing import Any, TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError

from digest.clock import Clock
from digest.db import Database
from digest.errors import DigestError, WrongState
from jobs.deliveries import store
from jobs.deliveries.barrier import Barrier
from jobs.deliveries.values import Counts, Delivery, Letter, Result, State
from jobs.sending.aside import Aside
from jobs.sending.going import OFTEN, Going

__all__ = ["Ledger", "LedgerError", "Letter", "Report"]

# Waits between tries, in seconds, while the database is locked by somebody else, full or gone: half a minute.
_WAITS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)

# Seconds that a commit waits for others to join: one for two costs no more than one for each.
_GATHER = 0.002

# Seconds that a database gets to answer once somebody is in a hurry.
_HURRIED = 1.5

# Told how far it is, and what it waits for, if for anything.
Report = Callable[[Counts, str | None], None]
_Value = TypeVar("_Value")


class LedgerError(DigestError):
    """The ledger could not be written, so nothing more may be sent."""


class Ledger:
    """The deliveries of one issue while it is being sent.

    An async context manager: entering settles what a dead sender left behind, leaving commits the rest.
    Where another process sends everything raises WrongState (``jobs.deliveries.pen``).
    """

    def __init__(
        self,
        database: Database,
        issue_id: int,
        clock: Clock,
        report: Report,
        *,
        lines: int = 1,
        waits_for: Callable[[], str | None] = lambda: None,
    ) -> None:
        """Take how many ``lines`` send at once, and what says in a few words what they wait for."""
        self._database = database
        self._issue_id = issue_id
        self._clock = clock
        self._report = report
        self._waits_for = waits_for
        self._thread = Aside("ledger")
        self._barrier = Barrier(database)
        self._going = Going(issue_id, clock.now(), monotonic)
        # What the next commit takes, and who waits for it.
        self._results: list[Result] = []
        self._marks: list[int] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._committing: asyncio.Task[None] | None = None
        self._together = (lines + 1) // 2
        self._gathering: asyncio.TimerHandle | None = None
        self._living: asyncio.Task[None] | None = None
        self._marked: set[int] = set()
        self._counted: Counter[State] = Counter()
        self._last: Delivery | None = None
        self._hurried = Event()
        self._broken: LedgerError | WrongState | None = None
        # What the thread was asked and has not answered; given up once it is clear that the database hangs.
        self._asked: set[asyncio.Future[Any]] = set()
        self._losing_patience: asyncio.Task[None] | None = None
        self._given_up = False

    async def __aenter__(self) -> Ledger:
        self._thread.start()
        try:
            counts = await self._run(self._open)
        except BaseException:
            await self._end_thread()
            raise
        self._counted.update({state: getattr(counts, state.value) for state in State})
        self._report(counts, None)
        self._living = asyncio.create_task(self._show_life())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._living is not None
        self._living.cancel()
        try:
            await self.flush()
            await self._run(lambda: self._write((), (), self._clock.now(), ended=True))
        finally:
            if self._losing_patience is not None:
                self._losing_patience.cancel()
            await self._end_thread()

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
        counts, due = await self._run(self._standing)
        if not self._results and not self._committing:
            # A person may have settled some meanwhile.
            self._counted.update(
                {state: getattr(counts, state.value) - self._counted[state] for state in State}
            )
        return counts, due

    async def about_to_send(self, delivery: Delivery) -> bool:
        """Commit the mark "about to send"; tell whether the delivery was still waiting and is ours now."""
        self._marks.append(delivery.id)
        try:
            await self._next_commit()
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
        if self._results or self._marks or self._committing:
            await self._next_commit()

    def hurry(self) -> None:
        """Wait no more for a database that cannot be used: whoever told us to stop would kill us first.

        One that does not answer is given up: whoever waits for it gets LedgerError within 1.5 seconds.
        """
        self._hurried.set()
        self._losing_patience = asyncio.create_task(self._lose_patience())

    def _next_commit(self) -> asyncio.Future[None]:
        """Return a future that is done when everything taken so far is on disk.

        It is the caller's alone: one that is cancelled does not take the others' commit with it.
        """
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        self._gather()
        return waiter

    def _gather(self) -> None:
        """Begin a commit once half of the lines wait for it, or the first of them has waited long enough."""
        if self._committing is not None or not self._waiting:
            return
        if len(self._waiting) >= self._together:
            self._begin()
        elif self._gathering is None:
            self._gathering = asyncio.get_running_loop().call_later(_GATHER, self._begin)

    def _begin(self) -> None:
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        if self._committing is None:
            # It begins once all who are ready at this moment have joined.
            self._committing = asyncio.create_task(self._commit())

    async def _commit(self) -> None:
        """Commit group after group as long as they are large enough."""
        while self._waiting:
            waiting, results, marks = self._waiting, self._results, self._marks
            self._waiting, self._results, self._marks = [], [], []
            error: BaseException | None = None
            try:
                if results or marks:
                    await self._commit_one(results, marks)
            except BaseException as raised:
                error = raised
            for waiter in waiting:
                if waiter.done():
                    continue
                if error is None:
                    waiter.set_result(None)
                else:
                    waiter.set_exception(error)
            if len(self._waiting) < self._together:
                break
        self._committing = None
        self._gather()

    async def _commit_one(self, results: Sequence[Result], marks: Collection[int]) -> None:
        self._going.count(results)
        # Asked here: what is waited for changes under the hands of whoever asks from another thread.
        note = self._waits_for()
        marked = await self._run(partial(self._write, results, marks, self._clock.now(), note))
        self._count(results, marked)
        counts = Counts(**{state.value: self._counted[state] for state in State})
        self._report(counts, note)

    def _count(self, results: Sequence[Result], marked: Collection[int]) -> None:
        for result in results:
            self._counted[State.SENDING if result.delivery_id in self._marked else State.PENDING] -= 1
            self._counted[result.state] += 1
            self._marked.discard(result.delivery_id)
        self._counted[State.PENDING] -= len(marked)
        self._counted[State.SENDING] += len(marked)
        self._marked.update(marked)

    async def _show_life(self) -> None:
        """Write a sign of life also while there is nothing to commit: we may wait for the relay."""
        while True:
            await asyncio.sleep(2 * OFTEN)
            try:
                await self._run(partial(self._write, (), (), self._clock.now(), self._waits_for()))
            except (LedgerError, WrongState):
                return  # whoever commits next hears of it

    async def _run(self, work: Callable[[], _Value]) -> _Value:
        """Do database work in the ledger's thread, patiently while the database is locked or gone."""
        if self._broken is not None:
            raise self._broken
        asked = self._thread.do(partial(self._patiently, work))
        self._asked.add(asked)
        try:
            return await asked
        finally:
            self._asked.discard(asked)

    async def _lose_patience(self) -> None:
        """Give up what the database was asked and does not answer; look again at what is asked later."""
        while not self._given_up:
            before = set(self._asked)
            await asyncio.sleep(_HURRIED)
            if not all(asked.done() for asked in before):
                self._given_up = True
                self._broken = _unusable("it does not answer")
                for asked in self._asked:
                    if not asked.done():
                        asked.set_exception(self._broken)

    async def _end_thread(self) -> None:
        """Close the connection and end the thread; leave both alone where the database hangs."""
        closed = self._thread.do(self._barrier.close)
        if self._given_up:
            self._thread.leave()
        else:
            await closed
            await self._thread.stop()

    # What follows runs in the ledger's thread, one at a time.

    def _patiently(self, work: Callable[[], _Value]) -> _Value:
        if self._broken is not None:
            raise self._broken
        trouble: OperationalError | InterfaceError | None = None
        for wait in (0.0, *_WAITS):
            if wait and self._hurried.wait(wait):
                break
            try:
                return work()
            except (OperationalError, InterfaceError) as error:
                trouble = error
            except WrongState as error:
                # Another process sends: to try again would be to fight over every mark.
                self._broken = error
                raise
        assert trouble is not None
        self._broken = _unusable(trouble.orig)
        raise self._broken

    def _open(self) -> Counts:
        # Before anything is settled: what another sender has in flight is not an orphan.
        self._barrier.open()
        with self._database.writing() as session:
            store.orphans_to_unknown(session, self._issue_id, self._clock.now())
            return store.counts(session, self._issue_id)

    def _claim(self, limit: int) -> list[Letter]:
        with self._database.reading() as session:
            return store.claim_due(session, self._issue_id, self._clock.now(), limit, self._last)

    def _standing(self) -> tuple[Counts, datetime | None]:
        with self._database.reading() as session:
            return store.counts(session, self._issue_id), store.next_due_at(session, self._issue_id)

    def _write(
        self,
        results: Sequence[Result],
        marks: Collection[int],
        now: datetime,
        note: str | None = None,
        *,
        ended: bool = False,
    ) -> set[int]:
        told = self._going.told(now, note, ended=ended) if ended or self._going.due() else None
        if not results and not marks and told is None:
            return set()
        return self._barrier.write(results, marks, now, told)


def _unusable(why: object) -> LedgerError:
    return LedgerError(
        f"sending stopped, the database cannot be used: {why}; messages in flight are going to "
        "be listed as unknown, everybody else still waits"
    )

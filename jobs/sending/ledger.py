"""The ledger as the engine sees it: marks and results of all connections, committed in groups (a barrier).

``about_to_send`` returns when the mark is on disk, and only then may the body leave. While one group is
committed the next one gathers, results first; so there is about one transaction per round of the
connections.

SQLite that nobody else writes to is written at once, in the event loop's own thread: most lines wait for the
commit anyway, and to hand it over costs more than to do it. PostgreSQL is asked, and answers while the loop
goes on. Everything else, reading, waiting for a lock, a slow disk or a lost server, is done beside the loop,
one thing at a time (``jobs.sending.patience``).
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from time import monotonic
from types import TracebackType

from sqlalchemy.exc import InterfaceError, OperationalError

from digest.clock import Clock
from digest.db import Database
from digest.errors import WrongState
from jobs.deliveries import store
from jobs.deliveries.barrier import Barrier
from jobs.deliveries.values import Counts, Delivery, Letter, Marks, Progress, Result, State
from jobs.sending.going import OFTEN, Going
from jobs.sending.patience import LedgerError, Patient

__all__ = ["Ledger", "LedgerError", "Letter", "Report"]

# Seconds that a commit waits for others to join: one for two costs no more than one for each.
_GATHER = 0.002

# A commit that takes so long, in seconds, is not waited for by the loop again for a while.
_SLOW, _REST = 0.05, 10.0

# Told how far it is, and what it waits for, if for anything.
Report = Callable[[Counts, str | None], None]


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
        self._patient = Patient()
        self._barrier = Barrier(database)
        self._going = Going(issue_id, clock.now(), monotonic)
        # What the next commit takes, and who waits for it.
        self._results: list[Result] = []
        self._marks: dict[int, str] = {}
        self._waiting: list[asyncio.Future[None]] = []
        self._committing: asyncio.Task[None] | None = None
        self._together = (lines + 1) // 2
        self._gathering: asyncio.TimerHandle | None = None
        self._living: asyncio.Task[None] | None = None
        self._marked: set[int] = set()
        self._counted = Counter[str]()
        self._last: Delivery | None = None
        # Until then, in monotonic seconds, all is written beside the loop.
        self._beside_until = 0.0

    async def __aenter__(self) -> Ledger:
        self._patient.start()
        try:
            counts = await self._patient.do(self._open)
        except BaseException:
            await self._patient.end(self._barrier.close)
            raise
        self._counted.update(asdict(counts))
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
            now = self._clock.now()
            told = self._going.told(now, ended=True)
            await self._patient.do(partial(self._barrier.write, (), {}, now, told))
        finally:
            await self._patient.end(self._barrier.close)

    async def claim(self, limit: int) -> deque[Letter]:
        """Return at most ``limit`` letters that are due and were not claimed since ``rewind``.

        They come edition by edition, so that each is compiled once for all its readers among them.
        """
        letters = await self._patient.do(lambda: self._claim(limit))
        if letters:
            self._last = letters[-1].delivery
        return deque(sorted(letters, key=lambda letter: letter.delivery.edition_id or 0))

    def rewind(self) -> None:
        """Let ``claim`` begin anew with what has been due the longest. No claimed letter may be open then."""
        self._last = None

    async def standing(self) -> tuple[Counts, datetime | None]:
        """Return the counts as the database has them, and when the next delivery is due if somebody waits."""
        counts, due = await self._patient.do(self._standing)
        if not self._results and not self._committing:
            # A person may have settled some meanwhile.
            self._counted = Counter(asdict(counts))
        return counts, due

    async def about_to_send(self, delivery: Delivery, relay: str) -> bool:
        """Commit the mark "about to send"; tell whether the delivery was still waiting and is ours now.

        ``relay`` is the name of the server that is to get the message.
        """
        self._marks[delivery.id] = relay
        try:
            await self._next_commit()
        except asyncio.CancelledError:
            self._marks.pop(delivery.id, None)
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
        """Wait no more for a database that cannot be used (``Patient.hurry``)."""
        self._patient.hurry()

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
            self._waiting, self._results, self._marks = [], [], {}
            error: BaseException | None = None
            try:
                if results or marks:
                    await self._commit_one(results, marks)
            except BaseException as raised:
                error = raised
                if not isinstance(raised, Exception):
                    # Ctrl-C in mid commit: leaving writes them. Done or not, a result may be written twice.
                    self._results[:0] = results
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

    async def _commit_one(self, results: Sequence[Result], marks: Marks) -> None:
        self._going.count(results)
        # Asked here: what is waited for changes under the hands of whoever asks from another thread.
        note, now = self._waits_for(), self._clock.now()
        told = self._going.told(now, note) if self._going.due() else None
        marked = await self._without_thread(results, marks, now, told)
        if marked is None:
            marked = await self._patient.do(partial(self._barrier.write, results, marks, now, told))
        self._count(results, marked)
        self._report(Counts(**self._counted), note)

    async def _without_thread(
        self, results: Sequence[Result], marks: Marks, now: datetime, told: Progress | None
    ) -> set[int] | None:
        """Commit from the loop where that holds up nobody; None: the thread is to do it, maybe once more.

        Handing a commit over to the thread and its answer back costs as much as the commit itself. But who
        has to wait, for somebody's lock, a slow disk or a lost server, does so beside the loop.
        """
        if not self._patient.idle:
            return None
        try:
            answer = None if told else self._barrier.ask(results, marks, now)
            if answer is None:
                return self._write_here(results, marks, now, told)
            ours = await self._patient.ask(answer)
        except (OperationalError, InterfaceError):
            return None  # nobody knows what is done: the thread writes it again, and has patience
        # Some reader left: which one the thread finds out.
        return set(marks) if ours == len(marks) else None

    def _write_here(
        self, results: Sequence[Result], marks: Marks, now: datetime, told: Progress | None
    ) -> set[int] | None:
        """Commit at once, in the loop's own thread, if SQLite is free; None: nothing was done.

        A disk that hangs all of a sudden holds up the loop once, until it answers; where somebody is in a
        hurry nothing is done here.
        """
        start = monotonic()
        if start < self._beside_until:
            return None
        try:
            return self._barrier.write_if_free(results, marks, now, told)
        finally:
            if monotonic() - start > _SLOW:
                self._beside_until = start + _REST

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
                if self._going.due():
                    now = self._clock.now()
                    told = self._going.told(now, self._waits_for())
                    await self._patient.do(partial(self._barrier.write, (), {}, now, told))
            except (LedgerError, WrongState):
                return  # whoever commits next hears of it

    # What follows runs in the ledger's thread, one at a time.

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

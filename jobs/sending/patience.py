"""Database work beside the event loop, patient while the database is locked, full or gone.

The work is done in a thread of its own, one thing at a time: the loop goes on meanwhile, and what is written
has an order. What a database can be asked without a thread is only waited for here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Any, TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError

from digest.errors import DigestError, WrongState
from jobs.sending.aside import Aside

# Waits between tries, in seconds, while the database is locked by somebody else, full or gone: half a minute.
_WAITS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)

# Seconds that a database gets to answer once somebody is in a hurry.
_HURRIED = 1.5

_Value = TypeVar("_Value")


class LedgerError(DigestError):
    """The ledger could not be written, so nothing more may be sent."""


class Patient:
    """Does what it is given in its thread; once the database was away for too long, nothing any more."""

    def __init__(self) -> None:
        self._thread = Aside("ledger")
        self._hurried = Event()
        self._broken: LedgerError | WrongState | None = None
        # What was asked and has no answer yet; given up once it is clear that the database hangs.
        self._asked: set[asyncio.Future[Any]] = set()
        # What was asked without the thread.
        self._question: asyncio.Future[Any] | None = None
        self._losing_patience: asyncio.Task[None] | None = None
        self._given_up = False

    @property
    def idle(self) -> bool:
        """Whether nothing is done, nobody waits for what was, and there is no reason to be careful."""
        calm = self._broken is None and not self._hurried.is_set()
        return calm and not self._asked and self._thread.idle

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    async def do(self, work: Callable[[], _Value]) -> _Value:
        """Do database work in the thread; return what it gives.

        Raises LedgerError if the database stays away for half a minute, and at once from then on; likewise
        WrongState where ``work`` finds that another process sends.
        """
        await self._answered()
        if self._broken is not None:
            raise self._broken
        return await self._wait(self._thread.do(partial(self._patiently, work)))

    async def ask(self, question: asyncio.Future[_Value]) -> _Value:
        """Return the database's answer to what it was asked without the thread, which rests until then.

        Raises LedgerError where it is given up. Ask only while this is ``idle``.
        """
        self._question = question
        # Behind whatever tidies up after an answer that was lost: that comes first.
        question.add_done_callback(self._forget)
        return await self._wait(question)

    def hurry(self) -> None:
        """Wait no more for a database that cannot be used: whoever told us to stop would kill us first.

        One that does not answer is given up: whoever waits for it here gets LedgerError within 1.5 seconds.
        """
        self._hurried.set()
        self._losing_patience = asyncio.create_task(self._lose_patience())

    async def end(self, last: Callable[[], None]) -> None:
        """Do a ``last`` thing and end the thread; leave both alone where the database hangs."""
        await self._answered()
        if self._losing_patience is not None:
            self._losing_patience.cancel()
        done = self._thread.do(last)
        if self._given_up:
            self._thread.leave()
        else:
            await done
            await self._thread.stop()

    async def _wait(self, asked: asyncio.Future[_Value]) -> _Value:
        self._asked.add(asked)
        try:
            return await asked
        finally:
            self._asked.discard(asked)

    async def _answered(self) -> None:
        """Wait while a question is open: until it is answered the connection is nobody else's."""
        while self._question is not None:
            await asyncio.wait((self._question,))

    def _forget(self, question: object) -> None:
        self._question = None

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

    def _patiently(self, work: Callable[[], _Value]) -> _Value:
        """Try until it works; called in the thread."""
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


def _unusable(why: object) -> LedgerError:
    return LedgerError(
        f"sending stopped, the database cannot be used: {why}; messages in flight are going to "
        "be listed as unknown, everybody else still waits"
    )

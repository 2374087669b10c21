"""The mails that go next: claimed from the ledger, made, and given out in order, when they may go."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import NamedTuple

from digest.errors import BadInput
from digest.rendering.transparency import END, OnTheLine
from jobs.deliveries.values import Delivery
from jobs.sending.books import Books
from jobs.sending.envelope import Envelope
from jobs.sending.ledger import Ledger, Letter
from jobs.sending.pace import Pace
from jobs.sending.replies import fit_to_keep
from jobs.sending.waiting import Waiting, domain_of
from subscribers.store import Contact

Compose = Callable[[Contact, int | None], OnTheLine]
Sender = Callable[[Contact], str]

_BATCH = 500
# So many mails are made in one go: what makes them is in the processor's caches then, which saves a third.
_AHEAD = 10


class Mail(NamedTuple):
    """One mail, made and ready to go. ``message`` lives until the server has answered."""

    delivery: Delivery
    envelope: Envelope
    message: OnTheLine
    domain: str


class Tray:
    """Gives all lines their mails. Once ``halt`` is set it gives none any more."""

    def __init__(
        self,
        ledger: Ledger,
        books: Books,
        pace: Pace,
        compose: Compose,
        sender: Sender,
        halt: asyncio.Event,
    ) -> None:
        self._ledger = ledger
        self._books = books
        self._pace = pace
        self._compose = compose
        self._sender = sender
        self._halt = halt
        self._waiting = Waiting(monotonic)
        # Taken once already, and still to be sent: their connection broke.
        self._returned: deque[Mail] = deque()
        self._ahead: deque[tuple[Letter, Mail]] = deque()
        self._claim: asyncio.Task[None] | None = None
        self._more = True

    def rewind(self) -> None:
        """Look again for whatever is due by now."""
        self._ledger.rewind()
        self._more = True
        # They still wait in the ledger, and come again from there.
        for mail in self._returned:
            self._pace.give_back(mail.domain)
        self._returned.clear()
        self._ahead.clear()

    def put_back(self, mail: Mail) -> None:
        """Have a mail that did not leave taken again, before all others."""
        self._returned.append(mail)

    async def next(self) -> Mail | None:
        """Return the next mail that is due, once it may go; None when none is left, or none is to go."""
        while not self._halt.is_set():
            taken = self._take()
            if isinstance(taken, Mail):
                return taken
            if self._more and self._waiting.wants_more:
                await self._refilled()
            elif taken is None:
                return None
            else:
                await self._ledger.flush()
                await pause(self._halt, taken)
        return None

    def at_once(self) -> Mail | None:
        """Return the next mail if there is one that need not be waited for."""
        taken = None if self._halt.is_set() else self._take()
        return taken if isinstance(taken, Mail) else None

    def _take(self) -> Mail | float | None:
        """Return the next mail; in how many seconds there may be one; None when nobody stands in line."""
        if self._returned:
            return self._returned.popleft()
        if self._ahead and not self._pace.boundless:
            # Somebody asked us to slow down since they were made: they have to be asked for like all others.
            self._waiting.put_back(letter for letter, _ in self._ahead)
            self._ahead.clear()
        if not self._ahead:
            letter = self._make_ahead()
            if not self._ahead:
                return letter
        return self._ahead.popleft()[1]

    def _make_ahead(self) -> float | None:
        """Make the next mails, several only where nothing bounds us; return ``_take``'s answer if none is."""
        while isinstance(letter := self._waiting.next(self._pace), Letter):
            if self._more and self._waiting.wants_more and self._claim is None:
                self._claim = asyncio.create_task(self._refill())
            if mail := self._made(letter):
                self._ahead.append((letter, mail))
                if len(self._ahead) == _AHEAD or not self._pace.boundless:
                    return None
        return letter

    async def _refilled(self) -> None:
        if self._claim is None:
            self._claim = asyncio.create_task(self._refill())
        # Shielded: one line that is stopped must not stop the claim that others wait for.
        await asyncio.shield(self._claim)

    async def _refill(self) -> None:
        try:
            letters = await self._ledger.claim(_BATCH)
            self._waiting.add(letters)
            self._more = bool(letters)
        finally:
            self._claim = None

    def _made(self, letter: Letter) -> Mail | None:
        """Return the mail of a letter; None, and recorded, where it cannot be."""
        delivery, contact = letter.delivery, letter.contact
        if contact is None:
            self._books.give_up(delivery, "the reader left the list or paused before it was sent")
            return None
        domain = domain_of(contact.address)
        try:
            sender, message = self._sender(contact), self._compose(contact, delivery.edition_id)
        except BadInput as error:
            self._books.give_up(delivery, fit_to_keep(str(error), contact.address))
            self._pace.give_back(domain)
            return None
        return Mail(delivery, Envelope(sender, contact.address, len(message) - len(END)), message, domain)


async def pause(halt: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until ``halt`` is set."""
    with suppress(TimeoutError):
        await asyncio.wait_for(halt.wait(), max(seconds, 0.0))

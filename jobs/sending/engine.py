"""The engine: takes what is due from the ledger, sends it over several connections, records what came of it.

It sees messages, not templates (law 5), and keeps law 4: before a body leaves its mark is on disk, and the
answer follows with the next commit. A crash at any moment therefore leaves at most one delivery per
connection whose outcome nobody knows; the next start lists those and sends the rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from digest.clock import Clock
from digest.db import Database
from digest.errors import DigestError, TransportError
from digest.settings import SendingSettings
from jobs.deliveries.values import Counts
from jobs.sending.books import Books
from jobs.sending.breaker import MOST, Breaker
from jobs.sending.client import CLOSING, Client, HungUp
from jobs.sending.habits import Habits
from jobs.sending.ledger import Ledger, Report
from jobs.sending.line import Line
from jobs.sending.lock import sender_lock
from jobs.sending.pace import Pace
from jobs.sending.refusals import Refusals
from jobs.sending.relay import Relay
from jobs.sending.relays import Choice
from jobs.sending.replies import Accepted, NotLetIn, OutcomeUnknown, PutOff, Refused, fit_to_keep
from jobs.sending.trace import Trace
from jobs.sending.tray import Compose, Mail, Sender, Tray, pause

# Results are on disk after so many seconds at the latest, also where no mark follows to take them along.
_SOON = 0.5
# After so many seconds a line that the server had no place for asks again.
_SPARED = 60.0
# A service manager kills after 10 s; this is how long messages in flight may take to be answered, in seconds.
_GRACE = 5.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where an issue stands after a send-out. ``next_try_at`` is None when nobody waits any more.

    ``too_many`` says why nobody should go on without having a look: too large a share was refused.
    """

    counts: Counts
    next_try_at: datetime | None
    too_many: str | None = None


async def send_issue(
    database: Database,
    issue_id: int,
    *,
    compose: Compose,
    sender: Sender,
    relays: Sequence[Relay],
    settings: SendingSettings,
    clock: Clock,
    progress: Report,
    stop: asyncio.Event,
    patience: float = 60.0,
    trace: Trace | None = None,
) -> Outcome:
    """Send the issue to everybody whose delivery is due; return when nothing is due, or soon after ``stop``.

    It stays for retries that are due within ``patience`` seconds. After ``stop`` the messages in flight are
    finished; one that the server does not answer within a few seconds becomes unknown. ``progress`` is called
    after every commit. ``compose`` makes a reader's message of an edition (None for the issue's own bytes);
    where it raises BadInput that delivery fails. ``sender`` says what envelope sender it has. ``trace`` is
    told every line of every dialogue.

    Raises WrongState when another process sends from this database, TransportError when the relay cannot be
    used and LedgerError when the database cannot; whoever was not reached still waits then.
    """
    with sender_lock(database):
        pace = Pace(settings, monotonic)
        ledger = Ledger(database, issue_id, clock, progress, lines=settings.connections, waits_for=pace.why)
        async with ledger:
            sending = _Sending(ledger, pace, compose, sender, relays, settings, clock, stop, trace)
            await sending.run(patience)
            return Outcome(*await ledger.standing(), sending.too_many)


class _Sending:
    """One call of ``send_issue``: the lines, and what they share."""

    def __init__(
        self,
        ledger: Ledger,
        pace: Pace,
        compose: Compose,
        sender: Sender,
        relays: Sequence[Relay],
        settings: SendingSettings,
        clock: Clock,
        stop: asyncio.Event,
        trace: Trace | None,
    ) -> None:
        self._ledger = ledger
        self._books = Books(ledger, settings, clock)
        self._settings = settings
        self._clock = clock
        self._stop = stop
        self._trace = trace
        self._habits = Habits()
        choice = Choice(relays, monotonic)
        self._lines = [Line(choice, self._client) for _ in range(settings.connections)]
        self._workers: list[asyncio.Task[None]] = []
        self._breaker = Breaker(settings.connections)
        self._pace = pace
        self._refusals = Refusals(settings.pause_at_refusals)
        # Set once no further letter is to be taken: we were told to stop, or a connection failed for good.
        self._halt = asyncio.Event()
        # Set once a line found nothing left to send.
        self._emptied = asyncio.Event()
        self._tray = Tray(ledger, self._books, self._pace, compose, sender, self._halt)

    @property
    def too_many(self) -> str | None:
        """Why it is not to go on without a person: too many readers were refused. None while all is well."""
        return self._refusals.words() if self._refusals.too_many() else None

    async def run(self, patience: float) -> None:
        beside = [asyncio.create_task(self._heed_stop()), asyncio.create_task(self._keep_books())]
        try:
            while not self._halt.is_set():
                await self._send_due()
                _, due = await self._ledger.standing()
                wait = None if due is None else (due - self._clock.now()).total_seconds()
                if wait is None or wait > patience:
                    break
                await pause(self._halt, wait)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*(line.close() for line in self._lines))

    async def _heed_stop(self) -> None:
        await self._stop.wait()
        self._halt.set()
        await asyncio.sleep(_GRACE)
        self._ledger.hurry()
        for worker in self._workers:
            worker.cancel()

    async def _keep_books(self) -> None:
        while True:
            await asyncio.sleep(_SOON)
            # Whoever waits for a mark hears of a broken ledger; this is only to be early.
            with suppress(DigestError):
                await self._ledger.flush()

    async def _send_due(self) -> None:
        """Send everything that is due, on all lines, and record it."""
        self._tray.rewind()
        self._emptied.clear()
        self._workers = [asyncio.create_task(self._work(line)) for line in self._lines]
        ended = await asyncio.gather(*self._workers, return_exceptions=True)
        await self._ledger.flush()
        for error in ended:
            if isinstance(error, Exception):
                raise error

    async def _work(self, line: Line) -> None:
        """Send over one line until nothing is left; one that is not let in asks again now and then."""
        try:
            while not self._emptied.is_set():
                try:
                    await self._send_all(line)
                    self._emptied.set()
                except _Spare:
                    await pause(self._emptied, _SPARED)
                # Another line may be waiting for the place.
                await line.close()
        except BaseException:
            self._halt.set()
            self._emptied.set()
            raise

    async def _send_all(self, line: Line) -> None:
        """Send mail after mail, each with the envelope of the next one behind it."""
        mail, written = await self._tray.next(), None
        while mail is not None:
            client = await self._opened(line, mail, written)
            following = await self._send(line, client, mail) if client else None
            mail, written = (following, client) if following else (await self._tray.next(), None)

    async def _opened(self, line: Line, mail: Mail, written: Client | None) -> Client | None:
        """Announce a mail and mark it; return the client that is to send its message now, if it is to go.

        ``written`` is the client that sent its envelope along with the message before. After trouble with
        the server it is announced again.
        """
        hang_ups = 0
        while not self._halt.is_set():
            try:
                client = written or await line.client()
                announce, written = (client.announced if written else client.announce), None
                refused = await announce(mail.envelope)
                if refused is None:
                    return client if await self._marked(client, mail) else None
                self._answered(mail, refused, client)
                self._pace.give_back(mail.domain)
                return None
            except TransportError as error:
                if isinstance(error, NotLetIn) and self._is_spare(line):
                    self._tray.put_back(mail)
                    raise _Spare from None
                hang_ups += isinstance(error, HungUp)
                if hang_ups == MOST:
                    # The server is there and yet never takes this one: no reason to hold up the others.
                    reason = fit_to_keep(str(error), mail.envelope.recipient)
                    self._books.put_off(mail.delivery, None, reason)
                    self._pace.give_back(mail.domain)
                    return None
                await self._trouble(line, error)
        if written:
            written.abandon()
        return None

    async def _marked(self, client: Client, mail: Mail) -> bool:
        """Have "about to send" on disk; the only way back from there is to close the connection."""
        ours = False
        try:
            if self._pace.exact:
                await self._exactly(mail.domain)
            # Told to stop while the server thought about it: nothing begins any more.
            if not self._halt.is_set():
                ours = await self._ledger.about_to_send(mail.delivery, client.name)
                if self._pace.exact:
                    await self._exactly(mail.domain)
                if ours and self._halt.is_set():
                    self._books.take_back(mail.delivery)
                    ours = False
        except asyncio.CancelledError:
            self._books.take_back(mail.delivery)
            raise
        finally:
            if not ours:
                client.abandon()
                self._pace.give_back(mail.domain)
        return ours

    async def _exactly(self, domain: str) -> None:
        """Wait for the moment at which the bounds of this very second let the message go."""
        while (seconds := self._pace.body_in(domain)) > 0.0:
            await asyncio.sleep(seconds)

    async def _send(self, line: Line, client: Client, mail: Mail) -> Mail | None:
        """Send the message of a mail that is marked; return the one whose envelope went out behind it."""
        following = self._tray.at_once() if line.goes_on else None
        envelope = following.envelope if following else None
        self._pace.body(mail.domain)
        line.sent()
        try:
            answer = await client.send(mail.message, mail.envelope.recipient, envelope)
        except OutcomeUnknown as error:
            self._books.unknown(mail.delivery, str(error), client.name)
            trouble, grave = TransportError(f"{client.name}: {error}", permanent=False), True
        except TransportError as error:
            self._books.take_back(mail.delivery)
            self._tray.put_back(mail)
            trouble, grave = error, False
        else:
            self._answered(mail, answer, client)
            if answer.code != CLOSING:
                self._breaker.passed()
                return following
            closing = f"{client.name}: {answer.code} {answer.text}"
            trouble, grave = TransportError(closing, permanent=False), False
        if following is not None:
            self._tray.put_back(following)
        await self._trouble(line, trouble, grave=grave)
        return None

    def _answered(self, mail: Mail, answer: Accepted | Refused, client: Client) -> None:
        """Record the server's answer to a mail, and heed what it says of all the others."""
        self._books.answered(mail.delivery, answer, client.name)
        self._pace.answered(mail.domain, answer.code, answer.text)
        if isinstance(answer, Accepted):
            self._refusals.accepted()
        elif answer.permanent:
            self._refusals.refused(answer.code, answer.text)
            if self._refusals.too_many():
                self._halt.set()

    async def _trouble(self, line: Line, error: TransportError, *, grave: bool = False) -> None:
        """Go on with another relay at once, or wait before the next try; raise ``error`` at the end."""
        if line.failed(error):
            return
        if isinstance(error, PutOff):
            self._pace.relay_put_off()
        wait = self._breaker.failed(error, grave=grave)
        await self._ledger.flush()
        await pause(self._halt, max(wait, line.back_in()))

    def _is_spare(self, line: Line) -> bool:
        """Tell whether the server lets others of our lines in, and not this one: it takes so many at once."""
        return not line.connected and any(other.connected for other in self._lines)

    def _client(self, relay: Relay) -> Client:
        return Client(relay, self._settings, self._habits, self._trace)


class _Spare(Exception):
    """The server takes fewer connections than we have lines; the others do this one's work."""

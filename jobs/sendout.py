"""Sending one issue that was started (``jobs.starting``), to its end: what command and scheduler share."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from digest.clock import Clock
from digest.db import Database
from digest.errors import DigestError, WrongState
from digest.issues.editions import frozen_edition
from digest.issues.life import move
from digest.issues.rendered import Renderer
from digest.issues.rows import IssueRow
from digest.issues.store import find_issue, get_issue
from digest.issues.values import Status
from digest.rendering.transparency import off_the_line
from digest.rendering.values import RenderedEmail
from digest.secrets import secret_keys
from digest.settings import Settings
from digest.week import Week
from jobs.deliveries import store as deliveries
from jobs.deliveries.bounces import refused_readers
from jobs.deliveries.store import Counts
from jobs.envelopes import Envelopes
from jobs.epochs import Epochs
from jobs.outgoing import SAMPLE_READER, LeaveAt, MakeFor, by_edition, composer, new_attempt
from jobs.sending.aside import beside
from jobs.sending.engine import Outcome, send_issue
from jobs.sending.ledger import Report
from jobs.sending.loop import run
from jobs.sending.relays import Relays
from jobs.sending.replies import OutcomeUnknown, Refused
from jobs.sending.single import send_one
from jobs.sending.trace import Trace
from jobs.sending.tray import Compose
from jobs.weekly import schedule_of
from subscribers.addresses import parse_address
from subscribers.bounces.door import refused
from subscribers.mailin.doors import Doors
from subscribers.store import Contact
from subscribers.tokens import Tokens

# How often a running sender looks whether it was asked to pause, in seconds.
_LOOK = 0.5


@dataclass(frozen=True, slots=True)
class SendOut:
    """Everything it takes to send issues from one database."""

    database: Database
    settings: Settings
    clock: Clock
    renderer: Renderer
    keys: tuple[str, ...]
    tokens: Tokens
    relays: Relays

    @classmethod
    def of(cls, settings: Settings, database: Database, clock: Clock) -> SendOut:
        """Return the send-out these settings describe; raises SettingsError."""
        keys = secret_keys(settings)
        relays = Relays.parse(settings.smtp.url.get_secret_value())
        return cls(database, settings, clock, Renderer.of(settings, keys[0]), keys, Tokens(keys), relays)

    @property
    def leave_at(self) -> LeaveAt:
        """What gives the address that takes a reader off the list by mail, "" if ``[mailin]`` names none."""
        return Doors.of(self.settings).leave_at(self.keys)

    @property
    def epochs(self) -> Epochs:
        """What notices that the database is an older copy."""
        return Epochs(self.database)

    def run(
        self,
        week: Week,
        stop: threading.Event,
        progress: Report | None = None,
        trace: Trace | None = None,
    ) -> Outcome:
        """Send to everybody who still waits for it; return when nothing is due, or soon after ``stop``.

        It is paused when too large a share is refused; the outcome says so. Raises TransportError when no
        relay can be used, with every unsent reader still waiting, and WrongState when it is not being sent,
        or by another process, or the database is a restored copy.
        """
        return run(self._run(week, stop, progress or _unwatched, trace))

    async def _run(self, week: Week, stop: threading.Event, progress: Report, trace: Trace | None) -> Outcome:
        with self.database.writing() as session:
            issue = get_issue(session, week, lock=True)
            if issue.status != Status.SENDING:
                raise WrongState(f"issue {week} is {issue.status}, not being sent")
            self.epochs.advance(issue)
        self.epochs.note(str(week), issue.epoch)
        compose, sender = self.composer(issue), self.envelopes.of_issue(week, _first_day(issue))
        asked = asyncio.Event()
        watcher = asyncio.create_task(self._watch(week, stop, asked))
        try:
            outcome = await send_issue(
                self.database,
                issue.id,
                compose=compose,
                sender=sender,
                relays=self.relays,
                settings=self.settings.sending,
                clock=self.clock,
                progress=progress,
                stop=asked,
                trace=trace,
            )
        finally:
            watcher.cancel()
        if outcome.too_many is not None:
            self._pause(week, outcome.too_many)
        # Before the issue is settled: what a crash leaves undone here is done by the next run.
        self._heed_refusals(week, issue)
        self._finish(week)
        return outcome

    def sample_message(
        self,
        email: RenderedEmail,
        week: Week,
        reader: Contact = SAMPLE_READER,
        *,
        attempt: str | None = None,
    ) -> bytes:
        """Return the message a reader would get: what preview and test send show.

        It is made like every other, by the same code; only the invented reader's links lead to nobody. Until
        sending starts, its Date is the week's slot. ``attempt`` gives it a Message-ID of its own.
        """
        with self.database.reading() as session:
            issue = find_issue(session, week)
        started = issue.started_at if issue is not None else None
        date = started or schedule_of(self.settings.schedule).slot(week).at
        identity, leave_at = self.renderer.identity, self.leave_at
        made = composer(email, week, date, identity, self.tokens, attempt=attempt, leave_at=leave_at)
        return off_the_line(made(reader))

    def test(self, week: Week, address: str, trace: Trace | None = None) -> None:
        """Send the issue as it stands to one address; nothing is recorded and no reader is involved.

        Raises BadInput for the address, DigestError when the server refuses it, TransportError.
        """
        recipient = parse_address(address).display
        with self.database.reading() as session:
            email = self.renderer.render(session, get_issue(session, week))
        tester = SAMPLE_READER._replace(address=recipient)
        self.deliver(self.sample_message(email, week, tester, attempt=new_attempt()), recipient, trace)

    def deliver(self, message: bytes, address: str, trace: Trace | None = None) -> None:
        """Send a message that no reader waits for to one address; nothing is recorded.

        Raises BadInput for the address, DigestError when the server refuses it, TransportError.
        """
        recipient = parse_address(address).display
        sender, sending = self.settings.mail.from_address, self.settings.sending
        try:
            answer = send_one(self.relays, sending, sender, recipient, message, trace=trace)
        except OutcomeUnknown as error:
            raise DigestError(f"{recipient} may or may not have it: {error}") from None
        if isinstance(answer, Refused):
            raise DigestError(f"the server refused {recipient}: {answer.code} {answer.text}")

    @property
    def envelopes(self) -> Envelopes:
        """The envelope senders of mails to readers."""
        return Envelopes.of(self.settings.mail, self.keys)

    def composer(self, issue: IssueRow) -> Compose:
        """Return the function that makes each reader's message of a started issue."""
        return by_edition(partial(self._compiled, issue))

    def _compiled(self, issue: IssueRow, edition: int | None) -> MakeFor:
        assert issue.started_at is not None
        with self.database.reading() as session:
            email = (
                self.renderer.render(session, issue) if edition is None else frozen_edition(session, edition)
            )
        week, identity = Week.parse(issue.week), self.renderer.identity
        return composer(email, week, issue.started_at, identity, self.tokens, leave_at=self.leave_at)

    async def _watch(self, week: Week, stop: threading.Event, asked: asyncio.Event) -> None:
        """Set ``asked`` when this process is told to stop, or the issue is paused by another."""
        # Each by itself: a database that hangs must not make us deaf.
        pausing = asyncio.create_task(self._heed_pause(week, asked))
        try:
            while not (stop.is_set() or asked.is_set()):
                await asyncio.sleep(_LOOK)
            asked.set()
        finally:
            pausing.cancel()

    async def _heed_pause(self, week: Week, asked: asyncio.Event) -> None:
        while not asked.is_set():
            # A database that is away for a moment comes back; the ledger waits for it too.
            with suppress(SQLAlchemyError):
                if await beside(partial(self._status, week)) != Status.SENDING:
                    asked.set()
            await asyncio.sleep(_LOOK)

    def _pause(self, week: Week, reason: str) -> None:
        """Leave it to a person whether the rest is to be sent; one that was stopped meanwhile stays so."""
        with self.database.writing() as session:
            issue = get_issue(session, week, lock=True)
            if issue.status == Status.SENDING:
                move(session, issue, Status.PAUSED, at=self.clock.now(), reason=reason)

    def _status(self, week: Week) -> str:
        with self.database.reading() as session:
            return get_issue(session, week).status

    def waiting_for_hour(self, week: Week) -> int:
        """Return how many readers of the week's issue wait for an hour they chose."""
        with self.database.reading() as session:
            issue = get_issue(session, week)
            return deliveries.waiting_for_hour(session, issue.id, self.clock.now())

    def _heed_refusals(self, week: Week, issue: IssueRow) -> None:
        """Do what follows where the server refused a mailbox; each page is a transaction of its own."""
        after = None
        while True:
            with self.database.reading() as session:
                page = refused_readers(session, issue.id, after)
            if page is None:
                return
            after = page.last
            with self.database.writing() as session:
                refused(
                    session,
                    page.codes,
                    str(week),
                    _first_day(issue),
                    clock=self.clock,
                    keys=self.keys,
                    settings=self.settings.bounces,
                )

    def _finish(self, week: Week) -> None:
        with self.database.writing() as session:
            issue = get_issue(session, week, lock=True)
            counts = deliveries.counts(session, issue.id)
            if issue.status == Status.SENDING and counts.settled:
                move(session, issue, Status.SENT, at=self.clock.now(), reason=counts.summary())
                self.epochs.advance(issue)
        self.epochs.note(str(week), issue.epoch)


def _first_day(issue: IssueRow) -> date:
    """Return the day (UTC) on which a started issue began to go out."""
    assert issue.started_at is not None
    return issue.started_at.date()


def _unwatched(counts: Counts, note: str | None) -> None:
    """Nobody looks at the progress."""

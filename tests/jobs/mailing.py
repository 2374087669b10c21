"""An issue and its audience in a database file, sent through the engine's public function."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

import digest.catalogue.rows
import digest.issues.rows
from digest.clock import Clock, SystemClock
from digest.db import Base, Database
from digest.rendering.transparency import OnTheLine, on_the_line
from digest.settings import SendingSettings
from jobs.deliveries import store
from jobs.deliveries.audience import freeze_audience
from jobs.deliveries.rows import DeliveryRow
from jobs.deliveries.values import Counts
from jobs.sending.engine import Outcome, send_issue
from jobs.sending.loop import run
from jobs.sending.relays import Relays
from jobs.sending.tray import Compose, Sender
from subscribers.audience import audience_select
from subscribers.rows import SubscriberRow
from subscribers.store import Contact

SENDER = "desk@digest.example.com"
RELAY = "smtp://mail.example.com:25"
QUICK = SendingSettings(
    connections=4,
    timeout=timedelta(seconds=5),
    final_timeout=timedelta(seconds=5),
    retry_first=timedelta(milliseconds=50),
    retry_most=timedelta(seconds=1),
)


def address(number: int) -> str:
    return f"reader{number:05d}@example.com"


def same_sender(contact: Contact) -> str:
    del contact
    return SENDER


def message_for(contact: Contact, edition: int | None = None) -> OnTheLine:
    del edition
    return on_the_line(
        f"From: {SENDER}\r\nTo: {contact.address}\r\nSubject: Verdicts\r\n\r\n"
        f"Ship or skip, {contact.public_id}?\r\n".encode()
    )


@dataclass
class Mailing:
    """A started issue with its frozen audience; reader n has the row id n and the address ``address(n)``."""

    database: Database
    issue_id: int
    settings: SendingSettings = QUICK
    seen: list[Counts] = field(default_factory=list)
    clock: Clock = field(default_factory=SystemClock)

    def send(
        self,
        port: int,
        *,
        url: str = "smtp://127.0.0.1:{port}",
        compose: Compose = message_for,
        sender: Sender = same_sender,
        patience: float = 5.0,
        stop: asyncio.Event | None = None,
    ) -> Outcome:
        """Send what is due, as the command does."""
        return run(self.sending(port, url=url, compose=compose, sender=sender, patience=patience, stop=stop))

    async def sending(
        self,
        port: int,
        *,
        url: str = "smtp://127.0.0.1:{port}",
        compose: Compose = message_for,
        sender: Sender = same_sender,
        patience: float = 5.0,
        stop: asyncio.Event | None = None,
    ) -> Outcome:
        return await send_issue(
            self.database,
            self.issue_id,
            compose=compose,
            sender=sender,
            relays=Relays.parse(url.format(port=port)),
            settings=self.settings,
            clock=self.clock,
            progress=self.saw,
            stop=stop or asyncio.Event(),
            patience=patience,
        )

    def saw(self, counts: Counts, note: str | None) -> None:
        """Take what the sender reports of its progress."""
        del note
        self.seen.append(counts)

    def counts(self) -> Counts:
        with self.database.reading() as session:
            return store.counts(session, self.issue_id)

    def row(self, reader: int) -> DeliveryRow:
        """Return the delivery to reader number ``reader``."""
        with self.database.reading() as session:
            return session.scalars(select(DeliveryRow).where(DeliveryRow.reader_id == reader)).one()

    def states(self) -> dict[str, str]:
        """Return where each reader's delivery stands, by address."""
        with self.database.reading() as session:
            rows = session.execute(
                select(SubscriberRow.address, DeliveryRow.state).join(
                    DeliveryRow, DeliveryRow.reader_id == SubscriberRow.id
                )
            )
            return dict(rows.all())


def new_mailing(file: Path, readers: int) -> Mailing:
    """Make a database with an issue being sent to ``readers`` confirmed readers."""
    database = Database(f"sqlite:///{file}")
    Base.metadata.create_all(database.engine)
    return mailing_in(database, readers)


def mailing_in(database: Database, readers: int) -> Mailing:
    """Put an issue being sent to ``readers`` confirmed readers into an empty database with all tables."""
    now = datetime.now(UTC)
    with database.writing() as session:
        issue = digest.issues.rows.IssueRow(
            newsletter="weekly", week="2026-W47", status="sending", seed=1, built_at=now
        )
        session.add(issue)
        session.add_all(reader_row(number, now) for number in range(1, readers + 1))
        session.flush()
        freeze_audience(session, issue.id, audience_select(now), now)
        return Mailing(database, issue.id)


def reader_row(number: int, now: datetime, status: str = "confirmed") -> SubscriberRow:
    return SubscriberRow(
        id=number,
        public_id=f"r{number}",
        address=address(number),
        address_key=address(number),
        status=status,
        joined_at=now,
    )

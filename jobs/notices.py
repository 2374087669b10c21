"""Sends the single mails that ``subscribers.notices`` queues: confirm, welcome, leave, goodbye and so on.

The queue is the table, so a sign-up during an outage of the relay still gets its mail. The next try is
booked before a mail leaves: a crash in between sends a confirmation a second time at worst, which harms
nobody, whereas one that never comes loses a reader.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from digest.clock import Clock
from digest.db import Database
from digest.errors import BadInput, TransportError
from digest.rendering.edition import Edition, Personal
from digest.rendering.mail import render_mail
from digest.rendering.slots import sentinel_for
from digest.rendering.values import RenderedEmail
from digest.settings import SendingSettings
from jobs.letters import TO_THE_LIST, letter_values
from jobs.sending.loop import run
from jobs.sending.relay import Relay
from jobs.sending.replies import GAVE_UP, OutcomeUnknown, Refused, fit_to_keep
from jobs.sending.retry import next_try
from jobs.sending.single import Courier
from jobs.sendout import SendOut
from subscribers.bounces.door import refused_notice
from subscribers.bounces.verp import Mail, Sort
from subscribers.notices import PENDING, PROBE
from subscribers.rows import NoticeRow, SubscriberRow
from subscribers.tokens import Purpose

SENT = "sent"
FAILED = "failed"
# Seconds between two looks at ``stop``, and for a mail under way once it is set.
_LOOK = 0.2
_GRACE = 2.0


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice that is due and is ours to send. ``attempts`` counts this try; ``queued_on`` is in UTC."""

    id: int
    kind: str
    attempts: int
    queued_on: date
    reader_id: int
    public_id: str
    address: str


Compose = Callable[[Notice], bytes]
Sender = Callable[[Notice], str]
# Told the server's answer to a notice that it refused for good, or the last one when the notice is given up.
OnRefusal = Callable[[Session, Notice, str], None]


def send_due_notices(work: SendOut, stop: threading.Event) -> int:
    """Send every notice that is due; return how many were sent, soon after ``stop`` in any case.

    One refused for good is failed, one put off is tried again with growing waits up to ``[sending]
    give_up_after``. Raises TransportError when the relay cannot be used; all of them wait then.
    """
    return run(_until(stop, work))


async def _until(stop: threading.Event, work: SendOut) -> int:
    """Deliver until the queue is empty or ``stop`` is set; a mail then under way is cut off after a moment.

    It may arrive twice for that, which is what a notice is allowed to do.
    """
    delivering = asyncio.create_task(
        deliver_notices(
            work.database,
            work.relays,
            work.clock,
            settings=work.settings.sending,
            sender=lambda notice: _sender(work, notice),
            compose=lambda notice: _message(work, notice),
            on_refusal=lambda session, notice, reply: _refused(work, session, notice, reply),
            stop=stop,
        )
    )
    while not stop.is_set():
        done, _ = await asyncio.wait({delivering}, timeout=_LOOK)
        if done:
            return delivering.result()
    await asyncio.wait({delivering}, timeout=_GRACE)
    delivering.cancel()
    with suppress(asyncio.CancelledError):
        return await delivering
    return 0


async def deliver_notices(
    database: Database,
    relays: Sequence[Relay],
    clock: Clock,
    *,
    settings: SendingSettings,
    sender: Sender,
    compose: Compose,
    on_refusal: OnRefusal | None = None,
    stop: threading.Event | None = None,
) -> int:
    """Do what ``send_due_notices`` says; ``compose`` makes the message and may raise BadInput.

    ``on_refusal`` is called in the transaction that fails the notice.
    """
    sent = 0
    async with Courier(relays, settings) as courier:
        while not (stop and stop.is_set()):
            notice = await asyncio.to_thread(_take, database, settings, clock, on_refusal)
            if notice is None:
                break
            try:
                changes = await _try(courier, notice, sender(notice), compose, clock)
            except TransportError:
                # Not this mail's fault: it is due again soon, however often it was tried before.
                back = {"attempts": notice.attempts - 1, "next_try_at": clock.now() + settings.retry_first}
                await asyncio.to_thread(_change, database, notice, back)
                raise
            await asyncio.to_thread(_change, database, notice, changes, on_refusal)
            sent += changes.get("state") == SENT
    return sent


async def _try(
    courier: Courier, notice: Notice, sender: str, compose: Compose, clock: Clock
) -> dict[str, object]:
    """Send one notice and return the columns its row is to get."""
    try:
        answer = await courier.send(sender, notice.address, compose(notice))
    except BadInput as error:
        return {"state": FAILED, "error": fit_to_keep(f"not sent: {error}", notice.address)}
    except OutcomeUnknown as error:
        return {"error": str(error)}
    if not isinstance(answer, Refused):
        return {"state": SENT, "sent_at": clock.now(), "error": None}
    error_text = f"{answer.code} {answer.text}"
    return {"state": FAILED, "error": error_text} if answer.permanent else {"error": error_text}


def _take(
    database: Database, settings: SendingSettings, clock: Clock, on_refusal: OnRefusal | None
) -> Notice | None:
    """Book the next try of the notice that has been due the longest, and return it; None if none is due.

    One that was tried for long enough is failed on the way.
    """
    while True:
        now = clock.now()
        with database.reading() as session:
            found = _due(session, now)
        if found is None:
            return None
        row, reader = found
        attempts = row.attempts + 1
        booked = next_try(settings, key=row.id, attempts=attempts, first_try_at=row.queued_at, now=now)
        address = row.address or reader.address
        queued_on = row.queued_at.date()
        notice = Notice(row.id, row.kind, attempts, queued_on, reader.id, reader.public_id, address)
        if booked is None:
            _give_up(database, row, notice, on_refusal)
            continue
        with database.writing() as session:
            ours = _book(session, row, {"attempts": attempts, "next_try_at": booked})
        if ours:
            return notice


def _give_up(database: Database, row: NoticeRow, notice: Notice, on_refusal: OnRefusal | None) -> None:
    """Fail a notice that was put off for too long: the last answer to it is a refusal then."""
    error = f"{GAVE_UP}{row.error or 'the relay was never there'}"
    with database.writing() as session:
        ours = _book(session, row, {"state": FAILED, "error": error, "address": None})
        if ours and row.error is not None and on_refusal is not None:
            on_refusal(session, notice, row.error)


def _due(session: Session, now: datetime) -> tuple[NoticeRow, SubscriberRow] | None:
    query = (
        select(NoticeRow, SubscriberRow)
        .join(SubscriberRow, SubscriberRow.id == NoticeRow.subscriber_id)
        .where(NoticeRow.state == PENDING, NoticeRow.next_try_at <= now)
        .order_by(NoticeRow.next_try_at, NoticeRow.id)
        .limit(1)
    )
    found = session.execute(query).one_or_none()
    return None if found is None else (found[0], found[1])


def _book(session: Session, row: NoticeRow, changes: dict[str, object]) -> bool:
    """Write the changes unless another process was quicker; tell whether it is ours."""
    ours = (
        update(NoticeRow)
        .where(NoticeRow.id == row.id, NoticeRow.state == PENDING, NoticeRow.attempts == row.attempts)
        .values(changes)
        .returning(NoticeRow.id)
    )
    return session.scalar(ours) is not None


def _change(
    database: Database, notice: Notice, changes: dict[str, object], on_refusal: OnRefusal | None = None
) -> None:
    if changes.get("state") in (SENT, FAILED):
        changes = {**changes, "address": None}
    with database.writing() as session:
        # A notice that was taken back while it was on its way keeps that state.
        session.execute(
            update(NoticeRow).where(NoticeRow.id == notice.id, NoticeRow.state == PENDING).values(changes)
        )
        if on_refusal is not None and changes.get("state") == FAILED:
            on_refusal(session, notice, str(changes["error"]))


def _sender(work: SendOut, notice: Notice) -> str:
    return work.envelopes.of_notice(notice.id, notice.reader_id, work.clock.now().date())


def _refused(work: SendOut, session: Session, notice: Notice, reply: str) -> None:
    refused_notice(
        session,
        # Of the day it was queued: it may have been tried at an address that the reader has left since.
        Mail(Sort.NOTICE, notice.id, notice.reader_id, notice.queued_on),
        reply,
        probe=notice.kind == PROBE,
        clock=work.clock,
        keys=work.keys,
        settings=work.settings.bounces,
    )


def _message(work: SendOut, notice: Notice) -> bytes:
    domain = work.settings.mail.from_address.rpartition("@")[2]
    return notice_message(
        work,
        notice.kind,
        public_id=notice.public_id,
        address=notice.address,
        message_id=f"<{notice.kind}.{notice.id}.{notice.public_id}@{domain}>",
        key=str(notice.id),
    )[1]


def notice_message(
    work: SendOut, kind: str, *, public_id: str, address: str, message_id: str, key: str
) -> tuple[RenderedEmail, bytes]:
    """Return a notice's e-mail and its message. It carries nothing that the person who filled the form wrote.

    ``kind`` is a mail's name among the templates, ``key`` tells this notice from all others. Raises
    TemplateError.
    """
    identity = work.renderer.identity
    values = letter_values(work, kind, public_id, address)
    sentinel = sentinel_for(work.renderer.secret, f"notice:{key}")
    email = render_mail(kind, values, identity, sentinel, templates=work.renderer.templates)
    personal = Personal(
        address=address,
        name=None,
        message_id=message_id,
        date=work.clock.now(),
        unsubscribe=work.tokens.sign(Purpose.UNSUBSCRIBE, public_id),
        leave_at=work.leave_at(public_id),
    )
    return email, Edition.compile(email, identity, one_click=kind in TO_THE_LIST).message(personal)

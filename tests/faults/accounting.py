"""Whether the ledger tells the truth: each reader's delivery against what the server really read and said."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from jobs.deliveries.rows import DeliveryRow
from jobs.sending.tray import Compose
from subscribers.store import Contact
from subscribers.values import Status
from tests.faults.server import FaultyServer
from tests.faults.truth import Body, Mark, Truth
from tests.jobs.mailing import Mailing, address, message_for

_SHOWN = 60


def sender_of(contact: Contact) -> str:
    """Return an envelope sender that only this reader has, as VERP does."""
    return f"desk+{contact.public_id}@digest.example.com"


def accounted(mailing: Mailing, server: FaultyServer, compose: Compose = message_for) -> None:
    """Check that every reader is accounted for; to be called when the engine has returned or raised.

    Nobody may have been mailed twice, or in another's envelope; no body may have gone to anyone refused;
    ``sent``, ``failed``, ``pending`` and ``unknown`` must be true; what is kept must be this reader's answer.
    """
    server.settle()
    problems = [*server.truth.offences]
    for body in server.truth.bodies:
        problems += _misled(body, compose)
    with mailing.database.reading() as session:
        for row in session.scalars(select(DeliveryRow)):
            problems += [f"reader {row.reader_id}, {row.state}: {word}" for word in _wrong(row, server.truth)]
    assert not problems, "\n".join([*problems, "the last that happened:", *server.truth.log[-_SHOWN:]])


def _misled(body: Body, compose: Compose) -> Iterator[str]:
    """Say what is wrong with a body and the envelope it came in."""
    if len(body.readers) != 1:
        yield f"a body for {body.recipients}"
        return
    contact = contact_of(body.readers[0])
    if body.sender != sender_of(contact):
        yield f"{body.recipients} got a body from {body.sender}"
    if body.content + b".\r\n" != compose(contact, None):
        yield f"{body.recipients} got another's body, or a part of it: {body.content!r}"


def _wrong(row: DeliveryRow, truth: Truth) -> Iterator[str]:
    """Say what the ledger has wrong about one reader."""
    bodies = truth.bodies_for(row.reader_id)
    kept = [body for body in bodies if not body.refused]
    if len(kept) > 1:
        yield f"got {len(kept)} bodies that were not refused"
    if row.state == "sending":
        yield "still open"
    if row.state == "unknown" and row.reader_id not in truth.promised:
        yield "no body for them was ever begun"
    if not any(body.lying for body in bodies):
        yield from _untrue(row, bodies, kept)
        yield from _misattributed(row, truth)


def _untrue(row: DeliveryRow, bodies: list[Body], kept: list[Body]) -> Iterator[str]:
    if row.state == "sent" and not any(body.shape.kind == 2 for body in kept):
        yield "never taken"
    if row.state == "failed" and kept:
        yield "and yet it may have been taken"
    if row.state == "pending" and (kept or any(body.shape.kind != 4 for body in bodies)):
        yield "and yet a body was not put off"
    for body in kept:
        if body.proven and body.shape.plain and body.shape.code == 250 and row.state != "sent":
            yield "and yet it was taken, and the client knows"


def _misattributed(row: DeliveryRow, truth: Truth) -> Iterator[str]:
    """Compare the answer that was kept with the marks of those that were given."""
    marks = Mark.all_in(row.reply or "")
    for mark in marks:
        if mark.reader != row.reader_id:
            yield f"keeps an answer that was {mark.reader}'s: {row.reply}"
    if row.code is None or not marks:
        if row.state == "sent":
            yield f"keeps no answer of the server: {row.code} {row.reply}"
        return
    given = truth.answers[marks[-1].number]
    if given.plain and row.code != given.code:
        yield f"keeps {row.code} for an answer of {given.code}"
    if row.state == "sent" and marks[-1] not in [body.mark for body in truth.bodies_for(row.reader_id)]:
        yield f"keeps the answer to {marks[-1].verb}"


def contact_of(reader: int) -> Contact:
    """Return what the engine knows of a reader of the tests' lists."""
    return Contact(reader, f"r{reader}", address(reader), None, Status.CONFIRMED)

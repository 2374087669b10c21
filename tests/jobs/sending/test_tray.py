"""The tray, over a real ledger: who comes next, who comes again, and what is given back to the pace."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from digest.errors import BadInput
from digest.rendering.transparency import OnTheLine
from jobs.deliveries import store
from jobs.deliveries.values import Delivery, Letter
from jobs.sending.books import Books
from jobs.sending.ledger import Ledger
from jobs.sending.loop import run
from jobs.sending.pace import Pace
from jobs.sending.tray import Compose, Mail, Tray
from subscribers.rows import SubscriberRow
from subscribers.store import Contact
from tests.jobs.mailing import QUICK, Mailing, message_for, same_sender

READERS = 10
# Messages a second: whoever has to wait for the pace waits far longer than any test.
ONE_AND_NO_MORE = 0.001
# Seconds; whoever waits so long has met a bug, not a slow machine.
LONG = 60.0


@dataclass
class Desk:
    """A tray and what it works with."""

    tray: Tray
    ledger: Ledger
    pace: Pace
    halt: asyncio.Event

    async def readers(self) -> list[int]:
        """Return whose mails come, until none is left."""
        found: list[int] = []
        while (mail := await self.tray.next()) is not None:
            found.append(reader(mail))
        return found


def reader(mail: Mail | None) -> int:
    assert mail is not None
    return mail.delivery.reader_id


def at_desk(
    mailing: Mailing,
    work: Callable[[Desk], Awaitable[None]],
    *,
    rate: float | None = None,
    compose: Compose = message_for,
) -> None:
    async def inside() -> None:
        settings = QUICK.model_copy(update={"rate_per_second": rate})
        async with Ledger(mailing.database, mailing.issue_id, mailing.clock, mailing.saw) as ledger:
            pace, halt = Pace(settings, monotonic), asyncio.Event()
            books = Books(ledger, settings, mailing.clock)
            tray = Tray(ledger, books, pace, compose, same_sender, halt)
            await asyncio.wait_for(work(Desk(tray, ledger, pace, halt)), LONG)

    run(inside())


def nothing_for_the_first_three(contact: Contact, edition: int | None) -> OnTheLine:
    if contact.id <= 3:
        raise BadInput(f"{contact.address} cannot stand in a header")
    return message_for(contact, edition)


def test_everybody_comes_once_in_order_with_an_envelope_of_their_own(mailing: Mailing) -> None:
    async def work(desk: Desk) -> None:
        assert desk.tray.at_once() is None, "nobody is claimed yet"
        first = await desk.tray.next()
        assert first is not None
        assert (first.domain, first.envelope.recipient) == ("example.com", "reader00001@example.com")
        assert reader(desk.tray.at_once()) == 2
        assert await desk.readers() == list(range(3, READERS + 1))
        assert desk.tray.at_once() is None

    at_desk(mailing, work)


def test_the_size_that_is_announced_is_the_messages_without_its_lone_dot(mailing: Mailing) -> None:
    async def work(desk: Desk) -> None:
        mail = await desk.tray.next()
        assert mail is not None
        assert bytes(mail.message).endswith(b"?\r\n.\r\n")
        assert mail.envelope.size == len(mail.message) - len(b".\r\n")

    at_desk(mailing, work)


def test_who_cannot_be_written_to_fails_and_costs_the_pace_nothing(mailing: Mailing) -> None:
    async def work(desk: Desk) -> None:
        assert reader(await desk.tray.next()) == 4
        assert desk.pace.open_in() > LONG, "the fourth has taken the only place"
        await desk.ledger.flush()

    at_desk(mailing, work, rate=ONE_AND_NO_MORE, compose=nothing_for_the_first_three)
    rows = [mailing.row(number) for number in (1, 2, 3)]
    assert [(row.state, row.attempts) for row in rows] == [("failed", 0)] * 3
    assert rows[0].reply == "not sent: …@… cannot stand in a header"


def test_who_left_the_list_fails_and_costs_the_pace_nothing(mailing: Mailing) -> None:
    with mailing.database.writing() as session:
        session.execute(update(SubscriberRow).where(SubscriberRow.id == 1).values(status="unsubscribed"))

    async def work(desk: Desk) -> None:
        assert reader(await desk.tray.next()) == 2

    at_desk(mailing, work, rate=ONE_AND_NO_MORE)
    assert mailing.row(1).reply == "not sent: the reader left the list or paused before it was sent"


def test_a_mail_that_is_put_back_comes_before_all_others_and_takes_no_second_place(mailing: Mailing) -> None:
    async def work(desk: Desk) -> None:
        mail = await desk.tray.next()
        assert mail is not None
        assert desk.tray.at_once() is None, "the pace lets nobody else go"
        desk.tray.put_back(mail)
        assert desk.tray.at_once() is mail
        assert desk.tray.at_once() is None

    at_desk(mailing, work, rate=ONE_AND_NO_MORE)


def test_mails_that_are_put_back_come_in_the_order_they_were(mailing: Mailing) -> None:
    async def work(desk: Desk) -> None:
        one, two = await desk.tray.next(), await desk.tray.next()
        assert one is not None
        assert two is not None
        desk.tray.put_back(two)
        desk.tray.put_back(one)
        assert await desk.readers() == [2, 1, *range(3, READERS + 1)]

    at_desk(mailing, work)


def test_looking_again_brings_a_mail_that_was_put_back_once_and_no_more(mailing: Mailing) -> None:
    async def work(desk: Desk) -> None:
        mail = await desk.tray.next()
        assert mail is not None
        assert len(await desk.readers()) == READERS - 1
        desk.tray.put_back(mail)
        desk.tray.rewind()
        assert await desk.readers() == list(range(1, READERS + 1))

    at_desk(mailing, work)


def test_looking_again_gives_the_place_of_a_mail_that_was_put_back_to_the_pace(mailing: Mailing) -> None:
    async def work(desk: Desk) -> None:
        mail = await desk.tray.next()
        assert mail is not None
        desk.tray.put_back(mail)
        assert desk.pace.open_in() > LONG
        desk.tray.rewind()
        assert desk.pace.open_in() == 0.0

    at_desk(mailing, work, rate=ONE_AND_NO_MORE)


def test_mails_made_ahead_stand_in_line_again_once_somebody_asks_to_slow_down(mailing: Mailing) -> None:
    async def work(desk: Desk) -> None:
        assert reader(await desk.tray.next()) == 1
        desk.pace.relay_put_off()
        assert desk.tray.at_once() is None

    at_desk(mailing, work)


def test_mails_made_ahead_keep_their_order_when_they_are_made_again(mailing: Mailing) -> None:
    made: list[str] = []

    def compose(contact: Contact, edition: int | None) -> OnTheLine:
        made.append(contact.address)
        return message_for(contact, edition)

    async def work(desk: Desk) -> None:
        first = reader(await desk.tray.next())
        assert len(made) > 1
        # Of a domain nobody here has, so that there is something to ask for and nobody waits.
        desk.pace.answered("other.example", 421, "4.7.0 slow down")
        assert [first, *await desk.readers()] == list(range(1, READERS + 1))

    at_desk(mailing, work, compose=compose)


def test_once_halted_it_gives_nobody_not_even_who_was_put_back(mailing: Mailing) -> None:
    async def work(desk: Desk) -> None:
        mail = await desk.tray.next()
        assert mail is not None
        desk.tray.put_back(mail)
        desk.halt.set()
        assert desk.tray.at_once() is None
        assert await desk.tray.next() is None

    at_desk(mailing, work)


def test_a_halt_wakes_who_waits_for_the_pace(mailing: Mailing) -> None:
    async def work(desk: Desk) -> None:
        await desk.tray.next()
        waiting = asyncio.create_task(desk.tray.next())
        # It may be in its flush still; the halt reaches it there as well.
        await asyncio.sleep(0)
        assert not waiting.done()
        desk.halt.set()
        assert await waiting is None

    at_desk(mailing, work, rate=ONE_AND_NO_MORE)


def test_lines_that_ask_at_the_same_time_share_one_claim(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims, claim = list[int](), store.claim_due

    def note(session: Session, issue_id: int, now: datetime, limit: int, *after: Delivery) -> list[Letter]:
        claims.append(limit)
        return claim(session, issue_id, now, limit, *after)

    async def work(desk: Desk) -> None:
        mails = await asyncio.gather(*(desk.tray.next() for _ in range(READERS)))
        assert sorted(reader(mail) for mail in mails) == list(range(1, READERS + 1))
        # Taking the first of so short a line asks for more at once, and finds that there are none.
        await desk.ledger.standing()

    monkeypatch.setattr(store, "claim_due", note)
    at_desk(mailing, work)
    assert len(claims) == 2


def test_a_line_that_is_stopped_leaves_the_claim_to_those_who_wait_for_it(mailing: Mailing) -> None:
    async def work(desk: Desk) -> None:
        stopped, other = (asyncio.create_task(desk.tray.next()) for _ in range(2))
        await asyncio.sleep(0)
        stopped.cancel()
        assert reader(await other) == 1
        assert stopped.cancelled()
        assert await desk.readers() == list(range(2, READERS + 1))

    at_desk(mailing, work)

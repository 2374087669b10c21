"""The engine against live servers: who gets mail, who does not, and what the ledger says of it."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from digest.db import Database
from digest.errors import BadInput, TransportError, WrongState
from digest.rendering.transparency import OnTheLine, on_the_line
from digest.settings import SendingSettings
from jobs.deliveries.rows import DeliveryRow
from jobs.sending import breaker
from jobs.sending.lock import sender_lock
from jobs.sending.loop import run
from subscribers.rows import SubscriberRow
from subscribers.store import Contact
from tests.jobs.mailing import QUICK, Mailing, address, message_for, new_mailing
from tests.servers import HANG_UP, SILENCE, Mailbox, Sink, mail_server, serving

pytestmark = pytest.mark.usefixtures("either_loop")


def changed(**settings: object) -> SendingSettings:
    return QUICK.model_copy(update=settings)


def audience(number: int) -> list[str]:
    return [address(reader) for reader in range(1, number + 1)]


def test_every_reader_of_two_hundred_gets_the_message_exactly_once(tmp_path: Path) -> None:
    mailing = new_mailing(tmp_path / "digest.db", readers=200)
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        outcome = mailing.send(port)
    assert sorted(mailbox.recipients) == audience(200)
    assert all(f"To: {recipient}".encode() in message for recipient, message in mailbox.messages)
    assert (outcome.counts.sent, outcome.counts.audience, outcome.next_try_at) == (200, 200, None)


def test_sending_twice_sends_nobody_twice(mailing: Mailing) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        mailing.send(port)
        outcome = mailing.send(port)
    assert sorted(mailbox.recipients) == audience(10)
    assert outcome.counts.sent == 10


def test_the_message_arrives_byte_for_byte(mailing: Mailing) -> None:
    body = b"Subject: x\r\n\r\n.\r\n..\r\n.leading dot\r\nend =C3=A9\r\n\r\n"
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        mailing.send(port, compose=lambda contact, edition: on_the_line(body))
    assert [message for _, message in mailbox.messages] == [body] * 10


def test_a_reader_refused_with_5xx_is_failed_with_code_and_reply_and_tried_once(mailing: Mailing) -> None:
    mailbox = Mailbox(refuse={address(3): [f"550 5.1.1 <{address(3)}> no such user"]})
    with mail_server(mailbox) as port:
        outcome = mailing.send(port)
    row = mailing.row(3)
    assert (row.state, row.code, row.reply) == ("failed", 550, "5.1.1 <…@…> no such user")
    assert (outcome.counts.sent, outcome.counts.failed) == (9, 1)
    assert mailbox.tried.count(address(3)) == 1
    assert address(3) not in mailbox.recipients


def test_a_refused_message_never_falls_into_the_next_readers_envelope(tmp_path: Path) -> None:
    mailing = new_mailing(tmp_path / "digest.db", readers=20)
    mailing.settings = changed(connections=1)
    mailbox = Mailbox(refuse={address(number): ["550 no"] for number in range(1, 20, 2)})
    with mail_server(mailbox) as port:
        mailing.send(port)
    assert [recipient for recipient, _ in mailbox.messages] == audience(20)[1::2]
    assert all(f"To: {recipient}".encode() in message for recipient, message in mailbox.messages)


def test_a_reader_put_off_with_451_gets_it_later_and_holds_up_nobody(mailing: Mailing) -> None:
    mailbox = Mailbox(refuse={address(1): ["451 4.7.1 come back later", "451 4.7.1 later still"]})
    with mail_server(mailbox) as port:
        outcome = mailing.send(port)
    assert outcome.counts.sent == 10
    assert mailbox.recipients[-1] == address(1)
    row = mailing.row(1)
    assert (row.state, row.attempts, row.code) == ("sent", 3, 250)


def test_a_retry_that_is_not_due_soon_is_left_for_the_next_call(mailing: Mailing) -> None:
    mailing.settings = changed(retry_first=timedelta(minutes=10), retry_most=timedelta(hours=1))
    mailbox = Mailbox(refuse={address(1): ["451 4.7.1 come back later"]})
    with mail_server(mailbox) as port:
        outcome = mailing.send(port)
    row = mailing.row(1)
    assert (row.state, row.attempts, row.code, row.reply) == ("pending", 1, 451, "4.7.1 come back later")
    assert outcome.next_try_at == row.next_try_at
    assert timedelta(minutes=7) < row.next_try_at - datetime.now(UTC) < timedelta(minutes=13)


def test_a_reader_put_off_for_too_long_is_given_up(mailing: Mailing) -> None:
    mailing.settings = changed(give_up_after=timedelta(milliseconds=200))
    mailbox = Mailbox(refuse={address(1): ["452 4.2.2 full"] * 50})
    with mail_server(mailbox) as port:
        outcome = mailing.send(port)
    row = mailing.row(1)
    assert (row.state, row.code, row.reply) == ("failed", 452, "gave up: 4.2.2 full")
    assert row.attempts >= 3
    assert outcome.next_try_at is None


def test_a_message_refused_after_its_body_is_failed(mailing: Mailing) -> None:
    sink = Sink(
        lambda step, recipient: "554 5.7.1 spam" if (step, recipient) == ("BODY", address(2)) else None
    )
    with sink.serve() as port:
        outcome = mailing.send(port)
    assert (mailing.row(2).state, mailing.row(2).code) == ("failed", 554)
    assert (outcome.counts.sent, outcome.counts.failed) == (9, 1)


def test_a_server_that_is_down_leaves_everybody_waiting_and_uncounted(mailing: Mailing) -> None:
    with serving(asyncio.Protocol) as port:
        pass
    with pytest.raises(
        TransportError, match=rf"smtp://127.0.0.1:{port} cannot be reached: connection refused"
    ) as raised:
        mailing.send(port)
    assert not raised.value.permanent
    assert mailing.counts().pending == 10
    assert {mailing.row(number).attempts for number in range(1, 11)} == {0}


def test_a_server_that_comes_back_is_used_again(mailing: Mailing) -> None:
    greetings = iter(["421 too busy", "421 too busy", HANG_UP])
    sink = Sink(lambda step, recipient: next(greetings, None) if step == "CONNECT" else None)
    with sink.serve() as port:
        outcome = mailing.send(port)
    assert outcome.counts.sent == 10
    assert {mailing.row(number).attempts for number in range(1, 11)} == {1}


def test_a_server_that_closes_the_connection_between_messages_costs_no_reader_an_attempt(
    mailing: Mailing,
) -> None:
    taken = Counter[str]()

    def closes_after_two(step: str, recipient: str) -> str | None:
        taken[step] += 1
        return "421 4.3.2 enough for one connection" if step == "MAIL" and taken[step] % 3 == 0 else None

    with Sink(closes_after_two).serve() as port:
        outcome = mailing.send(port)
    assert outcome.counts.sent == 10
    assert {mailing.row(number).attempts for number in range(1, 11)} == {1}


def test_a_connection_lost_before_the_body_is_tried_again_without_counting(mailing: Mailing) -> None:
    hang_ups = iter([HANG_UP])
    sink = Sink(
        lambda step, recipient: next(hang_ups, None) if (step, recipient) == ("DATA", address(5)) else None
    )
    with sink.serve() as port:
        mailing.send(port)
    assert sorted(sink.accepted) == audience(10)
    assert (mailing.row(5).state, mailing.row(5).attempts) == ("sent", 1)


def test_a_reader_at_whom_the_server_always_hangs_up_is_put_off_and_the_others_are_sent(
    mailing: Mailing,
) -> None:
    mailing.settings = changed(retry_first=timedelta(hours=1), retry_most=timedelta(hours=1))
    sink = Sink(lambda step, recipient: HANG_UP if (step, recipient) == ("RCPT", address(1)) else None)
    with sink.serve() as port:
        outcome = mailing.send(port)
    assert (outcome.counts.sent, outcome.counts.pending) == (9, 1)
    assert mailing.row(1).attempts == 1


def test_a_server_that_hangs_up_after_a_body_leaves_it_unknown_and_it_is_never_sent_again(
    mailing: Mailing,
) -> None:
    sink = Sink(lambda step, recipient: HANG_UP if (step, recipient) == ("BODY", address(7)) else None)
    with sink.serve() as port:
        mailing.send(port)
        outcome = mailing.send(port)
    assert (outcome.counts.sent, outcome.counts.unknown, outcome.counts.pending) == (9, 1, 0)
    assert sink.accepted.count(address(7)) == 1
    row = mailing.row(7)
    assert row.state == "unknown"
    assert row.reply is not None and "no answer" in row.reply


def test_a_server_that_never_answers_a_body_leaves_it_unknown(mailing: Mailing) -> None:
    mailing.settings = changed(timeout=timedelta(milliseconds=300))
    sink = Sink(lambda step, recipient: SILENCE if (step, recipient) == ("BODY", address(7)) else None)
    with sink.serve() as port:
        outcome = mailing.send(port)
    assert (outcome.counts.sent, outcome.counts.unknown) == (9, 1)


def test_a_server_that_drops_every_body_does_not_get_the_whole_list(tmp_path: Path) -> None:
    mailing = new_mailing(tmp_path / "digest.db", readers=100)
    sink = Sink(lambda step, recipient: HANG_UP if step == "BODY" else None)
    with sink.serve() as port, pytest.raises(TransportError, match="no answer to the message"):
        mailing.send(port)
    counts = mailing.counts()
    assert counts.unknown == len(sink.accepted) <= 10
    assert counts.pending == 100 - counts.unknown


def test_a_refused_sender_stops_the_send_out_and_costs_no_reader_anything(mailing: Mailing) -> None:
    sink = Sink(lambda step, recipient: "550 5.7.60 not allowed to send as that" if step == "MAIL" else None)
    with sink.serve() as port, pytest.raises(TransportError, match="check \\[mail\\] from_address") as raised:
        mailing.send(port)
    assert raised.value.permanent
    assert mailing.counts().pending == 10


def test_a_reader_who_left_or_was_erased_after_the_freeze_is_not_mailed(mailing: Mailing) -> None:
    with mailing.database.writing() as session:
        session.execute(update(SubscriberRow).where(SubscriberRow.id == 2).values(status="unsubscribed"))
        session.execute(delete(SubscriberRow).where(SubscriberRow.id == 4))
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        outcome = mailing.send(port)
    assert (outcome.counts.sent, outcome.counts.failed) == (8, 2)
    assert not {address(2), address(4)} & set(mailbox.tried)
    assert {mailing.row(number).reply for number in (2, 4)} == {
        "not sent: the reader left the list or paused before it was sent"
    }


def test_a_reader_who_leaves_in_mid_send_is_not_mailed(mailing: Mailing) -> None:
    mailing.settings = changed(retry_first=timedelta(milliseconds=400))

    def leaves(step: str, recipient: str) -> str | None:
        if (step, recipient) != ("RCPT", address(6)):
            return None
        with mailing.database.writing() as session:
            session.execute(update(SubscriberRow).where(SubscriberRow.id == 6).values(status="complained"))
        return "451 4.7.1 later"

    sink = Sink(leaves)
    with sink.serve() as port:
        outcome = mailing.send(port)
    assert address(6) not in sink.accepted
    assert (outcome.counts.sent, mailing.row(6).state) == (9, "failed")


def test_a_reader_who_leaves_after_the_claim_is_not_mailed(mailing: Mailing) -> None:
    def leaves(step: str, recipient: str) -> str | None:
        if step == "BODY" and recipient == address(1):
            with mailing.database.writing() as session:
                others = update(SubscriberRow).where(SubscriberRow.id > 5)
                session.execute(others.values(status="unsubscribed"))
        return None

    mailing.settings = changed(connections=1)
    sink = Sink(leaves)
    with sink.serve() as port:
        outcome = mailing.send(port)
    assert sorted(sink.accepted) == [address(number) for number in range(1, 6)]
    assert (outcome.counts.sent, outcome.counts.failed) == (5, 5)
    assert mailing.row(6).reply == "not sent: the reader left the list or paused before it was sent"


def test_a_server_that_closes_down_after_each_body_does_not_get_the_whole_list(mailing: Mailing) -> None:
    mailing.settings = changed(connections=1)
    sink = Sink(lambda step, recipient: "421 4.3.2 closing" if step == "BODY" else None)
    with sink.serve() as port, pytest.raises(TransportError, match="421"):
        mailing.send(port)
    assert mailing.counts().pending == 10


def test_a_reader_whose_message_cannot_be_made_fails_alone(mailing: Mailing) -> None:
    def compose(contact: Contact, edition: int | None) -> OnTheLine:
        if contact.address == address(8):
            raise BadInput(f"a name with a line break, at {contact.address}")
        return message_for(contact)

    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        outcome = mailing.send(port, compose=compose)
    assert (outcome.counts.sent, outcome.counts.failed) == (9, 1)
    assert mailing.row(8).reply == "not sent: a name with a line break, at …@…"


def test_a_fault_in_composing_ends_the_send_out_with_everybody_accounted_for(mailing: Mailing) -> None:
    def compose(contact: Contact, edition: int | None) -> OnTheLine:
        raise ZeroDivisionError

    with mail_server(Mailbox()) as port, pytest.raises(ZeroDivisionError):
        mailing.send(port, compose=compose)
    assert mailing.counts().pending == 10


def test_what_a_dead_sender_left_in_flight_becomes_unknown_and_is_not_sent(mailing: Mailing) -> None:
    with mailing.database.writing() as session:
        session.execute(update(DeliveryRow).where(DeliveryRow.reader_id == 9).values(state="sending"))
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        outcome = mailing.send(port)
    assert (outcome.counts.sent, outcome.counts.unknown) == (9, 1)
    assert address(9) not in mailbox.tried
    reply = mailing.row(9).reply
    assert reply is not None and "may or may not have arrived" in reply


def test_only_one_sender_at_a_time(mailing: Mailing) -> None:
    with (
        mail_server(Mailbox()) as port,
        sender_lock(mailing.database),
        pytest.raises(WrongState, match="another process is sending"),
    ):
        mailing.send(port)


def test_a_told_sender_finishes_what_is_in_flight_and_the_next_one_goes_on(tmp_path: Path) -> None:
    mailing = new_mailing(tmp_path / "digest.db", readers=100)
    sink = Sink(delay=0.02)

    async def send_and_stop(port: int) -> None:
        stop = asyncio.Event()
        sending = asyncio.create_task(mailing.sending(port, stop=stop))
        await asyncio.to_thread(sink.wait_for, 20)
        stop.set()
        await sending

    with sink.serve() as port:
        run(send_and_stop(port))
        counts = mailing.counts()
        assert counts.sent == len(sink.accepted) < 100
        assert (counts.sending, counts.unknown) == (0, 0)
        mailing.send(port)
    assert sorted(sink.accepted) == audience(100)


def test_a_reader_who_writes_during_a_send_meets_no_lock(tmp_path: Path) -> None:
    mailing = new_mailing(tmp_path / "digest.db", readers=300)
    sink = Sink()
    beside = Database(str(mailing.database.url))
    ended = threading.Event()
    written = 0

    def write() -> None:
        nonlocal written
        while not ended.is_set():
            with beside.writing() as session:
                session.execute(
                    update(SubscriberRow).where(SubscriberRow.id == 1).values(name=f"name {written}")
                )
            written += 1

    writer = threading.Thread(target=write)
    with sink.serve() as port:
        writer.start()
        outcome = mailing.send(port)
        ended.set()
        writer.join()
    assert outcome.counts.sent == 300
    assert written > 10


def test_progress_tells_the_counts_from_beginning_to_end(mailing: Mailing) -> None:
    with mail_server(Mailbox(refuse={address(1): ["550 no"]})) as port:
        mailing.send(port)
    assert mailing.seen[0].pending == 10
    assert (mailing.seen[-1].sent, mailing.seen[-1].failed, mailing.seen[-1].pending) == (9, 1, 0)
    assert {counts.audience for counts in mailing.seen} == {10}


@pytest.mark.parametrize(
    "answer", ["421 4.3.0 try again later", "220 huh", "530 5.7.0 authenticate", HANG_UP], ids=str
)
def test_readers_at_whom_the_server_makes_no_sense_do_not_end_it_for_the_others(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr(breaker, "_FIRST", 0.01)
    mailing.settings = changed(retry_first=timedelta(minutes=1), retry_most=timedelta(minutes=1))
    poisonous = {address(2), address(5), address(6)}
    sink = Sink(lambda step, recipient: answer if step == "RCPT" and recipient in poisonous else None)
    with sink.serve() as port:
        outcome = mailing.send(port, patience=0.0)
    assert outcome.counts.sent == 7
    assert all(mailing.row(number).attempts for number in (2, 5, 6))


def test_a_relay_that_dies_in_mid_send_leaves_the_rest_to_the_others(tmp_path: Path) -> None:
    mailing = new_mailing(tmp_path / "digest.db", readers=60)
    dying, healthy = Sink(), Sink()
    dying.script = lambda step, recipient: HANG_UP if len(dying.accepted) >= 5 else None
    with dying.serve() as one, healthy.serve() as other:
        outcome = mailing.send(one, url=f"smtp://127.0.0.1:{{port}} smtp://127.0.0.1:{other}")
    assert outcome.counts.pending == 0
    accepted = len(dying.accepted) + len(healthy.accepted)
    assert accepted - outcome.counts.unknown <= outcome.counts.sent <= accepted
    assert outcome.counts.unknown <= mailing.settings.connections


def test_nothing_begins_once_it_was_told_to_stop_while_the_server_thought(tmp_path: Path) -> None:
    mailing = new_mailing(tmp_path / "digest.db", readers=8)
    asked, go_on = threading.Event(), threading.Event()

    def thinks(step: str, recipient: str) -> str | None:
        if step == "DATA":
            asked.set()
            go_on.wait(20)
        return None

    sink = Sink(thinks)

    async def told_meanwhile(port: int) -> None:
        stop = asyncio.Event()
        sending = asyncio.create_task(mailing.sending(port, stop=stop))
        await asyncio.to_thread(asked.wait, 20)
        stop.set()
        await asyncio.sleep(0)
        go_on.set()
        await sending

    with sink.serve() as port:
        run(told_meanwhile(port))
    assert not sink.accepted
    assert mailing.counts().pending == 8

"""Changing the address: only by the word of the new one, and without telling who else is on the list."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from digest.clock import FixedClock
from digest.db import Database
from digest.errors import BadInput, WrongState
from subscribers import leaving, notices, store
from subscribers.addresses import address_hashes, parse_address
from subscribers.bounces import store as bounces
from subscribers.choices.moving import ask_to_move, awaiting_move, forget_old_requests, move
from subscribers.events import timeline
from subscribers.moving.importing import import_file
from subscribers.preferences import erase
from subscribers.rows import AddressChangeRow, NoticeRow, SoftBounceRow, SubscriberRow
from subscribers.tokens import ExpiredToken, Purpose, Tokens
from subscribers.values import Reason, Status
from tests.subscribers.conftest import KEYS

pytestmark = pytest.mark.both_databases

RowOf = Callable[..., SubscriberRow | None]
Add = Callable[..., str]
OLD, NEW = "reader@example.com", "new@example.org"


def files(database: Database) -> list[Path]:
    """Return SQLite's file and its log; PostgreSQL's are its own affair."""
    return [] if database.file is None else list(database.file.parent.glob(f"{database.file.name}*"))


@pytest.fixture
def ask_for(database: Database, clock: FixedClock, tokens: Tokens) -> Callable[..., None]:
    """Ask for a new address with the link of the reader."""

    def ask(reader: str, address: str = NEW) -> None:
        token = tokens.sign(Purpose.PREFERENCES, reader)
        with database.writing() as session:
            ask_to_move(session, tokens, token, parse_address(address), clock=clock, keys=KEYS)

    return ask


@pytest.fixture
def link(database: Database, tokens: Tokens) -> Callable[[str], str]:
    """Return the token that the mail to the new address holds."""

    def token(reader: str) -> str:
        row = SubscriberRow
        query = select(AddressChangeRow.nonce).join(row, row.id == AddressChangeRow.subscriber_id)
        with database.reading() as session:
            nonce = session.scalars(query.where(row.public_id == reader)).one()
        return tokens.sign(Purpose.CHANGE, nonce)

    return token


@pytest.fixture
def press(database: Database, clock: FixedClock, tokens: Tokens) -> Callable[[str], None]:
    def press(token: str) -> None:
        with database.writing() as session:
            assert move(session, tokens, token, clock=clock, keys=KEYS).done

    return press


@pytest.fixture
def waiting(database: Database) -> Callable[[], list[tuple[str, str | None]]]:
    """Return kind and address of what waits to be sent."""

    def mails() -> list[tuple[str, str | None]]:
        with database.reading() as session:
            query = select(NoticeRow.kind, NoticeRow.address).where(NoticeRow.state == notices.PENDING)
            return [(kind, address) for kind, address in session.execute(query.order_by(NoticeRow.id))]

    return mails


def test_asking_writes_to_the_new_address_and_changes_nothing(
    add: Add, ask_for: Callable[..., None], row_of: RowOf, waiting: Callable[[], list[object]]
) -> None:
    ask_for(add())
    assert waiting() == [("change", NEW)]
    assert row_of() is not None
    assert row_of(NEW) is None


def test_the_new_address_is_the_readers_once_it_says_so_and_the_old_one_is_told(
    database: Database,
    add: Add,
    ask_for: Callable[..., None],
    link: Callable[[str], str],
    press: Callable[[str], None],
    row_of: RowOf,
    waiting: Callable[[], list[object]],
) -> None:
    reader = add()
    ask_for(reader)
    token = link(reader)
    for _ in range(2):
        press(token)
    row = row_of(NEW)
    assert row is not None
    assert (row.public_id, row.address, row.status) == (reader, NEW, Status.CONFIRMED)
    assert row_of(OLD) is None
    assert waiting() == [("changed", OLD)]
    with database.reading() as session:
        told = [(event.what.value, event.detail) for event in timeline(session, row.id)]
    assert told[-1] == ("changed address", {})
    assert [what for what, _ in told].count("changed address") == 1


def test_looking_at_the_link_changes_nothing(
    database: Database, add: Add, ask_for: Callable[..., None], link: Callable[[str], str], tokens: Tokens
) -> None:
    reader = add()
    ask_for(reader)
    with database.reading() as session:
        found = awaiting_move(session, tokens, link(reader))
    assert (found.reader, found.address, found.done) == (reader, NEW, False)


@pytest.mark.parametrize("how", ["on the list", "left", "own", "suppressed", "erased"])
def test_an_address_that_cannot_be_had_gets_no_mail_and_looks_like_any_other(
    database: Database,
    clock: FixedClock,
    add: Add,
    ask_for: Callable[..., None],
    waiting: Callable[[], list[object]],
    how: str,
) -> None:
    reader, wanted = add(), parse_address(OLD if how == "own" else NEW)
    with database.writing() as session:
        if how == "suppressed":
            leaving.suppress(session, wanted, Reason.COMPLAINT, clock=clock, keys=KEYS)
    if how in ("on the list", "left", "erased"):
        add(NEW)
    with database.writing() as session:
        if how == "left":
            row = store.find(session, wanted.key)
            assert row is not None
            leaving.leave(session, row, clock=clock, keys=KEYS, by="link")
            notices.cancel(session, row.id)
        if how == "erased":
            leaving.erase(session, wanted, clock=clock, keys=KEYS, forget=lambda session, reader: None)
    ask_for(reader, wanted.display)
    assert waiting() == []
    with database.reading() as session:
        assert session.scalars(select(AddressChangeRow.address)).all() == [wanted.display]
        # A mail is written down as for any other, without the address, and never goes out.
        assert session.scalars(select(NoticeRow.state).where(NoticeRow.kind == "change")).all() == [
            "cancelled"
        ]


def test_an_address_taken_since_it_was_asked_for_is_refused(
    add: Add,
    ask_for: Callable[..., None],
    link: Callable[[str], str],
    press: Callable[[str], None],
    row_of: RowOf,
) -> None:
    reader = add()
    ask_for(reader)
    add(NEW)
    with pytest.raises(WrongState, match="cannot be used here"):
        press(link(reader))
    assert row_of(OLD) is not None


def test_a_sign_up_that_nobody_confirmed_gives_way(
    add: Add,
    ask: Callable[..., object],
    ask_for: Callable[..., None],
    link: Callable[[str], str],
    press: Callable[[str], None],
    row_of: RowOf,
) -> None:
    reader = add()
    ask(NEW)
    ask_for(reader)
    press(link(reader))
    row = row_of(NEW)
    assert row is not None
    assert row.public_id == reader


def test_a_later_request_overtakes_an_earlier_one(
    add: Add,
    ask_for: Callable[..., None],
    link: Callable[[str], str],
    press: Callable[[str], None],
    waiting: Callable[[], list[object]],
) -> None:
    reader = add()
    ask_for(reader, "typo@example.org")
    first = link(reader)
    ask_for(reader)
    assert waiting() == [("change", NEW)]
    with pytest.raises(ExpiredToken, match="overtaken"):
        press(first)


def test_asking_again_for_the_same_address_keeps_its_mail_and_its_link(
    clock: FixedClock,
    add: Add,
    ask_for: Callable[..., None],
    link: Callable[[str], str],
    press: Callable[[str], None],
    waiting: Callable[[], list[object]],
) -> None:
    reader = add()
    ask_for(reader)
    first = link(reader)
    clock.at += timedelta(minutes=2)
    ask_for(reader, NEW.upper())
    assert waiting() == [("change", NEW)]
    ask_for(reader, "typo@example.org")
    ask_for(reader)
    press(first)


def test_asking_again_looks_the_same_for_an_address_that_cannot_be_had(
    database: Database, clock: FixedClock, add: Add, ask_for: Callable[..., None]
) -> None:
    readers = {add("one@example.com"): NEW, add("two@example.com"): "taken@example.org"}
    add("taken@example.org")
    rows = []
    for reader, wanted in readers.items():
        for _ in range(2):
            ask_for(reader, wanted)
        with database.reading() as session:
            number = session.scalars(select(SubscriberRow.id).where(SubscriberRow.public_id == reader)).one()
            mails = select(NoticeRow.kind, NoticeRow.queued_at).where(NoticeRow.subscriber_id == number)
            change = session.get_one(AddressChangeRow, number)
            rows.append((session.execute(mails).all(), change.address, change.asked_at))
    assert rows == [([("change", clock.at)], wanted, clock.at) for wanted in readers.values()]


def test_a_link_is_good_for_a_fortnight(
    clock: FixedClock,
    add: Add,
    ask_for: Callable[..., None],
    link: Callable[[str], str],
    press: Callable[[str], None],
) -> None:
    reader = add()
    ask_for(reader)
    token = link(reader)
    clock.at += timedelta(days=15)
    with pytest.raises(ExpiredToken):
        press(token)


def test_requests_that_led_nowhere_are_forgotten(
    database: Database, clock: FixedClock, add: Add, ask_for: Callable[..., None]
) -> None:
    ask_for(add())
    for days, left in ((13, 1), (2, 0)):
        clock.at += timedelta(days=days)
        with database.writing() as session:
            forget_old_requests(session, clock)
            assert len(session.scalars(select(AddressChangeRow)).all()) == left


def test_case_19_one_victim_gets_one_mail_and_one_reader_causes_three_a_day(
    clock: FixedClock, add: Add, ask_for: Callable[..., None], waiting: Callable[[], list[object]]
) -> None:
    for number in range(20):
        ask_for(add(f"reader{number}@example.com"), f"victim+{number}@example.org")
    assert len(waiting()) == 1
    reader = add()
    for number in range(3):
        ask_for(reader, f"somebody{number}@example.org")
    with pytest.raises(BadInput, match="tomorrow"):
        ask_for(reader)
    clock.at += timedelta(days=1, minutes=1)
    ask_for(reader)


def test_case_19_erasing_whoever_asked_does_not_reset_what_a_mailbox_has_had(
    database: Database, clock: FixedClock, add: Add, ask_for: Callable[..., None], tokens: Tokens
) -> None:
    sent = []
    for number in range(40):
        reader = add(f"reader{number}@example.com")
        ask_for(reader, f"victim+{number}@example.org")
        with database.writing() as session:
            mails = (
                update(NoticeRow).where(NoticeRow.state == notices.PENDING).values(state="sent", address=None)
            )
            sent += [clock.at for _ in session.scalars(mails.returning(NoticeRow.id))]
            link = tokens.sign(Purpose.PREFERENCES, reader)
            erase(session, tokens, link, clock=clock, keys=KEYS, forget=lambda session, reader: None)
        clock.at += timedelta(minutes=4)
    begun = sent[0]
    assert [at - begun for at in sent] == [timedelta(minutes=minutes) for minutes in (0, 12, 24)]


def test_a_reader_whose_mail_bounced_is_back_with_the_new_address_and_the_old_stays_suppressed(
    database: Database,
    clock: FixedClock,
    add: Add,
    ask_for: Callable[..., None],
    link: Callable[[str], str],
    press: Callable[[str], None],
    row_of: RowOf,
    waiting: Callable[[], list[object]],
) -> None:
    reader = add()
    row = row_of()
    assert row is not None
    with database.writing() as session:
        bounces.add_soft(session, {row.id: "4.2.2"}, clock.now().date())
        leaving.mark_bounced(session, {row.id: "5.1.1"}, "2026-W46", clock=clock, keys=KEYS)
    ask_for(reader)
    press(link(reader))
    row = row_of(NEW)
    assert row is not None
    assert (row.status, row.left_at) == (Status.CONFIRMED, None)
    # Nothing can reach the old address.
    assert waiting() == []
    with database.reading() as session:
        assert store.suppressions(session, address_hashes(KEYS, OLD))
        assert session.scalars(select(SoftBounceRow)).all() == []


@pytest.mark.parametrize("status", [Status.UNSUBSCRIBED, Status.COMPLAINED, Status.PENDING])
def test_who_is_not_on_the_list_signs_up_instead(
    database: Database, add: Add, ask_for: Callable[..., None], row_of: RowOf, status: Status
) -> None:
    reader = add()
    with database.writing() as session:
        row = store.find(session, parse_address(OLD).key)
        assert row is not None
        row.status = status.value
    with pytest.raises(WrongState, match="sign up"):
        ask_for(reader)


def test_who_left_since_asking_is_not_moved(
    database: Database,
    clock: FixedClock,
    add: Add,
    ask_for: Callable[..., None],
    link: Callable[[str], str],
    press: Callable[[str], None],
) -> None:
    reader = add()
    ask_for(reader)
    with database.writing() as session:
        row = store.find(session, parse_address(OLD).key)
        assert row is not None
        leaving.leave(session, row, clock=clock, keys=KEYS, by="link")
    with pytest.raises(WrongState, match="you have left"):
        press(link(reader))


def test_case_25_an_address_that_is_erased_is_forgotten_where_others_asked_to_move_to_it(
    database: Database,
    clock: FixedClock,
    add: Add,
    ask: Callable[..., object],
    ask_for: Callable[..., None],
    waiting: Callable[[], list[object]],
) -> None:
    ask("new@example.org")
    ask_for(add())
    with database.writing() as session:
        leaving.erase(
            session, parse_address(NEW), clock=clock, keys=KEYS, forget=lambda session, reader: None
        )
    assert waiting() == []
    assert database.fold()
    assert not any(NEW.encode() in file.read_bytes() for file in files(database))


def test_case_25_an_erased_address_is_forgotten_in_mails_that_an_import_or_a_move_left_behind(
    database: Database,
    clock: FixedClock,
    add: Add,
    ask_for: Callable[..., None],
    link: Callable[[str], str],
    press: Callable[[str], None],
) -> None:
    silenced, moved = add("silenced@example.com"), add("Old.Home@example.com")
    ask_for(silenced)
    file = io.BytesIO(b"email,name,status\nsilenced@example.com,,unsubscribed\n")
    import_file(database, file, "left.csv", clock=clock, keys=KEYS)
    # Its receipt waits to go to the old address, which then comes back as somebody else's.
    ask_for(moved, "new.home@example.org")
    press(link(moved))
    for address in (NEW, "old.home@example.com"):
        add(address)
        with database.writing() as session:
            leaving.erase(
                session, parse_address(address), clock=clock, keys=KEYS, forget=lambda session, reader: None
            )
    with database.reading() as session:
        assert set(session.execute(select(NoticeRow.state, NoticeRow.address))) == {("cancelled", None)}
        assert session.scalars(select(AddressChangeRow.address)).all() == ["new.home@example.org"]
    assert database.fold()
    for file_name in files(database):
        content = file_name.read_bytes().lower()
        assert NEW.encode() not in content
        assert b"old.home" not in content

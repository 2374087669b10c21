"""Coming onto the list: double opt-in, its limits, and what is never undone by somebody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from digest.clock import FixedClock
from digest.db import Database
from digest.errors import BadInput, WrongState
from digest.frames import frame
from subscribers import counting, joining, leaving, store
from subscribers.addresses import parse_address
from subscribers.consent import CONFIRMING, Form
from subscribers.events import What, timeline
from subscribers.joining import Answer
from subscribers.rows import SubscriberRow
from subscribers.tokens import BadToken, ExpiredToken, Purpose, Tokens
from subscribers.values import Reader, Reason, Status
from tests.subscribers.conftest import KEYS

pytestmark = pytest.mark.both_databases

Ask = Callable[..., Answer]
RowOf = Callable[..., SubscriberRow | None]
Queued = Callable[[], list[str]]

ANN = parse_address("reader@example.com")


@pytest.fixture
def link(row_of: RowOf, tokens: Tokens) -> Callable[[], str]:
    """Make the token that a confirmation mail to reader@example.com would carry now."""

    def sign() -> str:
        row = row_of()
        assert row is not None
        return tokens.sign(Purpose.CONFIRM, row.public_id)

    return sign


@pytest.fixture
def press(
    database: Database, tokens: Tokens, clock: FixedClock, keys: tuple[str, ...]
) -> Callable[[str], Reader]:
    """Press the button behind a confirmation link."""

    def confirm(token: str) -> Reader:
        with database.writing() as session:
            return joining.confirm(session, tokens, token, clock=clock, keys=keys)

    return confirm


@pytest.fixture
def leave(database: Database, row_of: RowOf, tokens: Tokens, clock: FixedClock) -> Callable[[], None]:
    def unsubscribe() -> None:
        row = row_of()
        assert row is not None
        with database.writing() as session:
            leaving.unsubscribe(
                session, tokens, tokens.sign(Purpose.UNSUBSCRIBE, row.public_id), clock=clock, keys=KEYS
            )

    return unsubscribe


def status(row: SubscriberRow | None) -> str | None:
    return None if row is None else row.status


def test_a_sign_up_is_pending_and_one_mail_is_queued(ask: Ask, row_of: RowOf, queued: Queued) -> None:
    assert ask(name=" Ann ") is Answer.QUEUED
    row = row_of()
    assert row is not None
    assert (row.status, row.name, row.consent) == (Status.PENDING, "Ann", "page")
    assert queued() == ["pending"]


def test_sign_up_and_mail_are_stored_together_or_not_at_all(
    database: Database, clock: FixedClock, keys: tuple[str, ...], row_of: RowOf, queued: Queued
) -> None:
    with pytest.raises(RuntimeError), database.writing() as session:
        joining.sign_up(session, ANN, name=None, clock=clock, keys=keys, form=Form.PAGE)
        raise RuntimeError("the machine stops here")
    assert row_of() is None
    assert queued() == []


def test_confirming_puts_the_reader_on_the_list_and_again_changes_nothing(
    ask: Ask, link: Callable[[], str], press: Callable[[str], Reader], clock: FixedClock, row_of: RowOf
) -> None:
    ask()
    token = link()
    assert press(token).status is Status.CONFIRMED
    first = row_of()
    clock.at += timedelta(days=1)
    assert press(token).status is Status.CONFIRMED
    second = row_of()
    assert first is not None
    assert second is not None
    assert first.confirmed_at == second.confirmed_at


@pytest.mark.parametrize("language", ["en", "de"])
def test_confirming_records_the_words_above_the_button_that_was_pressed(
    database: Database,
    ask: Ask,
    link: Callable[[], str],
    press: Callable[[str], Reader],
    row_of: RowOf,
    language: str,
) -> None:
    ask()
    with database.writing() as session:
        row = store.find(session, ANN.key)
        assert row is not None
        row.language = language
    press(link())
    with database.reading() as session:
        told = timeline(session, row.id)[-1]
    assert (told.what, told.detail) == (What.CONFIRMED, {"agreed": frame(language)[CONFIRMING]})


@pytest.mark.parametrize("before", ["pending", "left"])
def test_a_sign_up_that_leads_to_another_confirmation_renews_how_they_came(
    database: Database,
    ask: Ask,
    add: Callable[..., str],
    leave: Callable[[], None],
    clock: FixedClock,
    keys: tuple[str, ...],
    row_of: RowOf,
    before: str,
) -> None:
    if before == "pending":
        ask()
    else:
        add()
        leave()
    for minutes, form in ((11, Form.API), (1, Form.MAIL)):
        clock.at += timedelta(minutes=minutes)
        with database.writing() as session:
            joining.sign_up(session, ANN, name=None, clock=clock, keys=keys, form=form)
    row = row_of()
    assert row is not None
    # The mail came too soon after the other: it led to nothing.
    assert row.consent == "api"


def test_case_19_tags_and_dots_do_not_multiply_what_one_inbox_gets(ask: Ask, queued: Queued) -> None:
    for number in range(5):
        ask(f"victim+{number}@example.com")
        ask(f"vic.tim+{number}@gmail.com")
        ask(f"v.i.ctim+{number}@googlemail.com")
    assert queued() == ["pending", "pending"]


def test_case_19_one_address_gets_three_mails_a_day_ten_minutes_apart(
    ask: Ask, clock: FixedClock, queued: Queued
) -> None:
    start = clock.at
    for second in range(0, 23 * 3600, 90):
        clock.at = start + timedelta(seconds=second)
        ask("Victim@Example.com" if second % 180 else "victim@example.com")
        if second < 600:
            assert len(queued()) == 1
    assert len(queued()) == 3
    clock.at = start + timedelta(hours=24)
    assert ask("victim@example.com") is Answer.QUEUED


def test_a_confirmed_reader_is_neither_changed_nor_mailed_by_a_sign_up(
    add: Callable[..., str], ask: Ask, row_of: RowOf, queued: Queued
) -> None:
    add(name="Ann")
    assert ask(name="Mallory") is Answer.ALREADY_CONFIRMED
    row = row_of()
    assert row is not None
    assert (row.status, row.name) == (Status.CONFIRMED, "Ann")
    assert queued() == []


@pytest.mark.parametrize("reason", [Reason.COMPLAINT, Reason.BOUNCE, Reason.OPERATOR])
def test_a_suppressed_address_gets_no_mail_and_cannot_confirm(
    database: Database,
    clock: FixedClock,
    keys: tuple[str, ...],
    ask: Ask,
    link: Callable[[], str],
    press: Callable[[str], Reader],
    row_of: RowOf,
    queued: Queued,
    reason: Reason,
) -> None:
    ask()
    token = link()
    with database.writing() as session:
        leaving.suppress(session, ANN, reason, clock=clock, keys=keys)
    clock.at += timedelta(hours=1)
    assert ask() is Answer.SUPPRESSED
    assert queued() == ["cancelled"]
    with pytest.raises((WrongState, ExpiredToken)):
        press(token)
    assert status(row_of()) != Status.CONFIRMED


def test_one_who_left_comes_back_by_confirming_anew_and_not_before(
    ask: Ask,
    link: Callable[[], str],
    press: Callable[[str], Reader],
    leave: Callable[[], None],
    clock: FixedClock,
    row_of: RowOf,
) -> None:
    ask()
    old = link()
    press(old)
    clock.at += timedelta(days=1)
    leave()
    with pytest.raises(ExpiredToken, match="before you unsubscribed"):
        press(old)
    clock.at += timedelta(hours=1)
    assert ask() is Answer.QUEUED
    assert status(row_of()) == Status.UNSUBSCRIBED, "somebody's form alone brings nobody back"
    assert press(link()).status is Status.CONFIRMED


def test_a_link_of_another_purpose_or_of_nobody_confirms_nothing(
    ask: Ask, tokens: Tokens, press: Callable[[str], Reader], row_of: RowOf
) -> None:
    ask()
    row = row_of()
    assert row is not None
    with pytest.raises(BadToken):
        press(tokens.sign(Purpose.UNSUBSCRIBE, row.public_id))
    with pytest.raises(ExpiredToken, match="no longer there"):
        press(tokens.sign(Purpose.CONFIRM, "nobody"))
    assert status(row_of()) == Status.PENDING


def test_an_old_link_asks_to_sign_up_again(
    ask: Ask, link: Callable[[], str], press: Callable[[str], Reader], clock: FixedClock
) -> None:
    ask()
    token = link()
    clock.at += timedelta(days=15)
    with pytest.raises(ExpiredToken):
        press(token)


def test_sign_ups_nobody_confirmed_are_purged_and_no_others(
    database: Database, ask: Ask, add: Callable[..., str], clock: FixedClock, row_of: RowOf
) -> None:
    ask("old@example.com")
    ask("asked-again@example.com")
    add("confirmed@example.com")
    clock.at += timedelta(days=10)
    ask("asked-again@example.com")
    ask("young@example.com")
    clock.at += timedelta(days=5)
    with database.writing() as session:
        assert joining.purge_pending(session, clock.now(), 1000) == 1
    assert row_of("old@example.com") is None
    for kept in ("asked-again", "confirmed", "young"):
        assert row_of(f"{kept}@example.com") is not None


def test_the_operator_vouches_for_a_pending_reader(ask: Ask, add: Callable[..., str], queued: Queued) -> None:
    ask()
    add(name="Ann")
    assert queued() == ["cancelled"]
    assert ask() is Answer.ALREADY_CONFIRMED


def test_the_operator_cannot_bring_back_one_who_left_or_is_suppressed(
    database: Database,
    add: Callable[..., str],
    leave: Callable[[], None],
    clock: FixedClock,
    keys: tuple[str, ...],
) -> None:
    add()
    leave()
    with pytest.raises(WrongState, match="unsubscribed"):
        add()
    with database.writing() as session:
        leaving.suppress(session, ANN, Reason.COMPLAINT, clock=clock, keys=keys)
    with pytest.raises(WrongState, match="suppressed and gets no mail: complaint, 2026-11-20"):
        add()


def test_a_bad_name_stores_nothing(ask: Ask, row_of: RowOf) -> None:
    with pytest.raises(BadInput):
        ask(name="Ann\r\nBcc: x@example.com")
    assert row_of() is None


def test_a_suppression_outlives_a_new_secret_key(
    database: Database, clock: FixedClock, ask: Ask, queued: Queued
) -> None:
    with database.writing() as session:
        leaving.suppress(session, ANN, Reason.OPERATOR, clock=clock, keys=("the key of last year",))
        rotated = ("this year's key", "the key of last year")
        assert (
            joining.sign_up(session, ANN, name=None, clock=clock, keys=rotated, form=Form.PAGE)
            is Answer.SUPPRESSED
        )
        assert counting.count_suppressed(session) == 1
    assert queued() == []


@pytest.mark.parametrize("reason", [Reason.BOUNCE, Reason.COMPLAINT])
def test_the_status_still_guards_when_the_secret_key_is_lost(
    database: Database, clock: FixedClock, tokens: Tokens, ask: Ask, link: Callable[[], str], reason: Reason
) -> None:
    ask()
    with database.writing() as session:
        leaving.suppress(session, ANN, reason, clock=clock, keys=("a key that is lost",))
    assert ask() is Answer.SUPPRESSED
    with database.writing() as session:
        with pytest.raises(WrongState):
            joining.add_reader(session, ANN, name=None, clock=clock, keys=("new",))
        with pytest.raises(WrongState):
            joining.confirm(session, tokens, link(), clock=clock, keys=("new",))

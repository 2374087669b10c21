"""What follows from mail that came back: whom it is about is told by a signature, never by its words."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from digest.settings import BounceSettings
from subscribers import counting, leaving, notices, store
from subscribers.addresses import address_hashes, parse_address
from subscribers.bounces import Done, Kind
from subscribers.bounces.verp import BounceTokens
from subscribers.events import What, note
from subscribers.rows import AddressChangeRow, NoticeRow, SoftBounceRow, SubscriberRow
from subscribers.tokens import Purpose
from subscribers.values import Reason, Status
from tests.subscribers.bounces.cases import SAMPLES
from tests.subscribers.bounces.conftest import BOUNCES, Returns

pytestmark = pytest.mark.both_databases

HARD = "postfix-unknown-user"
SOFT = "gmail-out-of-storage"
POLICY = "postfix-blocked-by-policy"
COMPLAINT = "complaint-abuse"


def suppressed(returns: Returns) -> int:
    with returns.database.reading() as session:
        return counting.count_suppressed(session)


def test_a_hard_bounce_to_the_mails_own_address_suppresses_its_reader(returns: Returns) -> None:
    received = returns.take(returns.sample(HARD))

    assert (received.kind, received.done, received.status) == (Kind.HARD, Done.SUPPRESSED, "5.1.1")
    assert (received.reader, received.mail) == (returns.public_id, "2026-W47")
    assert returns.row.status == Status.BOUNCED
    assert suppressed(returns) == 1
    assert returns.told() == ["bounced", "suppressed"]


@pytest.mark.parametrize("name", [name for name, (kind, _) in SAMPLES.items() if kind is Kind.HARD])
def test_every_hard_sample_suppresses(returns: Returns, name: str) -> None:
    assert returns.take(returns.sample(name)).done is Done.SUPPRESSED


@pytest.mark.parametrize(
    "name", [name for name, (kind, _) in SAMPLES.items() if kind not in (Kind.HARD, Kind.COMPLAINT)]
)
def test_case_23_everything_else_suppresses_nobody(returns: Returns, name: str) -> None:
    assert returns.take(returns.sample(name)).done in (Done.COUNTED, Done.IGNORED)
    assert returns.row.status == Status.CONFIRMED
    assert suppressed(returns) == 0


@pytest.mark.parametrize("name", [HARD, SOFT])
def test_case_23_a_forged_bounce_is_refused(returns: Returns, name: str) -> None:
    strangers = BounceTokens(["somebody else's key, also long"]).sender(BOUNCES, returns.mail())
    for recipient in (BOUNCES, "reader@example.com", strangers, ""):
        received = returns.take(returns.sample(name), recipient)
        assert (received.done, received.reader) == (Done.REFUSED, None)
    assert returns.row.status == Status.CONFIRMED


def test_case_23_the_same_bounce_twice_counts_once(returns: Returns) -> None:
    for expected in (Done.COUNTED, Done.KNOWN, Done.KNOWN):
        assert returns.take(returns.sample(SOFT)).done is expected
    replayed = returns.address()
    for _ in range(20):
        returns.clock.at += timedelta(days=1)
        assert returns.take(returns.sample(SOFT), replayed).done is Done.KNOWN
    assert returns.take(returns.sample(HARD), replayed).done is Done.SUPPRESSED
    assert returns.take(returns.sample(HARD), replayed).done is Done.KNOWN
    assert returns.told() == ["bounced", "bounced", "suppressed"]


def test_case_23_a_bounce_of_a_mail_of_long_ago_or_of_tomorrow_is_refused(returns: Returns) -> None:
    for days in (31, -3):
        mail = returns.mail(returns.clock.at.date() - timedelta(days=days))
        assert returns.take(returns.sample(HARD), returns.address(mail)).done is Done.REFUSED
    assert returns.row.status == Status.CONFIRMED


def test_a_mail_to_an_address_that_was_changed_since_tells_nothing_of_the_new_one(returns: Returns) -> None:
    address = returns.address()
    returns.clock.at += timedelta(days=2)
    with returns.database.writing() as session:
        note(session, returns.row.id, What.CHANGED_ADDRESS, returns.clock.at)
    assert returns.take(returns.sample(HARD), address).done is Done.IGNORED
    returns.clock.at += timedelta(days=1)
    assert returns.take(returns.sample(HARD)).done is Done.SUPPRESSED


def test_a_reader_who_was_erased_or_has_left_is_left_in_peace(returns: Returns) -> None:
    address = returns.address()
    with returns.database.writing() as session:
        leaving.unsubscribe(
            session, returns.tokens, _unsubscribe_token(returns), clock=returns.clock, keys=returns.keys
        )
    assert returns.take(returns.sample(HARD), address).done is Done.KNOWN
    with returns.database.writing() as session:
        session.execute(delete(SubscriberRow))
    message = b"From: MAILER-DAEMON@example.net\n\n550 5.1.1 user unknown"
    assert returns.take(message, address).done is Done.IGNORED


@pytest.mark.parametrize(
    "name",
    ["complaint-abuse", "complaint-by-return-path", "complaint-by-unsubscribe-link", "complaint-fraud",
     "complaint-opt-out"],
)  # fmt: skip
def test_a_complaint_with_a_good_signature_ends_it_for_good(returns: Returns, name: str) -> None:
    received = returns.take(returns.sample(name), "abuse@news.example.com")

    assert (received.kind, received.done) == (Kind.COMPLAINT, Done.SUPPRESSED)
    assert received.reader == returns.public_id
    assert returns.row.status == Status.COMPLAINED
    assert returns.told() == ["complained", "suppressed"]
    assert returns.take(returns.sample(name), "abuse@news.example.com").done is Done.KNOWN
    assert returns.told() == ["complained", "suppressed"]


def test_a_complaint_about_an_old_mail_counts_also_after_leaving(returns: Returns) -> None:
    message = returns.sample(COMPLAINT, returns.mail(date(2025, 1, 3)))
    with returns.database.writing() as session:
        leaving.unsubscribe(
            session, returns.tokens, _unsubscribe_token(returns), clock=returns.clock, keys=returns.keys
        )
    assert returns.take(message, "abuse@news.example.com").done is Done.SUPPRESSED
    with returns.database.reading() as session:
        found = store.suppressions(session, _hashes(returns))
    assert [row.reason for row in found.values()] == [Reason.COMPLAINT]


def test_case_23_a_complaint_that_names_only_an_address_is_refused(returns: Returns) -> None:
    received = returns.take(returns.sample("complaint-without-a-signature"), "abuse@news.example.com")
    assert received.done is Done.REFUSED
    assert returns.row.status == Status.CONFIRMED


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=2000), st.text(max_size=100))
def test_case_23_arbitrary_bytes_suppress_nobody(returns: Returns, raw: bytes, recipient: str) -> None:
    returns.take(raw)
    returns.take(returns.sample(HARD) + raw, recipient)
    assert returns.row.status == Status.CONFIRMED


def _weekly(returns: Returns, name: str, weeks: int, *, every: int = 1) -> list[Done]:
    """Let so many weekly issues fail in the same way, and return what was done each time."""
    done = []
    for _ in range(weeks):
        done.append(returns.take(returns.sample(name)).done)
        returns.clock.at += timedelta(weeks=every)
    return done


def probe_of(returns: Returns) -> NoticeRow:
    with returns.database.reading() as session:
        return session.scalars(select(NoticeRow).where(NoticeRow.kind == notices.PROBE)).one()


def test_five_issues_that_fail_in_a_row_bring_a_probe_and_nothing_else(returns: Returns) -> None:
    assert _weekly(returns, SOFT, 5) == [Done.COUNTED] * 4 + [Done.PROBED]
    assert returns.row.status == Status.CONFIRMED
    assert probe_of(returns).subscriber_id == returns.row.id
    assert returns.told() == ["bounced"] * 5 + ["probed"]


@pytest.mark.parametrize("name", [SOFT, HARD])
def test_a_reader_whose_probe_bounces_is_suppressed(returns: Returns, name: str) -> None:
    _weekly(returns, SOFT, 5)
    probe = returns.address(returns.mail(notice=probe_of(returns).id))
    received = returns.take(returns.sample(name), probe)
    assert (received.done, received.mail) == (Done.SUPPRESSED, f"notice {probe_of(returns).id}")
    assert returns.row.status == Status.BOUNCED


@pytest.mark.parametrize("name", [POLICY, "postfix-delayed", "vacation-sieve"])
def test_case_23_a_probe_that_is_refused_by_policy_or_only_late_suppresses_nobody(
    returns: Returns, name: str
) -> None:
    _weekly(returns, POLICY, 5)
    returns.take(returns.sample(name), returns.address(returns.mail(notice=probe_of(returns).id)))
    assert returns.row.status == Status.CONFIRMED


@pytest.mark.parametrize("kind", [notices.CHANGE, notices.CHANGED])
@pytest.mark.parametrize("name", [HARD, SOFT])
def test_case_23_a_bounce_from_an_address_that_is_not_the_readers_own_tells_nothing_of_theirs(
    returns: Returns, kind: str, name: str
) -> None:
    mail = returns.mail(notice=_queued(returns, kind))
    assert returns.take(returns.sample(name), returns.address(mail)).done is Done.IGNORED
    assert returns.row.status == Status.CONFIRMED
    assert (suppressed(returns), returns.told()) == (0, [])


def test_a_complaint_about_a_change_of_address_suppresses_that_address_and_not_the_reader(
    returns: Returns,
) -> None:
    mail = returns.mail(notice=_queued(returns, notices.CHANGE))
    with returns.database.writing() as session:
        now = returns.clock.now()
        session.add(
            AddressChangeRow(
                subscriber_id=returns.row.id,
                nonce="n",
                address="victim@example.org",
                address_key="victim@example.org",
                asked_at=now,
            )
        )
    for done in (Done.SUPPRESSED, Done.IGNORED):
        assert returns.take(returns.sample(COMPLAINT, mail), "abuse@news.example.com").done is done
    assert returns.row.status == Status.CONFIRMED
    with returns.database.reading() as session:
        assert store.suppressions(session, address_hashes(returns.keys, "victim@example.org"))
        assert not store.suppressions(session, _hashes(returns))


def _queued(returns: Returns, kind: str) -> int:
    """Queue a mail to an address that is not the reader's own, and return its number."""
    with returns.database.writing() as session:
        notices.queue(
            session, kind, returns.row.id, "victim@example.org", returns.clock.now(), keys=returns.keys
        )
        session.flush()
        return session.scalars(select(NoticeRow.id).where(NoticeRow.kind == kind)).one()


def test_after_a_probe_that_arrived_counting_begins_anew(returns: Returns) -> None:
    _weekly(returns, SOFT, 5)
    assert _weekly(returns, SOFT, 5) == [Done.COUNTED] * 4 + [Done.PROBED]


def test_a_mail_that_arrived_in_between_outlasts_the_window(returns: Returns) -> None:
    _weekly(returns, SOFT, 4)
    returns.clock.at += timedelta(weeks=1)
    assert _weekly(returns, SOFT, 2) == [Done.COUNTED] * 2


def test_for_a_reader_of_every_fourth_week_the_window_is_four_times_as_long(returns: Returns) -> None:
    with returns.database.writing() as session:
        row = store.find_by_public_id(session, returns.public_id)
        assert row is not None
        row.every_weeks = 4
    assert _weekly(returns, SOFT, 5, every=4)[-1] is Done.PROBED


def test_what_a_reader_does_with_a_mail_proves_that_mail_arrives(returns: Returns) -> None:
    _weekly(returns, SOFT, 4)
    with returns.database.writing() as session:
        note(session, returns.row.id, What.CHOSE, returns.clock.at)
    returns.clock.at += timedelta(days=1)
    assert returns.take(returns.sample(SOFT)).done is Done.COUNTED


def test_the_threshold_can_be_set(returns: Returns) -> None:
    received = returns.take(returns.sample(SOFT), settings=BounceSettings(soft_days=1))
    assert received.done is Done.PROBED


def test_nothing_that_is_kept_holds_an_address(returns: Returns) -> None:
    for name in (SOFT, POLICY, HARD, COMPLAINT):
        received = returns.take(returns.sample(name))
        assert "@" not in str(received.as_json())
    with returns.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SoftBounceRow)) == 1


def _unsubscribe_token(returns: Returns) -> str:
    return returns.tokens.sign(Purpose.UNSUBSCRIBE, returns.public_id)


def _hashes(returns: Returns) -> tuple[str, ...]:
    return address_hashes(returns.keys, parse_address(returns.row.address).key)

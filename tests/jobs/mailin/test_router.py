"""Every message finds the room that knows what to do with it, and leaves no address in the log."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from digest.clock import SystemClock
from digest.db import Database
from digest.settings import read_settings
from jobs.mailin.router import Delivered, Router, say_failure
from tests.jobs.mailin.bouncing import Bounced
from tests.subscribers.conftest import KEYS
from tests.subscribers.mailin.letters import DOORS, READER, letter

Standing = Callable[[], dict[str, str]]


def test_mail_to_subscribe_signs_its_author_up(router: Router, standing: Standing) -> None:
    assert router.deliver(READER, "subscribe@news.example.com", letter()) is Delivered.DONE
    assert standing() == {READER: "pending"}


def test_a_bounce_goes_to_whoever_reads_bounces_as_it_came(router: Router, bounced: Bounced) -> None:
    report = b"From: MAILER-DAEMON\r\n\r\nNo such user \xff\x00"
    assert router.deliver("", "bounces+ABC@news.example.com", report) is Delivered.DONE
    assert bounced.received == [("bounces+ABC@news.example.com", report)]


def test_without_a_bounce_address_there_is_none(database: Database) -> None:
    plain = Router.of(read_settings({"DIGEST_SECRET_KEY": KEYS[0]}), database, SystemClock())
    assert not plain.accepts("bounces+abc@example.com")
    assert plain.accepts("digest+subscribe@example.com")


@pytest.mark.parametrize(
    ("address", "ours"),
    [
        ("subscribe@news.example.com", True),
        ("bounces+anything@news.example.com", True),
        (DOORS.leave_at(KEYS)("AAECAwQFBgcICQoLDA0ODw"), True),
        ("unsubscribe+forged@news.example.com", False),
        ("postmaster@example.org", False),
        ("", False),
    ],
)
def test_only_mail_to_addresses_of_ours_is_accepted(router: Router, address: str, ours: bool) -> None:
    assert router.accepts(address) is ours


def test_an_address_that_is_not_ours_changes_nothing(router: Router, standing: Standing) -> None:
    assert router.deliver(READER, "ann@example.org", letter()) is Delivered.NOT_UNDERSTOOD
    assert standing() == {}


def test_the_log_holds_no_address(router: Router, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for to in ("subscribe@news.example.com", "unsubscribe@news.example.com", "bounces+x@news.example.com"):
        router.deliver(READER, to, letter())
    say_failure(OperationalError("SELECT", {"address": READER}, Exception(READER)))
    say_failure(ValueError(READER))
    assert "subscribe: asked to confirm" in caplog.text
    assert "@" not in caplog.text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(
    sender=st.none() | st.text(max_size=50), address=st.text(max_size=80), message=st.binary(max_size=2_000)
)
def test_no_bytes_crash_it(router: Router, sender: str | None, address: str, message: bytes) -> None:
    router.deliver(sender, address, message)
    router.deliver(sender, "subscribe@news.example.com", message)
    router.accepts(address)

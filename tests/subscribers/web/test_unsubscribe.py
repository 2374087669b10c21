"""The page of who has just left: the way back, and one question."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from digest.clock import FixedClock
from digest.db import Database
from digest.settings import Settings
from jobs.app import web_app
from subscribers import store
from subscribers.addresses import parse_address
from subscribers.leaving import erase, suppress
from subscribers.rows import SubscriberRow
from subscribers.tokens import Purpose, Tokens
from subscribers.values import Reason, Status
from tests.subscribers.conftest import KEYS

RowOf = Callable[..., SubscriberRow | None]


@pytest.fixture
def site(database: Database, clock: FixedClock) -> TestClient:
    app = web_app(Settings.model_validate({"web": {"secret_key": KEYS[0]}}), database, clock)
    return TestClient(app, follow_redirects=False)


@pytest.fixture
def path(add: Callable[..., str], tokens: Tokens) -> str:
    return f"/unsubscribe/{tokens.sign(Purpose.UNSUBSCRIBE, add())}"


@pytest.fixture
def status(row_of: RowOf) -> Callable[[], str]:
    def status() -> str:
        row = row_of()
        assert row is not None
        return row.status

    return status


def test_a_slip_of_the_finger_is_undone_with_a_button(
    site: TestClient, path: str, status: Callable[[], str]
) -> None:
    assert 'name="undo"' in site.post(path).text
    assert 'name="undo"' in site.get(path).text
    for _ in range(2):
        assert "You are back on the list" in site.post(path, data={"undo": "undo"}).text
        assert status() == Status.CONFIRMED
    assert "Stop sending" in site.get(path).text


def test_after_a_day_the_page_only_offers_to_sign_up(
    site: TestClient, path: str, clock: FixedClock, status: Callable[[], str]
) -> None:
    site.post(path)
    clock.at += timedelta(hours=25)
    page = site.get(path).text
    assert 'name="undo"' not in page
    assert 'href="/subscribe">sign up</a>: if the address can be subscribed' in page
    assert site.post(path, data={"undo": "undo"}).status_code == 409
    assert status() == Status.UNSUBSCRIBED


def test_case_19_who_left_complained_or_was_erased_reads_the_same_true_words(
    site: TestClient, path: str, database: Database, clock: FixedClock
) -> None:
    site.post(path)
    clock.at += timedelta(hours=25)
    left = site.get(path).text
    with database.writing() as session:
        suppress(session, parse_address("reader@example.com"), Reason.COMPLAINT, clock=clock, keys=KEYS)
    assert site.get(path).text == left
    with database.writing() as session:
        erase(
            session,
            parse_address("reader@example.com"),
            clock=clock,
            keys=KEYS,
            forget=lambda session, reader: None,
        )
    assert site.get(path).text == left
    assert "An address that was erased, or where our mail was unwanted, stays off." in left


def test_the_question_takes_one_of_its_answers_and_thanks(site: TestClient, path: str) -> None:
    site.post(path)
    answered = site.post(path, data={"answer": "why", "why": "too long"}).text
    assert "Thank you, noted." in answered
    # What is sent must not look as if it were not; the way back stays.
    assert 'name="why"' not in answered
    assert 'name="undo"' in answered
    assert site.post(path, data={"answer": "why", "why": "whatever"}).status_code == 422


def test_case_18_one_click_leaves_whatever_else_the_form_says(
    site: TestClient, path: str, status: Callable[[], str]
) -> None:
    for _ in range(2):
        form = {"List-Unsubscribe": "One-Click", "undo": "undo", "answer": "why"}
        answer = site.post(path, data=form)
        assert (answer.status_code, answer.text) == (200, "You are unsubscribed.\n")
        assert status() == Status.UNSUBSCRIBED


def test_the_page_speaks_the_readers_language(site: TestClient, path: str, database: Database) -> None:
    with database.writing() as session:
        row = store.find(session, parse_address("reader@example.com").key)
        assert row is not None
        row.language = "de"
    assert "Nichts mehr an" in site.get(path).text
    page = site.post(path).text
    assert "Du bist abgemeldet" in page
    assert "Sie kommt zu oft" in page

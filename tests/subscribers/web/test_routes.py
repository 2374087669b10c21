"""The readers' pages, through a real application and a real list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from digest.clock import FixedClock
from digest.db import Database
from digest.settings import Settings
from digest.votes.store import forget
from digest.web.pages import Pages
from digest.web.problems import add_problem_pages
from subscribers import leaving, reconfirming
from subscribers.addresses import parse_address
from subscribers.audience import count_audience
from subscribers.joining import Answer
from subscribers.rows import SubscriberRow
from subscribers.tokens import Purpose, Tokens
from subscribers.values import Reason, Status
from subscribers.web.problems import add_link_problems
from subscribers.web.routes import ReaderServices, router
from tests.subscribers.conftest import KEYS

Ask = Callable[..., Answer]
RowOf = Callable[..., SubscriberRow | None]
Queued = Callable[[], list[str]]
Sign = Callable[[Purpose], str]
# Those whose pages stand here.
PURPOSES = (Purpose.CONFIRM, Purpose.UNSUBSCRIBE, Purpose.PREFERENCES)
ZONE = ZoneInfo("Europe/Paris")


@pytest.fixture
def client(database: Database, clock: FixedClock, tokens: Tokens, keys: tuple[str, ...]) -> TestClient:
    app, pages = FastAPI(), Pages.of(Settings())
    services = ReaderServices(database, clock, tokens, keys, pages, ZONE)
    app.include_router(router(services))
    add_problem_pages(app, pages)
    add_link_problems(app, pages)
    return TestClient(app, follow_redirects=False)


@pytest.fixture
def sign(row_of: RowOf, tokens: Tokens) -> Sign:
    """Make a token for reader@example.com."""

    def sign(purpose: Purpose) -> str:
        row = row_of()
        assert row is not None
        return tokens.sign(purpose, row.public_id)

    return sign


@pytest.fixture
def status(row_of: RowOf) -> Callable[[], str | None]:
    """Tell where reader@example.com stands."""

    def status() -> str | None:
        row = row_of()
        return None if row is None else row.status

    return status


def test_who_is_asked_again_finds_a_button_to_stay_and_only_it_counts(
    client: TestClient, database: Database, add: Callable[..., str], clock: FixedClock, row_of: RowOf
) -> None:
    add()
    begun = clock.at
    clock.at += timedelta(days=400)
    tokens = Tokens(KEYS, clock)
    with database.writing() as session:
        reconfirming.ask(session, [parse_address("reader@example.com")], clock=clock)
    row = row_of()
    assert row is not None
    path = f"/confirm/{tokens.sign(Purpose.CONFIRM, row.public_id)}"
    page = client.get(path)
    assert "Yes, keep it coming" in page.text
    still = row_of()
    assert still is not None
    assert still.confirmed_at == begun
    clock.at += timedelta(minutes=1)
    assert "You are on the list" in client.post(path).text
    stayed = row_of()
    assert stayed is not None
    assert stayed.confirmed_at == clock.at
    assert "Yes, keep it coming" not in client.get(path).text


def test_a_confirmation_link_opens_a_page_whose_button_confirms(
    client: TestClient, ask: Ask, sign: Sign, status: Callable[[], str]
) -> None:
    ask()
    path = f"/confirm/{sign(Purpose.CONFIRM)}"
    page = client.get(path)
    assert page.status_code == 200
    assert "r•••@example.com" in page.text
    assert "reader@example.com" not in page.text
    assert status() == Status.PENDING
    for _ in range(2):
        done = client.post(path)
        assert done.status_code == 200
        assert "You are on the list" in done.text
        assert status() == Status.CONFIRMED
    assert "You are on the list" in client.get(path).text


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_case_17_a_scanner_that_follows_links_changes_nothing(
    client: TestClient,
    ask: Ask,
    add: Callable[..., str],
    sign: Sign,
    status: Callable[[], str],
    purpose: Purpose,
    method: str,
) -> None:
    (ask if purpose is Purpose.CONFIRM else add)()
    before = status()
    for _ in range(3):
        assert client.request(method, f"/{purpose}/{sign(purpose)}").status_code == 200
    assert status() == before


def test_unsubscribing_with_the_button(
    client: TestClient, add: Callable[..., str], sign: Sign, status: Callable[[], str]
) -> None:
    add()
    path = f"/unsubscribe/{sign(Purpose.UNSUBSCRIBE)}"
    assert 'method="post"' in client.get(path).text
    for _ in range(2):
        page = client.post(path)
        assert page.status_code == 200
        assert "You are unsubscribed" in page.text
        assert status() == Status.UNSUBSCRIBED
    assert "You are unsubscribed" in client.get(path).text


@pytest.mark.parametrize("encoding", ["data", "files"])
def test_case_18_one_click_answers_200_without_page_cookie_or_redirect(
    client: TestClient, add: Callable[..., str], sign: Sign, status: Callable[[], str], encoding: str
) -> None:
    add()
    path = f"/unsubscribe/{sign(Purpose.UNSUBSCRIBE)}"
    # (None, …) makes httpx send a plain field of a multipart form.
    body = {"List-Unsubscribe": "One-Click" if encoding == "data" else (None, "One-Click")}
    for _ in range(2):
        answer = client.post(path, **{encoding: body})
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert "set-cookie" not in answer.headers
        assert status() == Status.UNSUBSCRIBED


def test_case_18_a_token_that_is_cut_tampered_or_for_another_purpose_takes_nobody_off(
    client: TestClient, add: Callable[..., str], sign: Sign, status: Callable[[], str]
) -> None:
    add()
    good = sign(Purpose.UNSUBSCRIBE)
    for token in (good[:-1], f"x{good}", sign(Purpose.PREFERENCES), sign(Purpose.CONFIRM), "x", "%00", "é"):
        for answer in (
            client.get(f"/unsubscribe/{token}"),
            client.post(f"/unsubscribe/{token}", data={"List-Unsubscribe": "One-Click"}),
        ):
            assert answer.status_code == 404
            assert "This link does not work" in answer.text
    assert status() == Status.CONFIRMED


def test_case_18_a_link_signed_with_a_rotated_key_still_works(
    client: TestClient, add: Callable[..., str], keys: tuple[str, ...], status: Callable[[], str]
) -> None:
    token = Tokens(keys[1:]).sign(Purpose.UNSUBSCRIBE, add())
    assert client.post(f"/unsubscribe/{token}").status_code == 200
    assert status() == Status.UNSUBSCRIBED


def test_a_link_that_is_too_old_offers_to_sign_up_again(
    client: TestClient, ask: Ask, sign: Sign, clock: FixedClock, status: Callable[[], str]
) -> None:
    ask()
    path = f"/confirm/{sign(Purpose.CONFIRM)}"
    clock.at += timedelta(days=15)
    for page in (client.get(path), client.post(path)):
        assert page.status_code == 410
        assert 'href="/subscribe"' in page.text
    assert status() == Status.PENDING


def test_a_suppressed_address_is_told_so_by_its_own_link(
    client: TestClient, database: Database, clock: FixedClock, keys: tuple[str, ...], ask: Ask, sign: Sign
) -> None:
    ask()
    with database.writing() as session:
        leaving.suppress(
            session, parse_address("reader@example.com"), Reason.COMPLAINT, clock=clock, keys=keys
        )
    page = client.post(f"/confirm/{sign(Purpose.CONFIRM)}")
    assert page.status_code == 409
    assert "suppressed" in page.text


def test_preferences_show_and_change_the_name(
    client: TestClient, add: Callable[..., str], sign: Sign, row_of: RowOf
) -> None:
    add(name="<b>Ann</b>")
    path = f"/preferences/{sign(Purpose.PREFERENCES)}"
    page = client.get(path)
    assert page.status_code == 200
    assert "gets every issue" in page.text
    assert "r•••@example.com" in page.text
    assert "reader@example.com" not in page.text
    assert "&lt;b&gt;Ann&lt;/b&gt;" in page.text

    saved = client.post(path, data={"name": " Zoë "})
    assert "Saved." in saved.text
    row = row_of()
    assert row is not None
    assert row.name == "Zoë"

    refused = client.post(path, data={"name": "a\nb"})
    assert refused.status_code == 422
    assert "A name is one line" in refused.text
    assert 'value="Zoë"' in refused.text


@pytest.mark.parametrize(
    ("form", "day"),
    [
        ({"pause": "4"}, "18 December 2026"),
        ({"pause": "8"}, "15 January 2027"),
        ({"pause": "12"}, "12 February 2027"),
        ({"pause": "date", "until": "2027-11-20"}, "20 November 2027"),
    ],
)
def test_a_reader_pauses_and_comes_back(
    client: TestClient, add: Callable[..., str], sign: Sign, row_of: RowOf, form: dict[str, str], day: str
) -> None:
    add(name="Ann")
    path = f"/preferences/{sign(Purpose.PREFERENCES)}"
    assert 'id="pause"' in client.get(path).text
    assert "Resume now" not in client.get(path).text
    for _ in range(2):
        assert f"Paused until {day}." in client.post(path, data=form).text
    assert f"the first issue on or after <strong>{day}</strong> comes, without" in client.get(path).text
    row = row_of()
    assert row is not None
    assert (row.status, row.name) == (Status.PAUSED, "Ann")

    for _ in range(2):
        assert "Welcome back" in client.post(path, data={"pause": "resume"}).text
    assert "gets every issue" in client.get(path).text


@pytest.mark.parametrize(
    "form",
    [
        {"pause": "date", "until": "2026-11-20"},
        {"pause": "date", "until": "2027-11-21"},
        {"pause": "date", "until": "soon"},
        {"pause": "date"},
        {"pause": ""},
        {"pause": "5200"},
    ],
)
def test_a_pause_that_cannot_be_is_answered_with_the_reason(
    client: TestClient,
    add: Callable[..., str],
    sign: Sign,
    status: Callable[[], str],
    form: dict[str, str],
) -> None:
    add()
    page = client.post(f"/preferences/{sign(Purpose.PREFERENCES)}", data=form)
    assert page.status_code == 422
    assert 'role="alert" id="pause-error"' in page.text
    assert status() == Status.CONFIRMED


def test_the_day_a_pause_ends_is_told_as_it_was_chosen(
    client: TestClient, add: Callable[..., str], sign: Sign, clock: FixedClock
) -> None:
    """Midnight in Paris is still the day before in UTC."""
    add()
    path = f"/preferences/{sign(Purpose.PREFERENCES)}"
    page = client.post(path, data={"pause": "date", "until": "2026-12-25"})
    assert "Paused until 25 December 2026." in page.text
    clock.at += timedelta(days=40)
    assert "gets every issue" in client.get(path).text


def test_who_has_left_is_not_offered_a_pause_and_cannot_press_it(
    client: TestClient, add: Callable[..., str], sign: Sign, status: Callable[[], str]
) -> None:
    add()
    client.post(f"/unsubscribe/{sign(Purpose.UNSUBSCRIBE)}")
    path = f"/preferences/{sign(Purpose.PREFERENCES)}"
    assert 'id="pause"' not in client.get(path).text
    refused = client.post(path, data={"pause": "4"})
    assert refused.status_code == 409
    assert "nothing to pause" in refused.text
    assert status() == Status.UNSUBSCRIBED


def test_preferences_lead_out(
    client: TestClient, add: Callable[..., str], sign: Sign, status: Callable[[], str]
) -> None:
    add()
    path = f"/preferences/{sign(Purpose.PREFERENCES)}"
    leave = "/unsubscribe/" + client.get(path).text.partition('action="/unsubscribe/')[2].partition('"')[0]
    assert client.post(leave).status_code == 200
    assert status() == Status.UNSUBSCRIBED
    assert 'href="/subscribe">sign up</a>' in client.get(path).text


def test_the_links_of_an_erased_reader(
    client: TestClient, database: Database, clock: FixedClock, keys: tuple[str, ...], ask: Ask, sign: Sign
) -> None:
    ask()
    links = {purpose: f"/{purpose}/{sign(purpose)}" for purpose in PURPOSES}
    with database.writing() as session:
        leaving.erase(session, parse_address("reader@example.com"), clock=clock, keys=keys, forget=forget)
        assert count_audience(session, clock.at) == 0
    assert client.get(links[Purpose.CONFIRM]).status_code == 410
    assert client.get(links[Purpose.PREFERENCES]).status_code == 410
    assert client.post(links[Purpose.UNSUBSCRIBE]).status_code == 200

"""The vote and save links, through the whole application and a real list."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from lxml import html
from sqlalchemy import select

from digest.clock import FixedClock
from digest.db import Database
from digest.settings import Settings
from digest.votes.rows import SavedRow, VoteRow
from digest.votes.store import forget
from jobs.app import web_app
from subscribers import joining, leaving
from subscribers.addresses import parse_address
from subscribers.tokens import Purpose, Tokens
from tests.conftest import anew
from tests.digest.web.publishing import publish
from tests.stock import KEYS, NOW

ANN = parse_address("ann@example.com")
Sign = Callable[..., str]
Votes = Callable[[], list[tuple[str | None, str]]]


@pytest.fixture
def database(standing_database: Database, empty_database_file: Path) -> Iterator[Database]:
    with anew(standing_database, empty_database_file) as database:
        yield database


@pytest.fixture(scope="module")
def app(standing_database: Database) -> FastAPI:
    values = {
        "database": {"url": str(standing_database.url)},
        "web": {"secret_key": KEYS[0], "base_url": "https://digest.example.com"},
    }
    return web_app(Settings.model_validate(values), standing_database, FixedClock(NOW))


@pytest.fixture
def client(database: Database, app: FastAPI) -> TestClient:
    publish(database)
    return TestClient(app, follow_redirects=False, raise_server_exceptions=False)


@pytest.fixture
def ann(database: Database) -> str:
    """Ann's public id."""
    with database.writing() as session:
        return joining.add_reader(session, ANN, name="Ann", clock=FixedClock(NOW), keys=KEYS).id


@pytest.fixture
def sign(ann: str) -> Sign:
    def sign(purpose: Purpose, reader: str = ann) -> str:
        return Tokens(KEYS).sign(purpose, reader)

    return sign


@pytest.fixture
def vote_link(sign: Sign) -> str:
    return f"/vote/{sign(Purpose.VOTE)}?tool=loupe&as=ship"


@pytest.fixture
def save_link(sign: Sign) -> str:
    return f"/saved/{sign(Purpose.SAVED)}?add=loupe"


@pytest.fixture
def votes(database: Database) -> Votes:
    def votes() -> list[tuple[str | None, str]]:
        with database.reading() as session:
            found = session.execute(select(VoteRow.reader, VoteRow.verdict))
            return [(reader, verdict) for reader, verdict in found]

    return votes


@pytest.fixture
def kept(database: Database) -> Callable[[], int]:
    def kept() -> int:
        with database.reading() as session:
            return len(session.scalars(select(SavedRow.tool_id)).all())

    return kept


def words_of(page: str) -> str:
    return " ".join(html.fromstring(page).xpath("string(//main)").split())


def buttons(page: str) -> list[tuple[str, str | None]]:
    """Return what each button of a page says and sends."""
    found = html.fromstring(page).xpath("//main//button")
    return [(button.text_content().strip(), button.get("value")) for button in found]


def test_a_vote_link_opens_a_page_with_what_the_panel_said_and_two_buttons(
    client: TestClient, vote_link: str
) -> None:
    page = client.get(vote_link)
    assert page.status_code == 200
    assert "SHIP 75%" in words_of(page.text)
    assert "3 of 4 reviewers ship" in page.text
    assert buttons(page.text) == [("Ship", "ship"), ("Skip", "skip")]


@pytest.mark.parametrize(("chosen", "told"), [("ship", True), ("skip", True), ("what", False)])
def test_what_was_pressed_in_the_mail_waits_for_one_more_press(
    client: TestClient, vote_link: str, chosen: str, told: bool
) -> None:
    page = client.get(vote_link.replace("=ship", f"={chosen}")).text
    assert buttons(page) == [("Ship", "ship"), ("Skip", "skip")]
    assert (f"You pressed {chosen.capitalize()} in the mail" in words_of(page)) is told


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_case_17_a_scanner_that_follows_a_vote_or_save_link_changes_nothing(
    client: TestClient,
    vote_link: str,
    save_link: str,
    votes: Votes,
    kept: Callable[[], int],
    method: str,
) -> None:
    for link in (vote_link, save_link):
        for purpose in ("prefetch", "prefetch;prerender"):
            assert client.request(method, link, headers={"Sec-Purpose": purpose}).status_code == 200
    assert votes() == []
    assert kept() == 0


def test_pressing_a_button_counts_once_and_the_last_press_holds(
    client: TestClient, vote_link: str, votes: Votes, ann: str
) -> None:
    for _ in range(3):
        page = client.post(vote_link, data={"vote": "ship"})
        assert page.status_code == 200
        assert "Your vote is in" in page.text
        assert "100% ship, 1 vote." in words_of(page.text)
    assert votes() == [(ann, "ship")]
    assert "0% ship, 1 vote." in words_of(client.post(vote_link, data={"vote": "skip"}).text)
    assert votes() == [(ann, "skip")]
    assert "You say SKIP so far" in words_of(client.get(vote_link).text)


def test_a_press_of_the_links_own_choice_needs_no_form(
    client: TestClient, vote_link: str, votes: Votes, ann: str
) -> None:
    assert client.post(vote_link).status_code == 200
    assert votes() == [(ann, "ship")]


def test_undo_takes_the_vote_back(client: TestClient, vote_link: str, votes: Votes) -> None:
    assert buttons(client.post(vote_link).text) == [("Undo", "undo")]
    for _ in range(2):
        page = client.post(vote_link, data={"vote": "undo"})
        assert "Taken back" in page.text
        assert buttons(page.text) == [("Ship", "ship"), ("Skip", "skip")]
        assert votes() == []


def test_what_is_no_vote_is_refused(client: TestClient, vote_link: str, votes: Votes) -> None:
    for form in ({"vote": "split"}, {"vote": ""}, {"vote": "SHIP"}):
        assert client.post(vote_link, data=form).status_code == 422
    assert client.post(vote_link.partition("&")[0]).status_code == 422
    assert client.post(vote_link, data={"vote": "ship", "x": "x" * 20_000}).status_code == 413
    assert votes() == []


@pytest.mark.parametrize("slug", ["nobody", "", "lou%00pe", "x" * 600])
def test_only_what_an_issue_featured_has_a_page(
    client: TestClient, sign: Sign, votes: Votes, kept: Callable[[], int], slug: str
) -> None:
    vote, save = f"/vote/{sign(Purpose.VOTE)}?as=ship&tool={slug}", f"/saved/{sign(Purpose.SAVED)}?add={slug}"
    for link in (vote, save):
        for answer in (client.get(link), client.post(link)):
            assert answer.status_code in (404, 422)
    assert client.get(f"/vote/{sign(Purpose.VOTE)}").status_code == 404
    assert votes() == []
    assert kept() == 0


def test_a_token_that_is_cut_tampered_or_for_another_purpose_does_nothing(
    client: TestClient, sign: Sign, votes: Votes, kept: Callable[[], int]
) -> None:
    for own, query in ((Purpose.VOTE, "tool=loupe&as=ship"), (Purpose.SAVED, "add=loupe")):
        good = sign(own)
        others = [sign(purpose) for purpose in Purpose if purpose is not own]
        for token in (good[:-1], f"x{good}", "x", "%00", "é", *others):
            for answer in (
                client.get(f"/{own}/{token}?{query}"),
                client.post(f"/{own}/{token}?{query}"),
            ):
                assert answer.status_code == 404
                assert "This link does not work" in answer.text
    assert votes() == []
    assert kept() == 0


def test_a_reader_who_unsubscribed_may_still_vote(
    client: TestClient, sign: Sign, vote_link: str, votes: Votes, ann: str
) -> None:
    client.post(f"/unsubscribe/{sign(Purpose.UNSUBSCRIBE)}")
    assert client.post(vote_link).status_code == 200
    assert votes() == [(ann, "ship")]


def test_an_erased_readers_links_open_kind_pages_and_record_nothing(
    client: TestClient,
    database: Database,
    vote_link: str,
    save_link: str,
    votes: Votes,
    kept: Callable[[], int],
) -> None:
    client.post(vote_link)
    client.post(save_link)
    with database.writing() as session:
        leaving.erase(session, ANN, clock=FixedClock(NOW), keys=KEYS, forget=forget)
    for link in (vote_link, save_link):
        for answer in (client.get(link), client.post(link)):
            assert answer.status_code == 200
            assert "no longer on our list" in answer.text
            assert buttons(answer.text) == []
    assert votes() == [(None, "ship")]
    assert kept() == 0


def test_votes_show_on_the_public_pages_at_once(client: TestClient, sign: Sign) -> None:
    client.post(f"/vote/{sign(Purpose.VOTE)}?tool=lantern&as=skip")
    for path in ("/tools/lantern", "/compare/loupe-vs-lantern"):
        assert "60% ship, 129 votes" in words_of(client.get(path).text)


def test_saving_lists_once_with_a_link_and_removing_takes_off(
    client: TestClient, save_link: str, kept: Callable[[], int]
) -> None:
    link = save_link.partition("?")[0]
    assert "Nothing is saved yet" in client.get(link).text
    assert buttons(client.get(save_link).text) == [("Save Loupe for later", None)]
    for _ in range(2):
        page = client.post(link, data={"add": "loupe"})
        assert page.status_code == 200
        assert 'href="/tools/loupe"' in page.text
        assert kept() == 1
    assert buttons(client.get(save_link).text) == [("Remove", None)]
    for _ in range(2):
        assert "Nothing is saved yet" in client.post(link, data={"remove": "loupe"}).text
        assert kept() == 0
    assert client.post(link, data={"remove": "nobody"}).status_code == 200
    assert client.post(link).status_code == 404


def test_a_press_on_the_save_link_itself_saves(
    client: TestClient, save_link: str, kept: Callable[[], int]
) -> None:
    for _ in range(2):
        assert client.post(save_link).status_code == 200
    assert kept() == 1


def test_hostile_names_come_out_as_text(client: TestClient, sign: Sign) -> None:
    saved = f"/saved/{sign(Purpose.SAVED)}?add=hostile"
    vote = f"/vote/{sign(Purpose.VOTE)}?tool=hostile"
    for page in (
        client.get(vote),
        client.post(vote, data={"vote": "ship"}),
        client.get(saved),
        client.post(saved),
    ):
        assert page.status_code == 200
        assert "<script>" not in page.text
        assert not html.fromstring(page.text).xpath("//script | //@style | //@onmouseover")
        assert "{{ 7*7 }}" in page.text


def test_pages_are_kept_by_nobody_and_set_no_cookie(
    client: TestClient, vote_link: str, save_link: str
) -> None:
    for answer in (client.get(vote_link), client.post(vote_link), client.get(save_link)):
        assert answer.headers["cache-control"] == "no-store"
        assert "form-action 'self'" in answer.headers["content-security-policy"]
        assert "set-cookie" not in answer.headers
        assert re.search(r'name="robots" content="noindex"', answer.text)
        assert "ann@" not in answer.text

"""What goes wrong on a reader's page is told in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from fastapi.testclient import TestClient

from digest.clock import FixedClock
from digest.db import Database
from digest.frames import frame, said
from subscribers import leaving, store
from subscribers.addresses import parse_address
from subscribers.choices.moving import ask_to_move, nonce_for
from subscribers.consent import AGREED, CONFIRMING
from subscribers.tokens import Purpose, Tokens

Add = Callable[..., str]
GERMAN = frame("de")


def heading(page: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", page, re.DOTALL)
    assert found is not None
    return unescape(found[1])


def in_german(page: str) -> bool:
    """Tell whether a page says it is German; no text that can be said so may stand there in English."""
    text = unescape(page)
    english = [one for one in GERMAN if len(one) > 12 and one in text and "%(" not in one]
    assert english == []
    return '<html lang="de">' in page


@pytest.fixture
def german(database: Database, add: Add) -> str:
    """The public id of a reader who chose German."""
    public_id = add()
    with database.writing() as session:
        row = store.find_by_public_id(session, public_id)
        assert row is not None
        row.language = "de"
    return public_id


@pytest.mark.parametrize(
    ("purpose", "fields", "status", "told"),
    [
        (
            Purpose.PREFERENCES,
            {"address": "ask", "email": "leser"},
            422,
            "keine E-Mail-Adresse: es fehlt das @.",
        ),
        (
            Purpose.PREFERENCES,
            {"address": "ask", "email": "a b@c.org"},
            422,
            "vor dem @ stehen Zeichen, die dort",
        ),
        (Purpose.PREFERENCES, {"name": "x" * 101}, 422, "Ein Name hat höchstens 100 Zeichen."),
        (
            Purpose.PREFERENCES,
            {"choices": "save", "language": "de", "every_weeks": "1", "hour": "7", "zone": "indiana/"},
            422,
            "Nenne die Zeitzone ganz: America/Indiana/Indianapolis",
        ),
        (Purpose.UNSUBSCRIBE, {"answer": "why", "why": "nonsense"}, 422, "Wähle eine der Antworten."),
        (Purpose.UNSUBSCRIBE, {f"f{number}": "1" for number in range(50)}, 400, "<h1>"),
        (Purpose.VOTE, {"vote": "perhaps"}, 422, "Diese Stimme ist weder Ship noch Skip"),
        (Purpose.SAVED, {"add": "nothing"}, 404, "Keine verschickte Ausgabe handelt von einem solchen"),
    ],
)
def test_what_a_form_is_answered_with_is_in_the_readers_language(
    site: TestClient,
    german: str,
    tokens: Tokens,
    purpose: Purpose,
    fields: dict[str, str],
    status: int,
    told: str,
) -> None:
    page = site.post(f"/{purpose}/{tokens.sign(purpose, german)}", data=fields)
    assert page.status_code == status
    assert told in unescape(page.text)
    assert '<html lang="de">' in page.text


def test_a_link_that_is_too_old_says_so_in_the_readers_language(
    site: TestClient,
    database: Database,
    german: str,
    tokens: Tokens,
    keys: tuple[str, ...],
    clock: FixedClock,
) -> None:
    with database.writing() as session:
        preferences = tokens.sign(Purpose.PREFERENCES, german)
        new = parse_address("new@example.org")
        ask_to_move(session, tokens, preferences, new, clock=clock, keys=keys)
        nonce = nonce_for(keys, german, new)
    held = {Purpose.CONFIRM: german, Purpose.CHANGE: nonce}
    links = [(purpose, tokens.sign(purpose, name)) for purpose, name in held.items()]
    clock.at += timedelta(days=15)
    for purpose, token in links:
        page = site.get(f"/{purpose}/{token}")
        assert page.status_code == 410
        assert "Dieser Link ist zu alt." in page.text
        assert in_german(page.text)


@pytest.mark.parametrize("purpose", [one for one in Purpose if one is not Purpose.BOUNCE])
def test_a_link_that_is_none_of_ours_is_answered_in_english(
    site: TestClient, german: str, tokens: Tokens, purpose: Purpose
) -> None:
    page = site.get(f"/{purpose}/{tokens.sign(purpose, german)[:-1]}")
    assert page.status_code == 404
    assert '<html lang="en">' in page.text
    assert "This link is not complete or not one of ours." in page.text


def test_leaving_twice_and_too_late_an_undo_stay_german(
    site: TestClient,
    database: Database,
    german: str,
    tokens: Tokens,
    clock: FixedClock,
    keys: tuple[str, ...],
) -> None:
    token = tokens.sign(Purpose.UNSUBSCRIBE, german)
    with database.writing() as session:
        leaving.unsubscribe(session, tokens, token, clock=clock, keys=keys)
    clock.at += timedelta(days=2)
    page = site.post(f"/unsubscribe/{token}", data={"undo": "undo"})
    assert page.status_code == 409
    assert heading(page.text) == "Das ist jetzt nicht möglich"
    assert in_german(page.text)


PATHS = ("", "/data", "/erase")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("purpose", [one for one in Purpose if one is not Purpose.BOUNCE])
def test_no_page_of_a_reader_can_be_put_into_a_frame(
    site: TestClient, german: str, tokens: Tokens, purpose: Purpose, method: str
) -> None:
    """Or a stranger's page could have a reader press our buttons (CSP Level 3, frame-ancestors)."""
    token = tokens.sign(purpose, german)
    rooms = [f"/{purpose}/{token}{path}" for path in (PATHS if purpose is Purpose.PREFERENCES else ("",))]
    for room in (*rooms, f"/{purpose}/{token[:-1]}", f"/{purpose}/{token}x", "/subscribe"):
        answer = site.request(method, room, data={} if method == "POST" else None)
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], room


@pytest.mark.parametrize("purpose", [Purpose.VOTE, Purpose.SAVED])
def test_pages_of_other_rooms_speak_the_readers_language(
    site: TestClient, german: str, tokens: Tokens, purpose: Purpose
) -> None:
    """Of a tool no issue featured there is no page to vote on; what was saved has one."""
    page = site.get(f"/{purpose}/{tokens.sign(purpose, german)}")
    assert in_german(page.text)


def test_confirming_is_german_from_the_link_to_the_welcome(
    site: TestClient, database: Database, tokens: Tokens, ask: Callable[..., object]
) -> None:
    ask()
    with database.writing() as session:
        row = store.find(session, "reader@example.com")
        assert row is not None
        row.language = "de"
    path = f"/confirm/{tokens.sign(Purpose.CONFIRM, row.public_id)}"
    page = site.get(path)
    assert heading(page.text) == "Einmal drücken, und du stehst auf der Liste"
    assert in_german(page.text)
    for page in (site.post(path), site.get(path)):
        assert heading(page.text) == "Du stehst auf der Liste"
        assert in_german(page.text)


def test_a_visitor_reads_the_form_in_the_language_of_their_browser_and_is_written_to_in_it(
    site: TestClient, database: Database
) -> None:
    page = site.get("/subscribe", headers={"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"})
    assert in_german(page.text)
    assert '<input type="hidden" name="language" value="de">' in page.text
    slip = site.post("/subscribe", data={"email": "leser@", "language": "de"})
    assert in_german(slip.text)
    assert "Das ist keine E-Mail-Adresse: nach dem @ fehlt etwas." in slip.text
    assert in_german(site.post("/subscribe", data={"email": "leser@example.com", "language": "de"}).text)
    with database.reading() as session:
        row = store.find(session, "leser@example.com")
    assert row is not None
    assert row.language == "de"


def test_a_language_that_is_none_of_ours_is_english(site: TestClient, database: Database) -> None:
    assert '<html lang="en">' in site.get("/subscribe", headers={"Accept-Language": "fr, de;q=x"}).text
    site.post("/subscribe", data={"email": "reader@example.com", "language": "../de"})
    with database.reading() as session:
        row = store.find(session, "reader@example.com")
    assert row is not None
    assert row.language == "en"


@pytest.mark.parametrize(
    "address",
    ["", "x", "@b.org", "a@", "a@b", "a@b.c@d", ".a@b.org", "a.@b.org", "a@.org", "a@b..org", "a b@c.org",
     "a@b_c.org", "a@b.org.", "a@b.invalid", "<a@b.org> x", "-a@b.org", "ａ@b.org", f"{'a' * 65}@b.org"],
)  # fmt: skip
def test_every_slip_of_an_address_is_said_in_german_and_ends_with_one_full_stop(
    site: TestClient, address: str
) -> None:
    alert = '<span class="form-error" role="alert" id="form-error">(.*?)</span>'
    told = {}
    for language in ("en", "de"):
        page = site.post("/subscribe", data={"email": address, "language": language})
        found = re.search(alert, page.text)
        assert found is not None
        told[language] = unescape(found[1])
        assert re.search(r"[^.]\.$", told[language]), told
    english, german = (re.split("(?<!E-Mail-Adresse): ", one.rstrip("."))[:2] for one in told.values())
    assert not set(english) & set(german), told


def test_the_words_agreed_to_are_said_in_every_language() -> None:
    assert {AGREED, CONFIRMING} <= GERMAN.keys()
    assert said("de", AGREED) != AGREED

"""The page where a reader chooses, through the whole application."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from digest.clock import FixedClock
from digest.db import Database
from digest.settings import Settings
from jobs.app import web_app
from subscribers.events import timeline
from subscribers.rows import AddressChangeRow, NoticeRow, SubscriberRow
from subscribers.tokens import Purpose, Tokens
from subscribers.values import Status
from tests.factories import tool
from tests.stock import stock_tools
from tests.subscribers.conftest import KEYS

RowOf = Callable[..., SubscriberRow | None]
CHOICES: dict[str, Any] = {
    "choices": "save",
    "interest": ["Chat"],
    "every_weeks": "4",
    "hour": "7",
    "zone": "europe/paris",
    "language": "de",
}


@pytest.fixture
def site(database: Database, clock: FixedClock) -> TestClient:
    """The whole site, with tools in two categories, one of them hostile."""
    with database.writing() as session:
        stock_tools(session, tool("Loupe", category="Chat"), tool("Lantern", category='<b>"Code"</b>'))
    app = web_app(Settings.model_validate({"web": {"secret_key": KEYS[0]}}), database, clock)
    return TestClient(app, follow_redirects=False)


@pytest.fixture
def path(add: Callable[..., str], tokens: Tokens) -> str:
    return f"/preferences/{tokens.sign(Purpose.PREFERENCES, add())}"


def test_the_page_offers_the_catalogues_categories_as_text(site: TestClient, path: str) -> None:
    page = site.get(path)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert 'value="Chat"' in page.text
    assert "&lt;b&gt;&#34;Code&#34;&lt;/b&gt;" in page.text
    assert "reader@example.com" not in page.text
    assert "checked" not in page.text.partition("How often")[0]


def test_choices_are_kept_shown_and_said_in_the_chosen_language(
    site: TestClient, path: str, row_of: RowOf
) -> None:
    saved = site.post(path, data=CHOICES)
    assert saved.status_code == 200
    assert "Gespeichert. Es gilt ab der nächsten Ausgabe." in saved.text
    row = row_of()
    assert row is not None
    chosen = (row.interests, row.every_weeks, row.hour, row.zone, row.language)
    assert chosen == ("Chat", 4, 7, "Europe/Paris", "de")
    page = site.get(path).text
    assert '<html lang="de">' in page
    assert "bekommt jede vierte Ausgabe" in page
    assert re.search(r'value="Chat" checked', page)
    assert 'value="7" selected' in page
    assert 'value="Europe/Paris"' in page


def test_a_zone_nobody_knows_is_told_at_its_field_and_all_that_was_chosen_stays(
    site: TestClient, path: str, row_of: RowOf
) -> None:
    refused = site.post(path, data=CHOICES | {"zone": "Atlantis"})
    assert refused.status_code == 422
    field, _, rest = refused.text.partition('aria-invalid="true" aria-describedby="zone-error">')
    assert 'id="zone"' in field.rpartition("<input")[2]
    assert rest.lstrip().startswith(
        '<span class="form-error" role="alert" id="zone-error">We know no such time zone'
    )
    # The form comes back to its address: now that of the field, so that the message is on the screen.
    assert refused.text.count('id="choices"') == 1
    assert '<p id="choices">' in refused.text
    assert 'value="Atlantis"' in refused.text
    assert 'value="Chat" checked' in refused.text
    assert 'value="7" selected' in refused.text
    row = row_of()
    assert row is not None
    assert (row.interests, row.hour) == (None, None)


def test_a_form_with_hardly_a_field_is_answered_with_the_reason(site: TestClient, path: str) -> None:
    for form in ({"choices": "save"}, {"choices": "save", "hour": "7", "zone": ""}):
        refused = site.post(path, data=form)
        assert refused.status_code == 422
        assert 'id="choices-error"' in refused.text


@pytest.mark.parametrize(
    ("form", "place"), [({"pause": "date", "until": "soon"}, "pause"), ({"name": "x" * 101}, "name")]
)
def test_what_is_wrong_with_a_field_is_told_right_behind_it(
    site: TestClient, path: str, form: dict[str, str], place: str
) -> None:
    page = site.post(path, data=form).text
    assert re.search(
        rf'aria-describedby="{place}-error">\s*<span class="form-error" role="alert" id="{place}-error">',
        page,
    )


def test_the_top_of_the_page_leads_to_each_of_its_parts(site: TestClient, path: str) -> None:
    page = site.get(path).text
    places = re.findall(r'<li><a href="#([\w-]+)">', page)
    assert places == ["choices-heading", "pause", "name-part", "address", "data", "leave"]
    for place in places:
        assert page.count(f' id="{place}"') == 1


def test_a_category_that_is_gone_can_be_kept_and_dropped(
    site: TestClient, path: str, database: Database, row_of: RowOf
) -> None:
    row = row_of()
    assert row is not None
    with database.writing() as session:
        session.merge(row).interests = "Gone"
    assert 'value="Gone" checked' in site.get(path).text
    site.post(path, data=CHOICES | {"interest": ["Gone", "Chat"]})
    row = row_of()
    assert row is not None
    assert row.interests == "Chat\nGone"
    site.post(path, data=CHOICES)
    assert 'value="Gone"' not in site.get(path).text


def test_each_change_is_an_event(site: TestClient, path: str, database: Database, row_of: RowOf) -> None:
    forms: list[dict[str, Any]] = [CHOICES, {"name": "Ann"}, {"name": "Ann"}, {"pause": "4"}]
    for form in [*forms, {"pause": "resume"}, {"pause": "resume"}]:
        assert site.post(path, data=form).status_code == 200
    row = row_of()
    assert row is not None
    with database.reading() as session:
        told = [event.what.value for event in timeline(session, row.id)]
    assert told[-4:] == ["chose", "chose", "paused", "resumed"]


def test_asking_for_another_address_gets_the_same_answer_whoever_has_it(
    site: TestClient, path: str, add: Callable[..., str], database: Database
) -> None:
    add("taken@example.org")
    answers = [
        site.post(path, data={"address": "ask", "email": email}).text
        for email in ("taken@example.org", "tree@example.org")
    ]
    assert "If t•••@example.org can be used here, a mail with a link is on its way" in answers[0]
    assert answers[0] == answers[1]
    with database.reading() as session:
        assert session.scalars(select(NoticeRow.address).where(NoticeRow.state == "pending")).all() == [
            "tree@example.org"
        ]


@pytest.mark.parametrize("email", ["", "x", "-oQ/tmp@b.org", "a@b.org\r\nBcc: c@d.org"])
def test_case_20_a_bad_new_address_is_answered_with_the_reason(
    site: TestClient, path: str, database: Database, email: str
) -> None:
    refused = site.post(path, data={"address": "ask", "email": email})
    assert refused.status_code == 422
    assert 'id="address-error"' in refused.text
    with database.reading() as session:
        assert session.scalars(select(NoticeRow)).all() == []


def test_the_new_address_says_yes_with_a_button(
    site: TestClient, path: str, database: Database, tokens: Tokens, row_of: RowOf
) -> None:
    site.post(path, data={"address": "ask", "email": "new@example.org"})
    row = row_of()
    assert row is not None
    with database.reading() as session:
        nonce = session.scalar(select(AddressChangeRow.nonce))
    assert nonce is not None
    link = f"/change/{tokens.sign(Purpose.CHANGE, nonce)}"
    for method in ("GET", "HEAD", "GET"):
        # Case 17: a scanner that follows the link changes nothing.
        page = site.request(method, link)
        assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert "n•••@example.org" in page.text
    assert "new@example.org" not in page.text
    assert row_of("new@example.org") is None
    for _ in range(2):
        done = site.post(link)
        assert "Your address is changed" in done.text
    assert row_of("new@example.org") is not None
    assert "Your address is changed" in site.get(link).text
    assert site.get(path).status_code == 200


def test_case_17_no_page_of_a_reader_changes_anything_by_being_looked_at(
    site: TestClient, path: str, database: Database, tokens: Tokens, row_of: RowOf
) -> None:
    site.post(path, data={"address": "ask", "email": "new@example.org"})
    row = row_of()
    assert row is not None
    with database.reading() as session:
        nonce = session.scalar(select(AddressChangeRow.nonce))
    assert nonce is not None
    unsubscribe = tokens.sign(Purpose.UNSUBSCRIBE, row.public_id)

    def state() -> str:
        connection = database.engine.raw_connection().driver_connection
        assert connection is not None
        return "\n".join(connection.iterdump())

    before = state()
    for link in (
        *(path, f"{path}/data", f"{path}/erase", f"/unsubscribe/{unsubscribe}"),
        f"/change/{tokens.sign(Purpose.CHANGE, nonce)}",
        *(f"{path}?choices=save&language=de", f"{path}?pause=4", f"/unsubscribe/{unsubscribe}?undo=undo"),
    ):
        for method in ("GET", "HEAD"):
            assert site.request(method, link).status_code == 200
    assert state() == before


@pytest.mark.parametrize(
    "room", ["preferences/{}", "preferences/{}/data", "preferences/{}/erase", "change/{}"]
)
def test_case_18_a_token_that_is_tampered_or_for_another_purpose_opens_nothing(
    site: TestClient, path: str, tokens: Tokens, row_of: RowOf, room: str
) -> None:
    row = row_of()
    assert row is not None
    good = path.rpartition("/")[2]
    wrong = [
        f"x{good}",
        good[:-1],
        *(tokens.sign(one, row.public_id) for one in Purpose if one != "preferences"),
    ]
    if room.startswith("change"):
        wrong = [good, *(tokens.sign(one, row.public_id) for one in Purpose if one != "change")]
    for token in wrong:
        for method in ("GET", "POST"):
            answer = site.request(
                method, f"/{room.format(token)}", data={"name": "x"} if method == "POST" else None
            )
            assert answer.status_code == 404
    row = row_of()
    assert row is not None
    assert (row.status, row.name) == (Status.CONFIRMED, None)


def test_case_18_a_link_signed_with_a_rotated_key_still_opens_them(
    database: Database, clock: FixedClock, add: Callable[..., str]
) -> None:
    web = {"secret_key": KEYS[0], "old_secret_keys": [KEYS[1]]}
    site = TestClient(web_app(Settings.model_validate({"web": web}), database, clock))
    token = Tokens(KEYS[1:]).sign(Purpose.PREFERENCES, add())
    for room in ("", "/data", "/erase"):
        assert site.get(f"/preferences/{token}{room}").status_code == 200


@pytest.mark.parametrize(
    "fields", [{}, {"garbage": "1"}, {"List-Unsubscribe": "One-Click"}, {"email": "new@example.org"}]
)
def test_a_form_that_is_none_of_the_page_changes_nothing(
    site: TestClient, path: str, row_of: RowOf, fields: dict[str, str]
) -> None:
    site.post(path, data={"name": "Ann"})
    answer = site.post(path, data=fields)
    assert answer.status_code == 422
    assert "This form is out of date" in answer.text
    row = row_of()
    assert row is not None
    assert row.name == "Ann"

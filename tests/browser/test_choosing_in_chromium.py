"""The readers' own pages as people use them: without scripts, by keyboard, small, dark, and in German."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Literal

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect

from digest.clock import FixedClock
from digest.db import Database
from digest.settings import Settings
from jobs.app import web_app
from subscribers import leaving, store
from subscribers.addresses import parse_address
from subscribers.choices.moving import ask_to_move, nonce_for
from subscribers.consent import Form
from subscribers.joining import add_reader, sign_up
from subscribers.tokens import Purpose, Tokens
from tests.browser.axe import violations
from tests.browser.lending import Pages
from tests.browser.measuring import overflow, worst_contrast
from tests.digest.web.publishing import publish
from tests.stock import KEYS, NOW

pytestmark = pytest.mark.browser

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
Open = Callable[..., Page]
NUMBERS = count()
CLOCK = FixedClock(NOW)
TOKENS = Tokens(KEYS, CLOCK)
Press = Callable[[Page], None]


def _pressing(name: str) -> Press:
    return lambda page: page.locator(f"main button{name}").first.click()


def _slip(page: Page) -> None:
    page.locator("#hour").select_option("07:00")
    page.locator("#zone").fill("Atlantis")
    page.locator("button[name=choices]").click()


def _answer(page: Page) -> None:
    page.get_by_role("radio").first.check()
    page.locator("button[name=answer]").click()


def _sign_up(address: str) -> Press:
    def press(page: Page) -> None:
        page.locator("#email").fill(address)
        page.locator("main button").click()

    return press


# Every page of a reader: its address, and what is done there before it is looked at.
ROOMS: dict[str, tuple[str, Press | None]] = {
    "sign up": ("/subscribe", None),
    "sign up, a slip": ("/subscribe", _sign_up("slip@example")),
    "signed up": ("/subscribe", _sign_up("new@example.com")),
    "confirm": ("/confirm/{pending}", None),
    "confirmed": ("/confirm/{pending}", _pressing("")),
    "preferences": ("/preferences/{preferences}", None),
    "preferences, a slip": ("/preferences/{preferences}", _slip),
    "paused": ("/preferences/{preferences}", _pressing("[name=pause]")),
    "all that is kept": ("/preferences/{preferences}/data", None),
    "erase": ("/preferences/{preferences}/erase", None),
    "erased": ("/preferences/{preferences}/erase", _pressing("")),
    "change of address": ("/change/{change}", None),
    "changed": ("/change/{change}", _pressing("")),
    "unsubscribe": ("/unsubscribe/{unsubscribe}", None),
    "just left": ("/unsubscribe/{unsubscribe}", _pressing("")),
    "answered why": ("/unsubscribe/{left}", _answer),
    "returned": ("/unsubscribe/{left}", _pressing("[name=undo]")),
    "vote": ("/vote/{vote}?tool=loupe&as=ship", None),
    "voted": ("/vote/{vote}?tool=loupe", _pressing("[value=skip]")),
    "vote without a verdict": ("/vote/{vote}?tool=unbroken", None),
    "vote on nothing": ("/vote/{vote}", None),
    "save": ("/saved/{saved}?add=unbroken", None),
    "saved": ("/saved/{saved}?add=loupe", _pressing("")),
    "too old": ("/confirm/{old}", None),
    "cut off": ("/preferences/{preferences}x", None),
}


class Site:
    """A served site and its readers."""

    def __init__(self, address: str, database: Database) -> None:
        self.address = address
        self.database = database

    def reader(self, name: str, language: str = "en") -> str:
        """Add a reader, and return the public id."""
        address = parse_address(f"{name}@example.com")
        with self.database.writing() as session:
            reader = add_reader(session, address, name=None, clock=CLOCK, keys=KEYS).id
            row = store.find_by_public_id(session, reader)
            assert row is not None
            row.language = language
        return reader

    def asking(self, name: str, language: str) -> str:
        """Have somebody ask to join, and return the public id."""
        address = parse_address(f"{name}@example.com")
        with self.database.writing() as session:
            sign_up(session, address, name=None, clock=CLOCK, keys=KEYS, form=Form.PAGE, language=language)
            row = store.find(session, address.key)
        assert row is not None
        return row.public_id

    def token(self, held: str, language: str) -> str:
        """Return how the link of somebody new ends; ``held`` says whose, as in ROOMS."""
        name = f"reader{next(NUMBERS)}"
        if held in ("pending", "old"):
            age = timedelta(days=15 if held == "old" else 0)
            return Tokens(KEYS, FixedClock(NOW - age)).sign(Purpose.CONFIRM, self.asking(name, language))
        reader = self.reader(name, language)
        if held == "change":
            return self.change_link(reader, f"new-{name}@example.org").rpartition("/")[2]
        if held != "left":
            return TOKENS.sign(Purpose(held), reader)
        token = TOKENS.sign(Purpose.UNSUBSCRIBE, reader)
        with self.database.writing() as session:
            leaving.unsubscribe(session, TOKENS, token, clock=CLOCK, keys=KEYS)
        return token

    def link(self, purpose: Purpose, reader: str) -> str:
        return f"{self.address}/{purpose}/{TOKENS.sign(purpose, reader)}"

    def change_link(self, reader: str, address: str) -> str:
        """Ask for a new address; return the link that its mail holds."""
        with self.database.writing() as session:
            token = TOKENS.sign(Purpose.PREFERENCES, reader)
            ask_to_move(session, TOKENS, token, parse_address(address), clock=CLOCK, keys=KEYS)
        return self.link(Purpose.CHANGE, nonce_for(KEYS, reader, parse_address(address)))

    def row_of(self, email: str) -> object | None:
        with self.database.reading() as session:
            return store.find(session, parse_address(email).key)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, empty_database_file: Path) -> Iterator[Site]:
    file = tmp_path_factory.mktemp("site") / "digest.db"
    file.write_bytes(empty_database_file.read_bytes())
    database = Database(f"sqlite:///{file}")
    publish(database)
    values = {
        "database": {"url": str(database.url)},
        "web": {"secret_key": KEYS[0]},
        "limits": {"fastest": "0s"},
    }
    server = uvicorn.Server(
        uvicorn.Config(web_app(Settings.model_validate(values), database, CLOCK), log_config=None)
    )
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield Site(f"http://127.0.0.1:{listening.getsockname()[1]}", database)
        server.should_exit = True
        thread.join(10)
    database.close()


@pytest.fixture(scope="module", params=["en", "de"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", params=ROOMS)
def room(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def reached(site: Site, visit: Open, room: str, language: str, **looks: Any) -> Page:
    """Open a room for a reader of one language who is new there, and act in it."""
    path, press = ROOMS[room]
    path = re.sub(r"{(\w+)}", lambda held: site.token(held[1], language), path)
    page = visit(site.address + path, locale=language, **looks)
    if press is not None:
        press(page)
        page.wait_for_load_state()
    return page


@pytest.fixture
def reach(site: Site, visit: Open, language: str) -> Open:
    """Return a function that opens a room, as above."""
    return lambda room, **looks: reached(site, visit, room, language, **looks)


@pytest.fixture(scope="module")
def measurers(browser: Browser) -> Pages:
    return Pages(browser)


@pytest.fixture(scope="module")
def drawn(site: Site, measurers: Pages, room: str, language: str) -> Iterator[Page]:
    """A room as it is reached with scripts, for all tests that measure; each says how wide and how dark."""
    yield reached(site, measurers.lend, room, language)
    measurers.take_back()


@pytest.fixture
def visit(pages: Pages) -> Open:
    """Return a function that opens a link, without scripts unless they are wanted to measure with."""
    return partial(pages.lend, scripts=False, locale="en")


def test_axe_finds_nothing_all_text_stands_out_and_nothing_is_too_wide(
    drawn: Page, language: str, room: str
) -> None:
    page = drawn
    page.set_viewport_size({"width": 1200, "height": 900})
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == []
        ratio, where = worst_contrast(page)
        assert ratio >= 4.5, where
    for width in (320, 375, 640, 1200):
        page.set_viewport_size({"width": width, "height": 900})
        assert overflow(page) <= 0
    # Whose a broken link is nobody knows.
    expect(page.locator("html")).to_have_attribute("lang", "en" if room == "cut off" else language)


def test_the_keyboard_goes_down_the_page_with_a_focus_one_can_see(drawn: Page) -> None:
    page = drawn
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 375, "height": 900})
    page.evaluate("document.activeElement.blur()")
    page.locator(".skip-link").focus()
    places = []
    for _ in range(page.locator("main :is(a, button, input, select)").count()):
        page.keyboard.press("Tab")
        inside, top, outline = page.evaluate(
            "(at => [!!at.closest('main'), at.getBoundingClientRect().bottom + scrollY,"
            " getComputedStyle(at).outlineStyle])(document.activeElement)"
        )
        assert outline == "solid", page.evaluate("document.activeElement.outerHTML")
        if inside:
            places.append(top)
    assert places == sorted(places)


def test_every_page_can_be_reached_without_scripts(reach: Open, language: str, room: str) -> None:
    page = reach(room)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    expect(page.locator("html")).to_have_attribute("lang", "en" if room == "cut off" else language)


def test_a_finger_can_press_every_line(reach: Open) -> None:
    page = reach("preferences", width=375)
    for line in page.locator(".ticks label, main button, main select").all():
        box = line.bounding_box()
        assert box is not None
        assert box["height"] >= 44


def test_a_reader_chooses_without_scripts(site: Site, visit: Open) -> None:
    page = visit(site.link(Purpose.PREFERENCES, site.reader("chooser")), width=375)
    first = page.get_by_role("group", name="What interests you").get_by_role("checkbox").first
    first.check()
    page.get_by_label("Every fourth week").check()
    page.get_by_label("At what hour").select_option("07:00")
    page.get_by_label("In which time zone").fill("berlin")
    page.get_by_label("Language of our own words").select_option("Deutsch")
    page.get_by_role("button", name="Save these choices").click()
    expect(page.get_by_role("status")).to_have_text("Gespeichert. Es gilt ab der nächsten Ausgabe.")
    expect(page.get_by_label("In welcher Zeitzone")).to_have_value("Europe/Berlin")
    expect(page.get_by_label("Jede vierte Woche")).to_be_checked()
    expect(page.get_by_role("checkbox").first).to_be_checked()


def test_a_wrong_zone_is_told_beside_what_was_chosen(site: Site, visit: Open) -> None:
    page = visit(site.link(Purpose.PREFERENCES, site.reader("traveller")), width=375)
    page.get_by_label("Every fourth week").check()
    page.get_by_label("At what hour").select_option("07:00")
    page.get_by_label("In which time zone").fill("Atlantis")
    page.get_by_role("button", name="Save these choices").click()
    expect(page.get_by_role("alert")).to_contain_text("We know no such time zone")
    expect(page.get_by_role("alert")).to_be_in_viewport()
    expect(page.get_by_label("In which time zone")).to_be_in_viewport()
    expect(page.get_by_label("In which time zone")).to_have_value("Atlantis")
    expect(page.get_by_label("Every fourth week")).to_be_checked()


def test_the_keyboard_alone_will_do(site: Site, visit: Open) -> None:
    page = visit(site.link(Purpose.PREFERENCES, site.reader("typist")))
    choices = page.locator("#choices")
    choices.get_by_role("checkbox").first.focus()
    page.keyboard.press("Space")
    for _ in range(choices.get_by_role("checkbox").count()):
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Every fourth week")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("07")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Saved. It counts")
    expect(page.get_by_label("At what hour")).to_have_value("7")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_error_does_not_look_like_success(reach: Open, scheme: Scheme) -> None:
    looks = [
        reach(room, scripts=True, scheme=scheme)
        .locator(place)
        .evaluate("at => [getComputedStyle(at).color, getComputedStyle(at).borderColor]")
        for room, place in (("preferences, a slip", "main [role=alert]"), ("paused", "main [role=status]"))
    ]
    assert all(wrong != right for wrong, right in zip(*looks, strict=True))


def test_the_parts_of_the_preferences_use_the_room_there_is(reach: Open) -> None:
    page = reach("preferences", scripts=True, width=1024)
    choices, leave = page.locator("#choices").bounding_box(), page.locator("#leave").bounding_box()
    assert choices is not None
    assert leave is not None
    assert leave["x"] > choices["x"] + choices["width"]
    page.set_viewport_size({"width": 375, "height": 700})
    page.locator(".jumps a").last.click()
    expect(page.locator("#leave button")).to_be_in_viewport()


def test_a_reader_moves_to_another_address(site: Site, visit: Open) -> None:
    reader = site.reader("mover")
    page = visit(site.link(Purpose.PREFERENCES, reader))
    page.get_by_label("New e-mail address").fill("moved@example.org")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("status")).to_contain_text("If m•••@example.org can be used here")
    assert site.row_of("moved@example.org") is None
    page = visit(site.change_link(reader, "moved@example.org"))
    page.get_by_role("button", name="Yes, send it here").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your address is changed")
    assert site.row_of("moved@example.org") is not None
    page.locator("main").get_by_role("link", name="Your preferences").click()
    expect(page.locator("main")).to_contain_text("m•••@example.org gets every issue")


def test_a_reader_leaves_answers_and_undoes_it(site: Site, visit: Open) -> None:
    page = visit(site.link(Purpose.UNSUBSCRIBE, site.reader("fickle")), width=375)
    page.get_by_role("button", name="Unsubscribe").click()
    page.get_by_label("It comes too often").check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status")).to_have_text("Thank you, noted.")
    expect(page.get_by_role("radio")).to_have_count(0)
    page.get_by_role("button", name="Undo, keep it coming").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are back on the list")
    page.get_by_role("link", name="Your preferences").click()
    expect(page.locator("main")).to_contain_text("gets every issue")


def test_a_reader_takes_their_data_along_and_is_erased(site: Site, visit: Open) -> None:
    page = visit(site.link(Purpose.PREFERENCES, site.reader("forgetme")))
    page.get_by_role("link", name="See all we keep about you").click()
    with page.expect_download() as started:
        page.get_by_role("button", name="Download it as JSON").click()
    assert started.value.suggested_filename == "my-data.json"
    kept = json.loads(Path(started.value.path()).read_text("utf-8"))
    assert kept["reader"]["email"] == "forgetme@example.com"
    page.get_by_role("link", name="Back to your preferences").click()
    page.get_by_role("link", name="Erase me").click()
    assert site.row_of("forgetme@example.com") is not None
    page.get_by_role("button", name="Erase everything, for good").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are erased")
    assert site.row_of("forgetme@example.com") is None

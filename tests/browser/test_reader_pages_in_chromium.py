"""The pages behind an issue's links as a reader's screen draws them, without any script."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import pytest
import uvicorn
from playwright.sync_api import Page, expect

from digest.clock import FixedClock
from digest.db import Database
from digest.settings import Settings
from jobs.app import web_app
from subscribers.addresses import parse_address
from subscribers.joining import add_reader
from subscribers.tokens import Purpose, Tokens
from tests.browser.lending import Pages
from tests.browser.measuring import overflow, worst_contrast
from tests.digest.web.publishing import publish
from tests.stock import KEYS, NOW

pytestmark = pytest.mark.browser

Scheme = Literal["light", "dark"]
Open = Callable[..., Page]


@dataclass(frozen=True)
class Site:
    """A served site, and the links of its readers."""

    address: str
    readers: tuple[str, ...]

    def link(self, purpose: Purpose, query: str = "", reader: int = 0) -> str:
        token = Tokens(KEYS).sign(purpose, self.readers[reader])
        return f"{self.address}/{purpose}/{token}{query}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, empty_database_file: Path) -> Iterator[Site]:
    """Serve a small archive with two readers on a free port; the second is for what changes something."""
    file = tmp_path_factory.mktemp("site") / "digest.db"
    file.write_bytes(empty_database_file.read_bytes())
    database = Database(f"sqlite:///{file}")
    publish(database)
    with database.writing() as session:
        readers = tuple(
            add_reader(session, parse_address(address), name=None, clock=FixedClock(NOW), keys=KEYS).id
            for address in ("ann@example.com", "bob@example.com")
        )
    values = {"database": {"url": str(database.url)}, "web": {"secret_key": KEYS[0]}}
    app = web_app(Settings.model_validate(values), database, FixedClock(NOW))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        # Who connects before the server runs waits in the socket's queue.
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield Site(f"http://127.0.0.1:{listening.getsockname()[1]}", (*readers, "nobody"))
        server.should_exit = True
        thread.join(10)
    database.close()


@pytest.fixture
def visit(pages: Pages) -> Open:
    """Return a function that opens a link as a browser without scripts does."""
    return partial(pages.lend, scripts=False)


@pytest.fixture
def measured(pages: Pages) -> Open:
    """The same with scripts, ours, to measure with: nothing is pressed."""
    return pages.look


PAGES: dict[str, tuple[Purpose, str, int]] = {
    "vote": (Purpose.VOTE, "?tool=loupe&as=ship", 0),
    "vote on a hostile name": (Purpose.VOTE, "?tool=hostile&as=skip", 0),
    "vote on a long name": (Purpose.VOTE, "?tool=unbroken", 0),
    "vote, erased": (Purpose.VOTE, "?tool=loupe", 2),
    "saved": (Purpose.SAVED, "", 0),
    "save a long name": (Purpose.SAVED, "?add=unbroken", 0),
    "saved, erased": (Purpose.SAVED, "?add=loupe", 2),
    "preferences": (Purpose.PREFERENCES, "", 0),
}
# One page's tests run one after the other, so that it is loaded once.
each_page = pytest.mark.parametrize("name", PAGES, scope="module")


@each_page
def test_nothing_is_wider_than_the_screen(served: Site, measured: Open, name: str) -> None:
    page = measured(served.link(*PAGES[name]), width=320)
    for width in (320, 375, 640, 1200):
        page.set_viewport_size({"width": width, "height": 900})
        assert overflow(page) <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@each_page
def test_all_text_stands_out_from_its_ground(served: Site, measured: Open, name: str, scheme: Scheme) -> None:
    ratio, where = worst_contrast(measured(served.link(*PAGES[name]), scheme=scheme))
    assert ratio >= 4.5, where


@pytest.mark.parametrize("width", [320, 1200])
def test_the_two_answers_are_of_one_size_and_stand_side_by_side(
    served: Site, measured: Open, width: int
) -> None:
    page = measured(served.link(Purpose.VOTE, "?tool=loupe&as=skip"), width=width)
    skip = page.get_by_role("button", name="Skip").bounding_box()
    ship = page.get_by_role("button", name="Ship").bounding_box()
    assert skip is not None
    assert ship is not None
    assert (skip["width"], skip["height"], skip["y"]) == (ship["width"], ship["height"], ship["y"])
    assert ship["x"] < skip["x"]
    assert skip["height"] >= 44


def test_a_reader_votes_changes_their_mind_and_takes_it_back(served: Site, visit: Open) -> None:
    page = visit(served.link(Purpose.VOTE, "?tool=lantern&as=ship", 1))
    page.get_by_role("button", name="Ship").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your vote is in")
    expect(page.locator("main")).to_contain_text("61% ship, 129 votes")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Taken back")
    page.get_by_role("button", name="Skip").click()
    expect(page.locator("main")).to_contain_text("60% ship, 129 votes")


def test_a_reader_saves_a_tool_and_removes_it(served: Site, visit: Open) -> None:
    page = visit(served.link(Purpose.SAVED, "?add=loupe", 1))
    page.get_by_role("button", name="Save Loupe for later").click()
    expect(page).to_have_url(re.compile(r"/saved/[^?]+\?$"))
    expect(page.get_by_role("link", name="Loupe")).to_be_visible()
    page.get_by_role("button", name="Remove Loupe").click()
    expect(page.locator("main")).to_contain_text("Nothing is saved yet")


def test_a_reader_pauses_for_some_weeks_then_up_to_a_day_and_comes_back(served: Site, visit: Open) -> None:
    page = visit(served.link(Purpose.PREFERENCES, "#pause", 1))
    page.get_by_role("button", name="8 weeks").click()
    expect(page.get_by_role("status")).to_have_text("Paused until 15 January 2027.")
    page.get_by_label("Until a day of your own").fill("2027-03-01")
    page.get_by_role("button", name="Pause until then").click()
    expect(page.get_by_role("status")).to_have_text("Paused until 1 March 2027.")
    assert page.url.endswith("#pause")
    page.get_by_role("button", name="Resume now").click()
    expect(page.get_by_role("status")).to_contain_text("Welcome back")

"""The public pages as a reader's screen draws them, over HTTP and with the real security headers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest
import uvicorn
from playwright.sync_api import Browser, Page

from digest.db import Database
from digest.issues.values import IssueContent, Matchup
from digest.week import Week
from tests.browser.lending import Pages
from tests.browser.measuring import worst_contrast
from tests.digest.rendering.samples import INTRO, SPONSOR
from tests.digest.web.publishing import LANTERN, SONAR, freeze_issue, publish, site
from tests.factories import PANEL

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]
Scheme = Literal["light", "dark"]

PAGES = {
    "home": "/",
    "issues": "/issues/",
    "issue": "/issues/2026-W47",
    "issue with a sponsor": "/issues/2026-W46",
    "comparisons": "/compare/",
    "comparison": "/compare/loupe-vs-lantern",
    "gaps": "/compare/kiln-vs-sonar-vs-radar",
    "hostile": "/compare/hostile-vs-unbroken",
    "tools": "/tools/",
    "tool": "/tools/hostile",
    "not found": "/nowhere",
}
# One page's tests run one after the other, so that it is loaded once.
each_page = pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys(), scope="module")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, empty_database_file: Path) -> Iterator[str]:
    """Serve a small archive on a free port."""
    file = tmp_path_factory.mktemp("site") / "digest.db"
    file.write_bytes(empty_database_file.read_bytes())
    database = Database(f"sqlite:///{file}")
    publish(database)
    said = IssueContent(
        Week(2026, 46), (Matchup(LANTERN, SONAR),), "Lantern vs Sonar", "", PANEL, INTRO, SPONSOR
    )
    with database.writing() as session:
        freeze_issue(session, "2026-W46", said)
    server = uvicorn.Server(uvicorn.Config(site(database), log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        # Who connects before the server runs waits in the socket's queue.
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)
    database.close()


@pytest.fixture
def visit(pages: Pages, address: str) -> Visit:
    """Return a function that opens a page: ``visit("/", width=375, scheme="dark")``."""
    return lambda path, **looks: pages.lend(address + path, **looks)


@pytest.fixture
def look(pages: Pages, address: str) -> Visit:
    """The same for who only looks: what is shown already is not loaded anew."""
    return lambda path, **looks: pages.look(address + path, **looks)


@each_page
def test_nothing_is_wider_than_the_screen(look: Visit, path: str) -> None:
    page = look(path, width=320)
    for width in (320, 375, 640, 768, 1101, 1200):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@each_page
def test_all_text_stands_out_from_its_ground(look: Visit, path: str, scheme: Scheme) -> None:
    ratio, text = worst_contrast(look(path, scheme=scheme))

    assert ratio >= 4.5, text


def test_dark_turns_every_ground_dark(look: Visit) -> None:
    page = look("/compare/loupe-vs-lantern", scheme="dark")

    grounds = page.evaluate(
        "['body', '.sign-up', '.colophon'].map(at => "
        "getComputedStyle(document.querySelector(at)).backgroundColor)"
    )

    assert grounds == ["rgb(21, 25, 28)", "rgb(34, 40, 45)", "rgb(34, 40, 45)"]


def test_the_form_is_reached_by_keyboard_with_a_focus_one_can_see(visit: Visit) -> None:
    page = visit("/")
    met = []
    for _ in range(40):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            "(at => [at.id || at.textContent.trim(), getComputedStyle(at).outlineStyle])"
            "(document.activeElement)"
        )
        met.append(name)
        assert outline == "solid", name
        if name.startswith("Get it on"):
            break

    assert met[0] == "Go to the content"
    assert met[-2:] == ["email", "Get it on Fridays"]
    assert "website" not in met


def test_the_form_is_sent_by_the_browser_alone(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + "/compare/loupe-vs-lantern")
    page.get_by_label("E-mail address").fill("reader@example.com")

    with page.expect_request("**/subscribe") as sent:
        page.get_by_role("button", name="Get it on Fridays").click()

    assert sent.value.method == "POST"
    assert sent.value.post_data == "email=reader%40example.com&website="
    context.close()


def test_nothing_is_blocked_by_the_security_policy_and_nothing_fetched_from_elsewhere(
    browser: Browser, address: str
) -> None:
    page = browser.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    for path in PAGES.values():
        page.goto(address + path)
    page.close()

    # The page that is not there is the one thing a console may mention.
    assert [line for line in complaints if "404" not in line] == []
    assert all(url.startswith((address, "data:")) for url in asked)


def test_score_bars_are_as_wide_as_their_scores(look: Visit) -> None:
    shares = look("/compare/loupe-vs-lantern").evaluate(
        "[...document.querySelectorAll('.bar')].map(bar => Math.round("
        "100 * bar.getBoundingClientRect().width / bar.parentElement.getBoundingClientRect().width))"
    )

    assert shares == [88, 88, 78, 82, 82, 85, 52, 79]


@pytest.mark.parametrize("width", [320, 375, 768, 1200])
def test_the_two_verdicts_stand_on_one_line(look: Visit, width: int) -> None:
    page = look("/compare/hostile-vs-unbroken", width=width)

    tops = page.locator(".band").evaluate_all("bands => bands.map(band => band.getBoundingClientRect().top)")

    assert len(tops) == 2
    assert all(one == other for one, other in pairwise(tops))


def test_on_a_phone_each_take_names_its_tool_and_the_tables_stay_tables(look: Visit) -> None:
    page = look("/compare/loupe-vs-lantern", width=375)

    assert page.locator(".whose").first.is_visible()
    decision = page.get_by_role("table", name="Decision")
    assert decision.get_by_role("rowheader").all_inner_texts()[0] == "Panel verdict"
    assert page.get_by_role("columnheader", name="Lantern").count() == 2


@pytest.mark.parametrize("width", [320, 375, 640, 1200])
def test_a_reviewers_disc_stands_before_the_name_and_inside_the_page(look: Visit, width: int) -> None:
    page = look("/compare/loupe-vs-lantern", width=width)

    disc = page.locator(".disc").first.bounding_box()
    name = page.locator(".reviewer").first.bounding_box()
    heading = page.locator("#scorecard").bounding_box()

    assert disc and name and heading
    assert disc["x"] == heading["x"]
    assert disc["x"] + disc["width"] < name["x"]
    assert disc["y"] == name["y"]

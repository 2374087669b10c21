"""One headless Chromium a module; the network is out of reach for its pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.browser.chromium import CHROMIUM, chromium
from tests.processes import require

ShowPage = Callable[..., Page]


# Not for the session: while playwright runs, this thread has an event loop, and asyncio.run() would fail.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; without it the test is skipped, but not in CI, where it has to be installed."""
    require(CHROMIUM, "chromium")
    with chromium() as browser:
        yield browser


@pytest.fixture
def requests() -> list[str]:
    """The addresses that the shown pages asked for."""
    return []


@pytest.fixture
def show(browser: Browser, requests: list[str]) -> Iterator[ShowPage]:
    """Return a function that shows HTML as a page: ``show(html, width=375, scheme="dark")``."""
    opened: list[Page] = []

    def refuse(route: Route) -> None:
        requests.append(route.request.url)
        route.abort()

    def show_page(html: str, *, width: int = 640, scheme: Literal["light", "dark"] = "light") -> Page:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        opened.append(page)
        page.route("**/*", refuse)
        page.set_content(html)
        return page

    yield show_page
    for page in opened:
        page.close()

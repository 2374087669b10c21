"""One headless Chromium a module, and its pages; the network is out of reach for those that show HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.chromium import CHROMIUM, chromium
from tests.browser.lending import Pages
from tests.processes import require

ShowPage = Callable[..., Page]
Scheme = Literal["light", "dark"]

# Five seconds by itself, which a busy machine may take; what never comes is waited for in vain either way.
expect.set_options(timeout=20_000)


# Not for the session: while playwright runs, this thread has an event loop, and asyncio.run() would fail.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; without it the test is skipped, but not in CI, where it has to be installed."""
    require(CHROMIUM, "chromium")
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def module_pages(browser: Browser) -> Pages:
    """The pages that this module's tests have one after the other."""
    return Pages(browser)


@pytest.fixture
def pages(module_pages: Pages) -> Iterator[Pages]:
    """Pages to borrow until the test ends."""
    yield module_pages
    module_pages.take_back()


class _Shown:
    """A page that shows HTML, and what that asked for; the same HTML again is not loaded anew."""

    def __init__(self, browser: Browser) -> None:
        self.asked: list[str] = []
        self._page = browser.new_page()
        self._page.route("**/*", self._refuse)
        self._html: str | None = None

    def show(self, html: str, *, width: int = 640, scheme: Scheme = "light") -> Page:
        self._page.set_viewport_size({"width": width, "height": 900})
        self._page.emulate_media(color_scheme=scheme)
        if html != self._html:
            self.asked.clear()
            self._page.set_content(html)
            self._html = html
        return self._page

    def _refuse(self, route: Route) -> None:
        self.asked.append(route.request.url)
        route.abort()


@pytest.fixture(scope="module")
def shown(browser: Browser) -> Iterator[_Shown]:
    """One page for all that a module shows: a window of its own takes longer to open than a mail to draw."""
    yield _Shown(browser)


@pytest.fixture
def requests(shown: _Shown) -> list[str]:
    """The addresses that the shown HTML asked for, since it was loaded."""
    return shown.asked


@pytest.fixture
def show(shown: _Shown) -> ShowPage:
    """Return a function that shows HTML as a page: ``show(html, width=375, scheme="dark")``."""
    return shown.show

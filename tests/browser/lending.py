"""Pages that one test after the other has: a window of its own takes longer to open than most tests take."""

from __future__ import annotations

from typing import Literal

from playwright.sync_api import Browser, Page

_Kind = tuple[bool, str]


class Pages:
    """The pages of one browser, lent to a test and taken back when it ends."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[_Kind, list[Page]] = {}
        self._lent: list[tuple[_Kind, Page]] = []
        self._looked_at: Page | None = None

    def lend(
        self,
        address: str,
        *,
        width: int = 1200,
        scheme: Literal["light", "dark"] = "light",
        scripts: bool = True,
        locale: str = "en-US",
    ) -> Page:
        """Return a page that has loaded ``address``: no cookies, and nothing under the pointer."""
        kind = (scripts, locale)
        free = self._free.setdefault(kind, [])
        page = free.pop() if free else self._browser.new_page(java_script_enabled=scripts, locale=locale)
        self._lent.append((kind, page))
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.goto(address)
        return page

    def look(self, address: str, *, width: int = 1200, scheme: Literal["light", "dark"] = "light") -> Page:
        """Return a page that shows ``address``, for who only looks: the same again is not loaded anew."""
        page = self._looked_at = self._looked_at or self._browser.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        if page.url != address:
            page.goto(address)
        return page

    def take_back(self) -> None:
        """Take back what was lent, as good as new; our sites keep nothing in a browser but cookies."""
        for kind, page in self._lent:
            page.context.clear_cookies()
            page.mouse.move(-1, -1)
            self._free[kind].append(page)
        self._lent.clear()

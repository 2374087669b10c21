"""Makes the README's pictures from the sample issue: ``make docs``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from digest.clock import FixedClock
from jobs.demo import run_demo
from tests.browser.conftest import CHROMIUM
from tests.stock import NOW

DOCS = Path(__file__).parents[2] / "docs"
# The masthead, the contents and the lead matchup's cards: what a reader sees first.
HEIGHT = 1100


def main() -> None:
    """Write ``docs/email.png`` and ``docs/email-dark.png``."""
    with tempfile.TemporaryDirectory() as folder:
        # First, and by itself: the demo runs an event loop of its own, and so does playwright.
        list(run_demo(Path(folder), FixedClock(NOW)))
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = chromium.new_page(viewport={"width": 640, "height": HEIGHT})
            page.goto((Path(folder) / "issue.html").as_uri())
            page.screenshot(path=DOCS / "email.png")
            page.emulate_media(color_scheme="dark")
            page.screenshot(path=DOCS / "email-dark.png")
            chromium.close()


if __name__ == "__main__":
    main()

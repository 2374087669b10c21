"""Makes the README's pictures from the sample issue: ``make docs``."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from digest.clock import FixedClock
from digest.week import Week
from jobs.demo import run_demo
from tests.acceptance.desk import Desk, sample_desk
from tests.browser.chromium import chromium
from tests.browser.png import small_png
from tests.browser.stage import Stage
from tests.processes import free_port, running, wait_for
from tests.stock import NOW

DOCS = Path(__file__).parents[2] / "docs"
WEEK = str(Week.of(NOW.date()))
COLOURS = 64
# Seconds for a server to start in, on a machine that is busy.
START = 60
# The masthead, the contents and the lead matchup's cards: what a reader sees first.
HEIGHT = 1100


def main() -> None:
    """Write the pictures to ``docs/`` and say how large each is."""
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder), free_port())
        # First, and by itself: the demo runs an event loop of its own, and so does playwright.
        list(run_demo(desk.folder / "demo", FixedClock(NOW)))
        shutil.copy(desk.folder / "demo" / "digest.db", desk.folder)
        with chromium() as browser:
            stage = Stage(browser)
            email = (desk.folder / "demo" / "issue.html").as_uri()
            with opened(browser, email, width=640, height=HEIGHT) as page:
                keep(stage, page, "email")
                page.emulate_media(color_scheme="dark")
                keep(stage, page, "email-dark")
            with opened(browser, email, width=375, height=HEIGHT) as page:
                keep(stage, page, "email-phone")
            with running(desk.environment, desk.folder, "web", "--port", str(desk.port)):
                wait_for(f"{desk.base_url}/healthz", START)
                keep_comparison(stage, browser, desk.base_url)
            draft = drafted(desk.folder / "draft")
            port = free_port()
            with running(draft.environment, draft.folder, "preview", "--week", WEEK, "--port", str(port)):
                wait_for(f"http://127.0.0.1:{port}/", START)
                keep_preview(stage, browser, f"http://127.0.0.1:{port}/")


def drafted(folder: Path) -> Desk:
    """Return a desk as an editor has it before a week goes out, its pages where readers reach them."""
    folder.mkdir()
    desk = sample_desk(folder, free_port())
    desk.environment["DIGEST_BASE_URL"] = "https://digest.example.com"
    desk.digest("issue", "build", "--week", WEEK)
    return desk


def keep_comparison(stage: Stage, browser: Browser, site: str) -> None:
    """Keep the page of the issue's lead matchup."""
    with opened(browser, f"{site}/issues/{WEEK}", width=1200, height=HEIGHT) as page:
        page.locator("a[href*='-vs-']").first.click()
        keep(stage, page, "comparison")


def keep_preview(stage: Stage, browser: Browser, address: str) -> None:
    """Keep the preview with phone and desktop side by side, once all of it is there."""
    with opened(browser, address, width=1560, height=900) as page:
        expect(page.locator("#subject")).not_to_be_empty(timeout=15_000)
        page.get_by_role("button", name="Both").click()
        for frame in page.locator("iframe[data-frame]:visible").all():
            frame.content_frame.locator("h1").wait_for()
        expect(page.locator("#panel-body")).not_to_be_empty(timeout=15_000)
        keep(stage, page, "preview")


@contextmanager
def opened(browser: Browser, address: str, *, width: int, height: int) -> Iterator[Page]:
    """Open a page while the block runs."""
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(address)
    yield page
    page.close()


def keep(stage: Stage, page: Page, name: str) -> None:
    """Keep what the page's window shows as ``docs/NAME.png``."""
    png = small_png(stage.decoded(page.screenshot()), COLOURS)
    (DOCS / f"{name}.png").write_bytes(png)
    print(f"docs/{name}.png{len(png):10,} bytes")


if __name__ == "__main__":
    main()

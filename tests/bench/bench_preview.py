"""The preview from start to screen: cold start, memory, and how soon a saved template is seen in Chromium."""

from __future__ import annotations

import re
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.acceptance.desk import sample_desk
from tests.browser.chromium import CHROMIUM
from tests.processes import free_port, running, wait_for

SAVES, MORE_SAVES = 20, 20
WEEK = "2026-W47"
_SEEN = """async (words) => {
  const shown = () => document.querySelector("iframe[data-frame]")?.contentDocument.body?.textContent;
  while (!shown()?.includes(words)) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.timeOrigin + performance.now();
}"""


def megabytes(pid: int) -> float:
    """Return the resident memory of a process in MB."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def until_seen(page: Page, words: str) -> float:
    """Return when, in seconds of the clock, the first picture is drawn that has these words in the e-mail.

    The page waits by itself: asking it again and again would take the time that is measured.
    """
    return 0.001 * float(page.evaluate(_SEEN, words))


def save(template: Path, text: str) -> float:
    """Save the template; return when."""
    now = time.time()
    template.write_text(text, "utf-8")
    return now


def measure(browser: Browser, folder: Path, *, built: bool) -> dict[str, float]:
    """Return the figures of one preview, by what they are."""
    desk = sample_desk(folder, free_port())
    if built:
        desk.digest("issue", "build", "--week", WEEK)
    template = folder / "templates/email/parts/masthead.html.j2"
    source = template.read_text("utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 860})
    port = free_port()
    waits, memory = [], {}
    begin = time.time()
    with running(desk.environment, folder, "preview", "--week", WEEK, "--port", str(port)) as process:
        wait_for(f"http://127.0.0.1:{port}/")
        answers = time.time() - begin
        page.goto(f"http://127.0.0.1:{port}/", wait_until="commit")
        shown = until_seen(page, "View in browser") - begin
        for number in range(1, SAVES + MORE_SAVES + 1):
            # An editor looks at the result; so do the checks, which would else be part of the next save.
            page.wait_for_timeout(700)
            words = f"Look at it in a browser, {number}"
            with ThreadPoolExecutor(1) as beside:
                saved = beside.submit(save, template, source.replace("View in browser", words))
                seen = until_seen(page, words)
            waits.append(seen - saved.result())
            memory[number] = megabytes(process.pid)
    page.close()
    return {
        "cold start until it answers, s": answers,
        "cold start until the e-mail is seen, s": shown,
        f"save to screen, median of {SAVES}, ms": 1000 * statistics.median(waits[:SAVES]),
        "save to screen, 9 in 10 within, ms": 1000 * statistics.quantiles(waits[:SAVES], n=10)[-1],
        "memory after 1 save, MB": memory[1],
        f"memory after {SAVES + MORE_SAVES} saves, MB": memory[SAVES + MORE_SAVES],
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        columns = {}
        for title, built in (("a draft", True), ("not built yet", False)):
            folder = Path(name) / title.replace(" ", "-")
            folder.mkdir()
            columns[title] = measure(browser, folder, built=built)
        browser.close()
    print(" " * 42 + "".join(f"{title:>16}" for title in columns))
    for what in next(iter(columns.values())):
        print(f"{what:42}" + "".join(f"{column[what]:16.2f}" for column in columns.values()))


if __name__ == "__main__":
    main()

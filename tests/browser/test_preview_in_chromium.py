"""The live preview as an editor uses it: in a browser, with an editor saving files beside it."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from digest.catalogue.sample import sample_catalogue
from digest.templating import shipped_templates
from tests.acceptance.desk import Desk
from tests.processes import free_port, running, wait_for

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path, free_port())
    shutil.copytree(
        sample_catalogue(), tmp_path / "tools", ignore=shutil.ignore_patterns("*.py*", "__pycache__")
    )
    shutil.copytree(shipped_templates() / "email", tmp_path / "templates" / "email")
    desk.environment |= {"DIGEST_TEMPLATES__PATH": str(tmp_path / "templates")}
    desk.digest("catalogue", "import", "tools")
    return desk


@pytest.fixture
def page(desk: Desk, browser: Browser) -> Iterator[Page]:
    port = free_port()
    with running(desk.environment, desk.folder, "preview", "--week", "2026-W47", "--port", str(port)):
        wait_for(f"http://127.0.0.1:{port}/")
        # Not emulated: the preview itself has to make the scheme apply inside its frame.
        page = browser.new_page(viewport={"width": 1200, "height": 900}, color_scheme="null")
        page.goto(f"http://127.0.0.1:{port}/")
        expect(page.locator("#subject")).not_to_be_empty(timeout=15_000)
        yield page
        page.close()


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def version(page: Page) -> int:
    return int(page.evaluate("document.documentElement.dataset.version"))


def test_a_saved_template_or_tool_is_shown_within_half_a_second(desk: Desk, page: Page) -> None:
    email = page.frame_locator("iframe[data-frame='640']")
    expect(email.locator("h1")).to_have_text("Weekly AI Tool Verdicts")
    waits = []
    for path, old, new in (
        (desk.folder / "templates/email/parts/masthead.html.j2", "View in browser", "Open in browser"),
        (
            desk.folder / "tools/smolvlm2-2b.yaml",
            "A small vision-language model",
            "A tiny vision-language model",
        ),
    ):
        before = version(page)
        edit(path, old, new)
        begin = time.monotonic()
        while version(page) == before:
            assert time.monotonic() - begin < 10
            page.wait_for_timeout(10)
        expect(email.get_by_text(re.compile(re.escape(new))).first).to_be_visible()
        waits.append(time.monotonic() - begin)
    # The aim is half a second; a busy machine is given more before the test calls it broken.
    assert max(waits) < 5


def test_a_broken_template_is_a_banner_over_the_last_good_state_until_it_is_mended(
    desk: Desk, page: Page
) -> None:
    masthead = desk.folder / "templates/email/parts/masthead.html.j2"
    good = masthead.read_text("utf-8")
    masthead.write_text(good + "{{ isue.week }}", "utf-8")
    error = page.locator("#error")
    expect(error).to_contain_text("masthead.html.j2", timeout=10_000)
    expect(error).to_contain_text("isue")
    expect(page.frame_locator("iframe[data-frame='640']").locator("h1")).to_have_text(
        "Weekly AI Tool Verdicts"
    )
    masthead.write_text(good, "utf-8")
    expect(error).to_be_hidden(timeout=10_000)


def test_a_broken_tool_file_is_a_banner_with_file_and_line(desk: Desk, page: Page) -> None:
    edit(desk.folder / "tools/smolvlm2-2b.yaml", "tagline:", "taglin:")
    expect(page.locator("#error")).to_contain_text(re.compile(r"smolvlm2-2b\.yaml:\d+:"), timeout=10_000)


def test_the_tabs_show_text_and_sources(page: Page) -> None:
    source = page.locator("#source")
    for tab, shown in (
        ("Text", "This week"),
        ("HTML source", "<!doctype html>"),
        ("MJML source", "<mjml"),
        ("MIME source", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"),
    ):
        page.get_by_role("tab", name=tab).click()
        expect(source).to_contain_text(shown, ignore_case=True)
    page.get_by_role("tab", name="E-mail").click()
    expect(page.locator("iframe[data-frame='640']")).to_be_visible()


def test_dark_really_applies_the_authored_dark_scheme(page: Page) -> None:
    sheet = "getComputedStyle(document.querySelector('h1')).color"
    frame = page.locator("iframe[data-frame='640']").element_handle()
    assert frame is not None
    content = frame.content_frame()
    assert content is not None
    light = content.evaluate(sheet)
    page.get_by_role("button", name="Dark").click()
    page.wait_for_timeout(300)
    assert content.evaluate(sheet) != light


def test_nothing_leaves_the_machine(desk: Desk, browser: Browser) -> None:
    port = free_port()
    with running(desk.environment, desk.folder, "preview", "--week", "2026-W47", "--port", str(port)):
        wait_for(f"http://127.0.0.1:{port}/")
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"http://127.0.0.1:{port}/")
        expect(page.locator("#subject")).not_to_be_empty(timeout=15_000)
        page.close()
    assert {url.split("/")[2] for url in asked if "//" in url} == {f"127.0.0.1:{port}"}

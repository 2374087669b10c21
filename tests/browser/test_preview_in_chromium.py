"""The live preview as an editor uses it: in a browser, with an editor saving files beside it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Frame, Page, Route, expect

from tests.acceptance.desk import Desk, body, sample_desk
from tests.processes import free_port, running, until, wait_for
from tests.servers import Mailbox, mail_server

pytestmark = pytest.mark.browser

ISSUE = "templates/email/issue.mjml.j2"
MASTHEAD = "templates/email/parts/masthead.html.j2"
DESKTOP, PHONE = "iframe[data-frame='640']", "iframe[data-frame='375']"


@dataclass(frozen=True)
class Shared:
    """A desk and its preview for all tests, with what the files say and what is shown of them at first."""

    desk: Desk
    url: str
    mailbox: Mailbox
    client: httpx.Client
    files: dict[Path, str]
    shown: dict[str, Any]

    def restore(self) -> None:
        """Give all files their first words back, and return once the preview shows them."""
        for path, text in self.files.items():
            if path.read_text("utf-8") != text:
                path.write_text(text, "utf-8")
        until(lambda: state(self.client) == self.shown, lambda: str(state(self.client)["fault"]))


def state(client: httpx.Client) -> dict[str, Any]:
    """Return what a preview shows now, whichever version it is, and what is wrong with it."""
    return {"html": client.get("/view/html").text, "fault": client.get("/state").json()["fault"]}


@contextmanager
def previewing(desk: Desk) -> Iterator[str]:
    port = free_port()
    with running(desk.environment, desk.folder, "preview", "--week", "2026-W47", "--port", str(port)):
        wait_for(f"http://127.0.0.1:{port}/")
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    mailbox = Mailbox()
    with mail_server(mailbox) as smtp_port:
        desk = sample_desk(tmp_path_factory.mktemp("shared"), smtp_port)
        files = {
            path: path.read_text("utf-8")
            for room in ("templates", "tools")
            for path in (desk.folder / room).rglob("*")
            if path.is_file()
        }
        with previewing(desk) as url, httpx.Client(base_url=url) as client:
            until(lambda: state(client)["html"])
            shown = state(client)
            assert shown["fault"] is None
            yield Shared(desk, url, mailbox, client, files, shown)


@pytest.fixture
def desk(shared: Shared) -> Iterator[Desk]:
    """The desk for a test that changes its files."""
    yield shared.desk
    shared.restore()


@pytest.fixture(scope="module")
def window(browser: Browser) -> Page:
    # Not emulated: the preview itself has to make the scheme apply inside its frame.
    return browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="null")


@pytest.fixture
def look(shared: Shared, window: Page) -> Iterator[Page]:
    """A page that shows the preview for the first time, as far as it knows."""
    complaints: list[str] = []

    def on_console(said: ConsoleMessage) -> None:
        if said.type == "error":
            complaints.append(said.text)

    def on_error(error: Error) -> None:
        complaints.append(str(error))

    shared.mailbox.messages.clear()
    window.on("console", on_console)
    window.on("pageerror", on_error)
    window.goto(shared.url)
    expect(window.locator("#subject")).not_to_be_empty()
    yield window
    window.goto("about:blank")
    window.remove_listener("console", on_console)
    window.remove_listener("pageerror", on_error)
    session = window.context.new_cdp_session(window)
    session.send("Storage.clearDataForOrigin", {"origin": shared.url, "storageTypes": "all"})
    session.detach()
    window.mouse.move(-1, -1)
    # A refusal is a part of some tests, and so is a picture that stays where it is; and the driver looks into
    # frames in which no script may run.
    expected = ("status of", "Loading the image", "Blocked script execution")
    assert [said for said in complaints if not any(one in said for one in expected)] == []


@pytest.fixture
def page(desk: Desk, look: Page) -> Page:
    """The same for a test that changes the desk's files."""
    del desk
    return look


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def inside(page: Page, frame: str = DESKTOP) -> Frame:
    """Return what the frame shows now; another width has another frame."""
    handle = page.locator(frame).element_handle()
    assert handle is not None
    content = handle.content_frame()
    assert content is not None
    return content


def colour(page: Page, of: str = "h1", what: str = "color") -> str:
    return str(inside(page).evaluate(f"getComputedStyle(document.querySelector('{of}'))['{what}']"))


def test_a_saved_template_or_tool_is_shown_and_the_place_kept(desk: Desk, page: Page) -> None:
    email = page.frame_locator(DESKTOP)
    expect(email.locator("h1")).to_have_text("Weekly AI Tool Verdicts")
    stubs = email.get_by_role("heading", name="Also this week")
    stubs.evaluate("heading => heading.scrollIntoView()")
    place = stubs.bounding_box()
    assert place is not None
    for path, old, new, shown in (
        # What comes to stand above makes all below move down, but not on the screen.
        (MASTHEAD, "View in browser", "Open it<br/>in the<br/>browser", "Open it"),
        ("tools/smolvlm2-2b.yaml", "A small vision", "A tiny vision", "A tiny vision"),
    ):
        edit(desk.folder / path, old, new)
        expect(email.get_by_text(shown).first).to_be_attached()
    now = page.frame_locator(DESKTOP).get_by_role("heading", name="Also this week").bounding_box()
    assert now is not None
    assert now["y"] == pytest.approx(place["y"], abs=2)


def test_a_broken_template_is_a_banner_over_the_last_good_state_until_it_is_mended(
    desk: Desk, page: Page
) -> None:
    masthead = desk.folder / MASTHEAD
    good = masthead.read_text("utf-8")
    masthead.write_text(good.replace("issue.week", "isue.week"), "utf-8")
    fault = page.get_by_role("alert")
    expect(fault).to_contain_text("the last good state")
    expect(fault.locator(".place")).to_have_text(re.compile(r"email/parts/masthead\.html\.j2:\d+:\d+$"))
    expect(fault.locator(".excerpt .bad")).to_contain_text("isue.week")
    expect(fault.locator("mark")).to_have_text("isue")
    expect(page.frame_locator(DESKTOP).locator("h1")).to_have_text("Weekly AI Tool Verdicts")
    masthead.write_text(good, "utf-8")
    expect(fault).to_be_hidden()


def test_a_mistake_in_the_mjml_is_told_by_the_templates_line(desk: Desk, page: Page) -> None:
    edit(
        desk.folder / "templates/email/issue.mjml.j2",
        '<mj-spacer height="44px" />',
        '<mj-spacer heigth="44px" />',
    )
    fault = page.get_by_role("alert")
    expect(fault.locator(".place")).to_have_text(re.compile(r"email/issue\.mjml\.j2:\d+:1$"))
    expect(fault.locator(".excerpt .bad")).to_contain_text("heigth")


def test_a_section_that_comes_out_empty_is_a_fault(desk: Desk, page: Page) -> None:
    edit(
        desk.folder / "templates/email/issue.mjml.j2",
        "in issue.stubs %}",
        "in issue.stubs if matchup.number > 90 %}",
    )
    expect(page.get_by_role("alert")).to_contain_text("lacks the matchup")


def test_a_broken_tool_file_is_a_banner_with_file_and_line(desk: Desk, page: Page) -> None:
    edit(desk.folder / "tools/smolvlm2-2b.yaml", "tagline:", "taglin:")
    fault = page.get_by_role("alert")
    expect(fault.locator(".place")).to_have_text(re.compile(r"smolvlm2-2b\.yaml:\d+"))
    expect(fault.locator(".excerpt .bad")).to_contain_text("taglin:")


def test_the_tabs_show_text_and_sources(look: Page) -> None:
    source = look.locator("#source")
    look.locator("#stage").evaluate("stage => stage.scrollTo(0, 700)")
    for tab, shown in (
        ("Text", "This week"),
        ("HTML", "<!doctype html>"),
        ("MJML", "<mjml"),
        ("MIME", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"),
    ):
        look.get_by_role("tab", name=tab, exact=True).click()
        expect(source).to_contain_text(shown, ignore_case=True)
    look.get_by_role("tab", name="E-mail").click()
    expect(look.locator(DESKTOP)).to_be_visible()
    assert look.locator("#stage").evaluate("stage => stage.scrollTop") == 700


def test_devices_are_as_wide_as_they_say_and_stand_side_by_side(look: Page) -> None:
    for button, widths in (("Phone", [375]), ("Tablet", [560]), ("Wide", [900]), ("Both", [375, 640])):
        look.get_by_role("button", name=button, exact=True).click()
        for width in widths:
            frame = f"iframe[data-frame='{width}']"
            expect(look.locator(frame)).to_be_visible()
            assert inside(look, frame).evaluate("document.documentElement.clientWidth") == width
    expect(look.get_by_role("button", name="overflows")).to_be_hidden()


def test_what_is_too_wide_is_warned_about(desk: Desk, page: Page) -> None:
    edit(desk.folder / MASTHEAD, "{{ brand.name }}", '<span style="white-space:nowrap">{{ "W" * 60 }}</span>')
    page.keyboard.press("p")
    expect(page.get_by_role("button", name=re.compile(r"overflows by \d+ px"))).to_be_visible()


def test_dark_is_the_authored_scheme_and_forced_dark_is_not(look: Page) -> None:
    light = colour(look)
    for name, changes in (("Dark", True), ("Inverted", False), ("Darkened", True), ("Light", False)):
        look.get_by_role("button", name=name, exact=True).click()
        expect(look.get_by_role("button", name=name, exact=True)).to_have_attribute("aria-pressed", "true")
        look.wait_for_timeout(500)
        assert (colour(look) != light) == changes, name
    look.get_by_role("button", name="Inverted").click()
    look.wait_for_timeout(500)
    assert "invert(1)" in look.locator(DESKTOP).evaluate("frame => frame.style.filter")


def test_scenarios_are_one_key_away_and_so_is_the_way_back(look: Page) -> None:
    email = look.frame_locator(DESKTOP)
    look.keyboard.press("1")
    expect(email.get_by_text("Matchup 1 of 1")).to_be_visible()
    look.keyboard.press("2")
    expect(look.locator("#nothing")).to_contain_text("sends nothing")
    look.keyboard.press("6")
    expect(email.get_by_text("<script>alert(1)</script>").first).to_be_visible()
    assert look.locator(DESKTOP).evaluate("frame => frame.offsetHeight") > 1000
    look.keyboard.press("0")
    expect(email.get_by_text("Matchup 1 of 7")).to_be_visible()
    look.keyboard.press("?")
    expect(look.get_by_role("dialog")).to_contain_text("Very long names")


def test_a_scenarios_key_that_is_pressed_before_the_menu_is_there_is_not_lost(look: Page) -> None:
    held: list[Route] = []
    look.route("**/menu", lambda route: held.append(route))
    look.reload()
    expect(look.locator("#subject")).not_to_be_empty()
    look.keyboard.press("1")
    held[0].continue_()
    look.unroute("**/menu")
    expect(look.frame_locator(DESKTOP).get_by_text("Matchup 1 of 1")).to_be_visible()


def test_other_mails_stand_in_the_same_menu(look: Page) -> None:
    look.locator("#menu").select_option("mail:confirm")
    expect(look.frame_locator(DESKTOP).get_by_role("link", name="Confirm my subscription")).to_be_visible()


def test_a_subscriber_is_found_and_their_slots_are_shown(shared: Shared, look: Page) -> None:
    shared.desk.digest("subscribers", "add", "ann@example.com", "--name", "Ann Lee")
    look.keyboard.press("/")
    look.get_by_label("Address or name").fill("ann")
    look.get_by_role("dialog").get_by_role("button", name=re.compile("Ann Lee")).click()
    expect(look.locator("#reader-name")).to_have_text("Ann Lee")
    look.get_by_role("tab", name="Headers").click()
    expect(look.locator("#panel-body")).to_contain_text("Ann Lee <ann@example.com>")
    assert "ann@" not in look.url


def test_the_sides_tell_inbox_size_changes_and_checks(look: Page) -> None:
    side = look.locator("#panel-body")
    for tab, shown in (
        ("Inbox", "Apple Mail"),
        ("Size", "What depth costs"),
        ("Changes", "no issue before this one"),
        ("Headers", "List-Unsubscribe-Post"),
        ("Checks", "link-host"),
    ):
        look.get_by_role("tab", name=re.compile(tab)).click()
        expect(side).to_contain_text(shown, timeout=10_000)


def test_a_finding_leads_to_its_place_in_the_email(desk: Desk, page: Page) -> None:
    footer = '<p style="color:#777777;background-color:#888888">Faint words</p>{{ footer('
    edit(desk.folder / ISSUE, "{{ footer(", footer)
    finding = page.locator(".findings li", has_text="dark, line").filter(has_text="Faint words")
    expect(finding).to_be_visible()
    finding.get_by_role("button", name="Show").click()
    words = page.frame_locator(DESKTOP).get_by_text("Faint words")
    expect(words).to_be_in_viewport()
    expect(words).to_have_css("outline-style", "solid")
    expect(page.get_by_role("button", name="Dark", exact=True)).to_have_attribute("aria-pressed", "true")


def test_the_tabs_are_walked_with_the_arrows(look: Page) -> None:
    look.get_by_role("tab", name="E-mail").focus()
    look.keyboard.press("ArrowRight")
    expect(look.get_by_role("tab", name="Text")).to_be_focused()
    expect(look.get_by_role("tab", name="Text")).to_have_attribute("aria-selected", "true")
    expect(look.locator("#source")).to_be_visible()


def test_a_test_arrives_as_it_was_shown(shared: Shared, look: Page) -> None:
    look.keyboard.press("s")
    look.get_by_label("Address", exact=True).fill("me@example.com")
    look.get_by_role("button", name="Send", exact=True).click()
    expect(look.locator("#answer")).to_have_text("Sent to me@example.com.")

    (recipient, received), *others = shared.mailbox.messages
    assert (recipient, others) == ("me@example.com", [])
    sent = message_from_bytes(received, policy=default)
    assert isinstance(sent, EmailMessage)
    for kind, view in (("html", "html"), ("plain", "text")):
        shown = httpx.get(f"{shared.url}/view/{view}").text
        assert body(sent, kind).splitlines() == shown.splitlines()
    assert sent["Subject"] == look.locator("#subject").text_content()


def test_a_refused_test_says_why(shared: Shared, look: Page) -> None:
    shared.mailbox.refuse["gone@example.com"] = ["550 5.1.1 no such mailbox"]
    look.keyboard.press("s")
    look.get_by_label("Address", exact=True).fill("gone@example.com")
    look.get_by_role("button", name="Send", exact=True).click()
    expect(look.locator("#answer")).to_contain_text("no such mailbox")


def test_a_choice_survives_a_reload(look: Page) -> None:
    look.keyboard.press("b")
    look.keyboard.press("3")
    expect(look.frame_locator(PHONE).get_by_role("heading", name="Multimodal").first).to_be_visible()
    look.reload()
    expect(look.frame_locator(PHONE).get_by_role("heading", name="Multimodal").first).to_be_visible(
        timeout=15_000
    )


def test_nothing_leaves_the_machine_not_even_for_a_link(shared: Shared, look: Page) -> None:
    asked: list[str] = []
    look.on("request", lambda request: asked.append(request.url))
    look.reload()
    expect(look.locator("#subject")).not_to_be_empty()
    look.frame_locator(DESKTOP).get_by_role("link", name="View in browser").first.click()
    expect(look.locator("#link")).to_contain_text("/issues/2026-W47")
    look.keyboard.press("t")
    expect(look.locator("#source")).to_contain_text("This week")

    assert {address for address in asked if not address.startswith((shared.url, "data:"))} == set()


def test_a_picture_on_the_web_is_fetched_only_when_asked_for(desk: Desk, page: Page) -> None:
    asked: list[str] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        picture = f'<img src="http://127.0.0.1:{server.server_port}/logo.png" alt="Our logo" width="80"/>'
        edit(desk.folder / MASTHEAD, "{{ brand.name }}", f"{picture}{{{{ brand.name }}}}")
        load = page.get_by_role("button", name="Load 1 picture from the web")
        expect(load).to_be_visible()
        page.keyboard.press("p")
        expect(page.locator(PHONE)).to_be_visible()
        assert asked == []
        load.click()
        expect(load).to_be_hidden()
        page.wait_for_timeout(500)
        server.shutdown()
    assert set(asked) == {"/logo.png"}


def test_another_name_for_this_machine_is_refused(shared: Shared) -> None:
    assert httpx.get(shared.url, headers={"Host": "evil.example"}).status_code == 400

"""Signing up as people do it: with and without scripts, by keyboard, on our site and on somebody else's."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from digest.clock import FixedClock
from digest.db import Database
from digest.settings import Settings
from jobs.app import web_app
from subscribers import joining, store
from subscribers.abuse.stamps import is_proof
from subscribers.addresses import parse_address
from subscribers.consent import Form
from subscribers.tokens import Purpose, Tokens
from tests.browser.axe import violations
from tests.browser.lending import Pages
from tests.browser.measuring import overflow, worst_contrast
from tests.stock import KEYS, NOW

pytestmark = pytest.mark.browser

DOCS = Path(__file__).parents[2] / "docs" / "subscribing.md"
WIDGET, FORM = re.findall(r"```html\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
NUMBERS = count()
Open = Callable[..., Page]


class Site:
    """A served site and what is on its list."""

    def __init__(self, address: str, database: Database) -> None:
        self.address = address
        self.database = database

    def consent(self, email: str) -> str | None:
        """Return by which form an address signed up, None if it did not within ten seconds."""
        # It is stored after the answer.
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with self.database.reading() as session:
                row = store.find(session, parse_address(email).key)
            if row is not None:
                return row.consent
            time.sleep(0.02)
        return None


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, proxy_headers=False))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def site_of(
    tmp_path_factory: pytest.TempPathFactory, empty_database_file: Path
) -> Iterator[Callable[[int], Site]]:
    """Return a function that serves a site asking for so many bits of work."""
    with ExitStack() as stack:
        made: dict[int, Site] = {}

        def site(bits: int = 0) -> Site:
            if bits not in made:
                file = tmp_path_factory.mktemp("site") / "digest.db"
                file.write_bytes(empty_database_file.read_bytes())
                database = Database(f"sqlite:///{file}")
                stack.callback(database.close)
                with socket.create_server(("127.0.0.1", 0)) as probe:
                    port = probe.getsockname()[1]
                address = f"http://127.0.0.1:{port}"
                values: dict[str, Any] = {
                    "database": {"url": str(database.url)},
                    "web": {"secret_key": KEYS[0], "base_url": address},
                    "limits": {"fastest": "0s", "proof_of_work": bits},
                }
                app = web_app(Settings.model_validate(values), database, FixedClock(NOW))
                stack.enter_context(_on(port, app))
                made[bits] = Site(address, database)
            return made[bits]

        yield site


@contextmanager
def _on(port: int, app: ASGIApp) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, proxy_headers=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
        assert thread.is_alive(), "the server did not start"
    yield
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def site(site_of: Callable[[int], Site]) -> Site:
    return site_of(0)


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[tuple[str, dict[str, str]]]:
    """Somebody else's site: its address, and what its one page holds (``html``, ``policy``)."""
    page: dict[str, str] = {}

    def show(request: Request) -> Response:
        del request
        html = (
            f'<!DOCTYPE html><html lang="en"><title>A blog</title><main><h1>A blog</h1>{page["html"]}</main>'
        )
        return HTMLResponse(
            html, headers={"Content-Security-Policy": page["policy"]} if page["policy"] else {}
        )

    with serving(Starlette(routes=[Route("/", show)])) as address:
        yield address.replace("127.0.0.1", "localhost"), page


@pytest.fixture
def visit(pages: Pages) -> Open:
    """Return a function that opens a page, with scripts or without."""
    return pages.lend


def confirm_link(site: Site, purpose: Purpose) -> str:
    """Sign somebody up and return the link of a mail to them."""
    email = f"reader{next(NUMBERS)}@example.com"
    with site.database.writing() as session:
        address = parse_address(email)
        joining.sign_up(session, address, name=None, clock=FixedClock(NOW), keys=KEYS, form=Form.PAGE)
        row = store.find(session, address.key)
        assert row is not None
        token = Tokens(KEYS, FixedClock(NOW)).sign(purpose, row.public_id)
    return f"{site.address}/{purpose}/{token}"


@pytest.mark.parametrize("scripts", [True, False])
def test_a_reader_signs_up_by_keyboard_alone(site: Site, visit: Open, scripts: bool) -> None:
    page = visit(f"{site.address}/subscribe", scripts=scripts)
    email = f"keys-{scripts}@example.com".lower()
    for _ in range(20):
        if page.locator("#email:focus").count():
            break
        page.keyboard.press("Tab")
    page.keyboard.type(email)
    page.keyboard.press("Tab")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Subscribe")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mailbox")
    assert site.consent(email) == "page"


def test_a_slip_is_told_beside_the_field(site: Site, visit: Open) -> None:
    page = visit(f"{site.address}/subscribe")
    page.get_by_label("E-mail address").fill("slip@example")
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("alert")).to_contain_text("should have a period")
    expect(page.get_by_label("E-mail address")).to_have_value("slip@example")
    assert violations(page) == []


@pytest.mark.parametrize("name", ["subscribe", "subscribed", "confirm", "confirmed", "unsubscribe", "left"])
def test_axe_finds_nothing_on_the_pages_of_coming_and_leaving(site: Site, visit: Open, name: str) -> None:
    links: dict[str, Callable[[], str]] = {
        "subscribe": lambda: f"{site.address}/subscribe",
        "subscribed": lambda: f"{site.address}/subscribe",
        "confirm": lambda: confirm_link(site, Purpose.CONFIRM),
        "confirmed": lambda: confirm_link(site, Purpose.CONFIRM),
        "unsubscribe": lambda: confirm_link(site, Purpose.UNSUBSCRIBE),
        "left": lambda: confirm_link(site, Purpose.UNSUBSCRIBE),
    }
    page = visit(links[name]())
    if name == "subscribed":
        page.get_by_label("E-mail address").fill("axe@example.com")
    if name in ("subscribed", "confirmed", "left"):
        page.locator("main button").click()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        assert violations(page) == []
        assert worst_contrast(page)[0] >= 4.5
    page.set_viewport_size({"width": 320, "height": 900})
    assert overflow(page) <= 0


def test_where_work_is_asked_for_the_browser_does_it(site_of: Callable[[int], Site], visit: Open) -> None:
    site = site_of(8)
    page = visit(f"{site.address}/subscribe")
    page.get_by_label("E-mail address").fill("work@example.com")
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mailbox")
    assert site.consent("work@example.com") == "page"
    form = visit(f"{site.address}/subscribe")
    expect(form.get_by_text("which takes JavaScript")).to_have_count(0)
    assert violations(form) == []


def test_a_box_on_another_page_leads_to_the_form_that_does_the_work(
    site_of: Callable[[int], Site], visit: Open
) -> None:
    site = site_of(8)
    page = visit(site.address)
    # One stamp of 256 needs no work: there nothing more is asked for.
    while is_proof(page.locator("[name=stamp]").input_value(), "", 8):
        page.reload()
    page.get_by_label("E-mail address").fill("box@example.com")
    page.get_by_role("button", name=re.compile("Get it")).click()
    expect(page.get_by_role("alert")).to_contain_text("One more press")
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mailbox")
    assert site.consent("box@example.com") == "page"


def test_without_scripts_the_work_is_explained(site_of: Callable[[int], Site], visit: Open) -> None:
    page = visit(f"{site_of(8).address}/subscribe", scripts=False)
    expect(page.get_by_text("which takes JavaScript")).to_be_visible()


@pytest.mark.parametrize("bits", [0, 8])
def test_the_widget_signs_a_reader_up_on_somebody_elses_page(
    site_of: Callable[[int], Site], elsewhere: tuple[str, dict[str, str]], visit: Open, bits: int
) -> None:
    site, (address, shown) = site_of(bits), elsewhere
    shown |= {"html": WIDGET.replace("https://digest.example.com", site.address), "policy": ""}
    page = visit(address, width=320)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    field = page.get_by_label("Get Weekly AI Tool Verdicts by e-mail")
    expect(field).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == []
    assert overflow(page) <= 0
    page.keyboard.press("Tab")
    page.keyboard.type(f"widget{bits}@example.com")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("a mail with a link to confirm is on its way")
    expect(field).to_have_value("")
    assert page.url.startswith(address)
    assert site.consent(f"widget{bits}@example.com") == "embed"
    assert all(url.startswith(f"{site.address}/api/v1/subscribers") for url in asked)
    assert page.context.cookies() == []


def test_the_widget_tells_what_is_wrong_with_an_address(
    site: Site, elsewhere: tuple[str, dict[str, str]], visit: Open
) -> None:
    address, shown = elsewhere
    shown |= {"html": WIDGET.replace("https://digest.example.com", site.address), "policy": ""}
    page = visit(address)
    field = page.get_by_label("by e-mail")
    field.fill("slip@example")
    field.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("should have a period")
    field.fill("mended@example.com")
    field.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("on its way")
    assert site.consent("mended@example.com") == "embed"


def test_where_a_policy_forbids_the_request_the_widget_is_a_plain_form(
    site: Site, elsewhere: tuple[str, dict[str, str]], visit: Open
) -> None:
    address, shown = elsewhere
    policy = f"default-src 'none'; script-src {site.address}; form-action {site.address}"
    shown |= {"html": WIDGET.replace("https://digest.example.com", site.address), "policy": policy}
    page = visit(address)
    field = page.get_by_label("by e-mail")
    field.fill("strict@example.com")
    field.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mailbox")
    assert site.consent("strict@example.com") == "embed"


@pytest.mark.parametrize("scripts", [True, False])
def test_the_plain_form_of_the_docs_works_on_somebody_elses_page(
    site: Site, elsewhere: tuple[str, dict[str, str]], visit: Open, scripts: bool
) -> None:
    address, shown = elsewhere
    shown |= {"html": FORM.replace("https://digest.example.com", site.address), "policy": ""}
    page = visit(address, scripts=scripts)
    page.get_by_label("E-mail address").fill(f"plain-{scripts}@example.com".lower())
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mailbox")
    assert site.consent(f"plain-{scripts}@example.com".lower()) == "embed"

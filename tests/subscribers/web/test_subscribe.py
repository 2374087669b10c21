"""The sign-up form: for people with and without scripts, for other people's sites, and not for robots."""

from __future__ import annotations

import re
import socket
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from html import unescape
from ipaddress import ip_address
from itertools import count

import pytest
import uvicorn
from fastapi.responses import HTMLResponse
from fastapi.testclient import TestClient
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from digest.clock import FixedClock
from digest.db import Database
from digest.web.pages import Pages
from subscribers import leaving
from subscribers.abuse.stamps import is_proof
from subscribers.addresses import parse_address
from subscribers.asking import client_hash
from subscribers.consent import AGREED
from subscribers.events import timeline
from subscribers.rows import SubscriberRow
from subscribers.tokens import Purpose, Tokens
from subscribers.values import Reason, Status
from tests.subscribers.web.conftest import AppOf

RowOf = Callable[..., SubscriberRow | None]
Queued = Callable[[], list[str]]
READER = {"email": "reader@example.com"}


def stamp_in(page: str) -> str:
    found = re.search(r'name="stamp" value="([^"]+)"', page)
    assert found is not None
    return unescape(found[1])


def test_the_form_asks_for_an_address(site: TestClient) -> None:
    page = site.get("/subscribe")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert '<label for="email">' in page.text
    assert 'method="post"' in page.text


def test_signing_up_queues_a_confirmation(site: TestClient, row_of: RowOf, queued: Queued) -> None:
    page = site.post("/subscribe", data={"email": "reader@example.com", "name": "Ann", "website": ""})
    assert page.status_code == 200
    assert "Look into your mailbox" in page.text
    row = row_of()
    assert row is not None
    assert (row.status, row.name) == (Status.PENDING, "Ann")
    assert queued() == ["pending"]


def test_case_19_every_address_gets_the_same_answer(
    site: TestClient, database: Database, clock: FixedClock, keys: tuple[str, ...], add: Callable[..., str]
) -> None:
    add("confirmed@example.com")
    with database.writing() as session:
        leaving.suppress(session, parse_address("no@example.com"), Reason.COMPLAINT, clock=clock, keys=keys)
    answers = [
        site.post("/subscribe", data={"email": email})
        for email in ("new@example.com", "new@example.com", "confirmed@example.com", "no@example.com")
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(answer.headers.items()) for answer in answers}) == 1


def test_case_19_the_list_is_touched_only_after_the_answer(
    site: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So its time cannot tell who is on the list: no query runs before the answer is made."""
    order: list[str] = []
    page, writing = Pages.html, Database.writing

    def html(self: Pages, template: str, status: int = 200, **values: object) -> HTMLResponse:
        order.append("answer")
        return page(self, template, status, **values)

    def touch(self: Database, patience: float) -> AbstractContextManager[Session]:
        if self is database:
            order.append("list")
        return writing(self, patience)

    monkeypatch.setattr(Pages, "html", html)
    monkeypatch.setattr(Database, "writing", touch)
    site.post("/subscribe", data={"email": "reader@example.com"})
    assert order == ["answer", "list"]


def test_case_19_a_thousand_sign_ups_for_one_victim_queue_one_mail_in_ten_minutes(
    app_of: AppOf, queued: Queued
) -> None:
    """From a thousand clients, each in a network of its own, by form and API in turn."""
    app = app_of()
    for number in range(1000):
        client = TestClient(app, client=(f"{1 + number % 200}.{number // 200}.7.9", 50_000))
        if number % 2:
            answer = client.post("/api/v1/subscribers", json={"email": f"victim+{number}@example.com"})
            assert answer.status_code == 202
        else:
            assert client.post("/subscribe", data={"email": "victim@example.com"}).status_code == 200
    assert queued() == ["pending"]


@pytest.mark.parametrize("way", ["form", "api"])
def test_case_19_a_known_and_an_unknown_address_are_the_same_work_and_the_same_answer(
    site: TestClient,
    database: Database,
    clock: FixedClock,
    keys: tuple[str, ...],
    add: Callable[..., str],
    ask: Callable[..., object],
    way: str,
) -> None:
    """Statements, commits and every byte of the answer, counted over the whole application."""
    known = ("new", "pending", "confirmed", "left", "complained", "erased")
    for name in known[2:]:
        add(f"{name}@example.com")
    ask("pending@example.com")
    with database.writing() as session:
        left = session.scalars(
            select(SubscriberRow).where(SubscriberRow.address_key == "left@example.com")
        ).one()
        left.status, left.left_at = Status.UNSUBSCRIBED, clock.at
        complained, erased = (parse_address(f"{name}@example.com") for name in ("complained", "erased"))
        leaving.suppress(session, complained, Reason.COMPLAINT, clock=clock, keys=keys)
        leaving.erase(session, erased, clock=clock, keys=keys, forget=lambda *_: None)
    # The confirmation of the pending one is long enough ago for another.
    clock.at += timedelta(minutes=11)
    work: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *seen: work.append(seen[2].split("(")[0]))
    event.listen(database.engine, "commit", lambda connection: work.append("COMMIT"))
    seen = {}
    for name in known:
        work.clear()
        email = f"{name}@example.com"
        sent = {"data": {"email": email}} if way == "form" else {"json": {"email": email}}
        answer = site.post("/subscribe" if way == "form" else "/api/v1/subscribers", **sent)
        seen[name] = (
            answer.status_code,
            answer.content,
            sorted(answer.headers.items()),
            Counter(word.split(maxsplit=1)[0] for word in work if "SAVEPOINT" not in word),
        )
    assert seen["new"][3]["COMMIT"] == 1
    assert all(one == seen["new"] for one in seen.values()), seen


@pytest.mark.parametrize(
    "form",
    [
        {"email": ""},
        {},
        {"email": "reader@example"},
        {"email": "reader@example.com\r\nBcc: x@example.com"},
        {"email": "-oQ/tmp@b.org"},
        {"email": "reader@example.com", "name": "Ann\r\nBcc: x@example.com"},
        {"email": "reader@example.com", "name": "x" * 101},
    ],
)
def test_case_20_a_bad_address_or_name_is_answered_with_the_reason(
    site: TestClient, row_of: RowOf, form: dict[str, str]
) -> None:
    page = site.post("/subscribe", data=form)
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert row_of() is None


def test_what_was_typed_comes_back_as_text(site: TestClient) -> None:
    page = site.post("/subscribe", data={"email": '"><script>alert(1)</script>', "name": "{{ 7*7 }}"})
    assert "<script>" not in page.text
    assert "{{ 7*7 }}" in page.text


def test_a_program_that_fills_every_field_is_thanked_and_forgotten(site: TestClient, row_of: RowOf) -> None:
    page = site.post("/subscribe", data={"email": "reader@example.com", "website": "http://spam.example"})
    assert page.status_code == 200
    assert row_of() is None


def test_a_form_that_is_too_large_is_refused(site: TestClient, row_of: RowOf) -> None:
    for data in ({"email": "reader@example.com", "name": "x" * 20_000}, {f"f{n}": "1" for n in range(50)}):
        assert site.post("/subscribe", data=data).status_code in (400, 413)
    assert site.post("/subscribe", files={"f": b"x" * 20_000}).status_code == 413
    assert row_of() is None


def test_the_form_says_what_is_agreed_to_word_for_word(site: TestClient) -> None:
    assert AGREED in site.get("/subscribe").text
    assert AGREED in site.get("/").text


def test_the_form_is_never_taken_from_a_cache(site: TestClient) -> None:
    assert site.get("/subscribe").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/subscribe", "/"])
def test_a_person_fills_the_form_in_and_is_recorded_as_a_visitor_of_the_page(
    site: TestClient, clock: FixedClock, row_of: RowOf, path: str
) -> None:
    stamp = stamp_in(site.get(path).text)
    clock.at += timedelta(seconds=20)
    assert "Look into your mailbox" in site.post("/subscribe", data=READER | {"stamp": stamp}).text
    row = row_of()
    assert row is not None
    assert row.consent == "page"


def test_a_form_on_another_site_has_no_stamp_and_signs_up_all_the_same(
    site: TestClient, row_of: RowOf
) -> None:
    headers = {"Origin": "https://blog.example", "Sec-Fetch-Site": "cross-site"}
    assert site.post("/subscribe", data=READER, headers=headers).status_code == 200
    row = row_of()
    assert row is not None
    assert row.consent == "embed"


def test_a_program_that_is_too_fast_is_thanked_and_forgotten(
    site: TestClient, clock: FixedClock, row_of: RowOf
) -> None:
    stamp = stamp_in(site.get("/subscribe").text)
    clock.at += timedelta(seconds=1)
    page = site.post("/subscribe", data=READER | {"stamp": stamp})
    assert page.content == site.post("/subscribe", data={"email": "other@example.com"}).content
    assert row_of() is None


@pytest.mark.parametrize("stamp", ["forged", "0-0.AAAA", "18c-.é"])
def test_a_forged_stamp_is_thanked_and_forgotten(site: TestClient, row_of: RowOf, stamp: str) -> None:
    assert "Look into your mailbox" in site.post("/subscribe", data=READER | {"stamp": stamp}).text
    assert row_of() is None


def test_a_form_left_open_for_days_is_shown_again_with_what_was_typed(
    site: TestClient, clock: FixedClock, row_of: RowOf
) -> None:
    stamp = stamp_in(site.get("/subscribe").text)
    clock.at += timedelta(days=3)
    page = site.post("/subscribe", data=READER | {"name": "Zoë", "stamp": stamp})
    assert "One more press" in page.text
    assert 'value="reader@example.com"' in page.text
    assert 'value="Zoë"' in page.text
    assert row_of() is None
    site.post("/subscribe", data=READER | {"stamp": stamp_in(page.text)})
    assert row_of() is not None


def test_a_slip_that_is_mended_at_once_is_no_robot(site: TestClient, row_of: RowOf) -> None:
    page = site.post("/subscribe", data={"email": "reader@example"})
    assert page.status_code == 422
    site.post("/subscribe", data=READER | {"stamp": stamp_in(page.text)})
    assert row_of() is not None


def test_without_proof_of_work_no_page_has_a_script(site: TestClient) -> None:
    page = site.get("/subscribe")
    assert "<script" not in page.text
    assert "script-src" not in page.headers["content-security-policy"]


def test_proof_of_work_is_asked_for_explained_and_accepted_once(
    app_of: AppOf, row_of: RowOf, clock: FixedClock
) -> None:
    site = TestClient(app_of(limits={"proof_of_work": 6}))
    page = site.get("/subscribe")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert '<script src="/static/subscribe.js"></script>' in page.text
    assert "which takes JavaScript" in page.text
    stamp = stamp_in(page.text)
    clock.at += timedelta(seconds=20)
    assert "One more press" in site.post("/subscribe", data=READER | {"stamp": stamp}).text
    assert "One more press" in site.post("/subscribe", data=READER).text
    work = next(str(number) for number in count() if is_proof(stamp, str(number), 6))
    for email in ("reader@example.com", "other@example.com"):
        site.post("/subscribe", data={"email": email, "stamp": stamp, "work": work})
    site.post("/api/v1/subscribers", json={"email": "third@example.com", "stamp": stamp, "work": work})
    assert row_of() is not None
    assert row_of("other@example.com") is None
    assert row_of("third@example.com") is None


def test_work_for_one_stamp_is_none_for_another(app_of: AppOf, clock: FixedClock, row_of: RowOf) -> None:
    site = TestClient(app_of(limits={"proof_of_work": 12}))
    first, second = (stamp_in(site.get("/subscribe").text) for _ in range(2))
    clock.at += timedelta(seconds=20)
    work = next(
        str(number)
        for number in count()
        if is_proof(first, str(number), 12) and not is_proof(second, str(number), 12)
    )
    assert "One more press" in site.post("/subscribe", data=READER | {"stamp": second, "work": work}).text
    assert row_of() is None


@pytest.mark.parametrize(
    ("trusted", "forwarded", "counted"),
    [
        ([], "203.0.113.99", "192.0.2.1"),
        (["192.0.2.1"], "203.0.113.99", "203.0.113.99"),
        (["192.0.2.1"], "203.0.113.99, 198.51.100.7", "198.51.100.7"),
        (["192.0.2.1", "198.51.100.7"], "203.0.113.99, 198.51.100.7", "203.0.113.99"),
        (["192.0.2.1"], "nonsense", None),
        (["192.0.2.1"], None, None),
        (["10.0.0.0/8"], "203.0.113.99", "192.0.2.1"),
    ],
)
def test_the_client_is_who_the_connection_or_a_trusted_proxy_names(
    app_of: AppOf,
    database: Database,
    row_of: RowOf,
    keys: tuple[str, ...],
    trusted: list[str],
    forwarded: str | None,
    counted: str | None,
) -> None:
    """A stranger's X-Forwarded-For counts for nothing, nor does what stands before a proxy's own word."""
    site = TestClient(app_of(web={"trusted_proxies": trusted}), client=("192.0.2.1", 50_000))
    site.post("/subscribe", data=READER, headers={} if forwarded is None else {"X-Forwarded-For": forwarded})
    row = row_of()
    assert row is not None
    with database.reading() as session:
        kept = timeline(session, row.id)[0].detail.get("client")
    assert kept == (None if counted is None else client_hash(keys[:1], ip_address(counted)))


@pytest.mark.parametrize("path", ["/embed.js", "/static/subscribe.js"])
def test_the_scripts_are_small_and_kept_for_an_hour(site: TestClient, path: str) -> None:
    script = site.get(path)
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert script.headers["cache-control"] == "public, max-age=3600"
    assert len(script.content) <= 6 * 1024
    again = site.get(path, headers={"If-None-Match": script.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_proxy_that_is_trusted_says_for_whom_it_asks(
    app_of: AppOf, database: Database, row_of: RowOf
) -> None:
    """Two clients behind one proxy: each has its own bound. Whoever is no proxy cannot pretend to be two."""
    limits = {"client": "1/1h"}
    for trusted, rows in ((["192.0.2.1"], 2), ([], 1)):
        app = app_of(limits=limits, web={"trusted_proxies": trusted})
        site = TestClient(app, client=("192.0.2.1", 50_000))
        for number in range(2):
            email = f"{rows}{number}@example.com"
            headers = {"X-Forwarded-For": f"203.0.113.99, 198.51.{rows}.{number}"}
            site.post("/subscribe", data={"email": email}, headers=headers)
        known = [row_of(f"{rows}{number}@example.com") is not None for number in range(2)]
        assert sum(known) == rows


def test_confirming_is_recorded_with_a_hash_of_where_it_came_from(
    app_of: AppOf, database: Database, ask: Callable[..., object], row_of: RowOf, tokens: Tokens
) -> None:
    ask()
    row = row_of()
    assert row is not None
    site = TestClient(app_of(), client=("192.0.2.77", 50_000))
    site.post(f"/confirm/{tokens.sign(Purpose.CONFIRM, row.public_id)}")
    with database.reading() as session:
        told = timeline(session, row.id)[-1]
    assert told.what == "confirmed"
    assert re.fullmatch("[0-9a-f]{32}", told.detail["client"])


def test_case_19_the_connection_is_closed_before_the_list_is_touched(
    app_of: AppOf, database: Database
) -> None:
    """Or the next request on it would wait, and its time would tell. Here another holds the list."""
    server = uvicorn.Server(uvicorn.Config(app_of(), log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        other = sqlite3.connect(str(database.file), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with socket.create_connection(listening.getsockname(), 30) as connection:
            body = b"email=reader@example.com"
            head = (
                "POST /subscribe HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            )
            connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            with connection.makefile("rb") as answer:
                assert b"Look into your mailbox" in answer.read()
        with database.reading() as session:
            assert session.scalar(select(func.count()).select_from(SubscriberRow)) == 0
        other.close()
        server.should_exit = True
        thread.join(20)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SubscriberRow)) == 1

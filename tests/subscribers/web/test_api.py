"""Signing up by API: for programs and widgets of any origin, and the same answer for every address."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi.testclient import TestClient

from digest.clock import FixedClock
from digest.db import Database
from subscribers import leaving
from subscribers.abuse.stamps import is_proof
from subscribers.addresses import parse_address
from subscribers.consent import AGREED
from subscribers.events import timeline
from subscribers.rows import SubscriberRow
from subscribers.values import Reason, Status
from tests.subscribers.web.conftest import AppOf

RowOf = Callable[..., SubscriberRow | None]
PATH = "/api/v1/subscribers"
READER = {"email": "reader@example.com"}
BLOG = {"Origin": "https://blog.example"}


def test_a_program_signs_an_address_up_without_a_key(site: TestClient, row_of: RowOf) -> None:
    answer = site.post(PATH, json=READER | {"name": "Zoë"})
    assert answer.status_code == 202
    assert "a mail with a link to confirm is on its way" in answer.json()["message"]
    row = row_of()
    assert row is not None
    assert (row.status, row.name, row.consent) == (Status.PENDING, "Zoë", "api")


def test_the_widget_is_told_from_a_program_and_shows_our_words(
    site: TestClient, database: Database, row_of: RowOf
) -> None:
    stamp = site.get(f"{PATH}/challenge").json()["stamp"]
    assert site.post(PATH, json=READER | {"form": "embed", "stamp": stamp}).status_code == 202
    row = row_of()
    assert row is not None
    assert row.consent == "embed"
    with database.reading() as session:
        (told,) = timeline(session, row.id)
    assert told.detail == {"form": "embed", "agreed": AGREED}


def test_case_19_every_address_gets_the_same_answer(
    site: TestClient, database: Database, clock: FixedClock, keys: tuple[str, ...], add: Callable[..., str]
) -> None:
    add("confirmed@example.com")
    with database.writing() as session:
        leaving.suppress(session, parse_address("no@example.com"), Reason.COMPLAINT, clock=clock, keys=keys)
    emails = ("new@example.com", "new@example.com", "confirmed@example.com", "no@example.com")
    answers = [site.post(PATH, json={"email": email}) for email in emails]
    answers.append(site.post(PATH, json={"email": "robot@example.com", "stamp": "forged"}))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(answer.headers.items()) for answer in answers}) == 1


def test_case_19_form_and_api_share_their_bounds(
    app_of: AppOf, row_of: RowOf, caplog: pytest.LogCaptureFixture
) -> None:
    site = TestClient(app_of(limits={"client": "2/1h"}), client=("192.0.2.1", 50_000))
    with caplog.at_level(logging.INFO, logger="subscribers"):
        site.post("/subscribe", data={"email": "a@example.com"})
        site.post(PATH, json={"email": "b@example.com"})
        assert site.post(PATH, json={"email": "c@example.com"}).status_code == 202
    assert [row_of(f"{one}@example.com") is not None for one in "abc"] == [True, True, False]
    assert "beyond [limits] client" in caplog.text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"email": "reader@example"}, "this is not an e-mail address"),
        ({"email": "-oQ/tmp@b.org"}, "not safe to mail"),
        ({"email": "a@b.org\r\nBcc: c@d.org"}, "this is not an e-mail address"),
        (READER | {"name": "Ann\nBcc: x@example.com"}, "a name is one line"),
        (READER | {"name": "\x00"}, "a name is one line"),
    ],
)
def test_case_20_a_bad_address_or_name_is_answered_with_the_reason(
    site: TestClient, row_of: RowOf, body: dict[str, str], said: str
) -> None:
    answer = site.post(PATH, json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]
    assert row_of() is None


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "email"),
        ({"email": 5}, "email"),
        ({"email": "a" * 255}, "email"),
        (READER | {"name": "x" * 101}, "name"),
        (READER | {"form": "mail"}, "form"),
        (READER | {"admin": True}, "admin"),
    ],
)
def test_a_body_that_is_not_as_described_is_refused_with_the_place(
    site: TestClient, body: dict[str, Any], where: str
) -> None:
    answer = site.post(PATH, json=body)
    assert answer.status_code == 422
    assert [error["where"] for error in answer.json()["errors"]] == [where]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 422),
        (b'"\\ud800"', "application/json", 422),
        (b'{"email": "\\ud800@b.org"}', "application/json", 422),
        (b"email=reader@example.com", "application/x-www-form-urlencoded", 415),
        (b" " * (1 << 20) + b"{}", "application/json", 413),
    ],
)
def test_what_is_no_json_object_is_refused(site: TestClient, content: bytes, kind: str, status: int) -> None:
    assert site.post(PATH, content=content, headers={"Content-Type": kind}).status_code == status


def test_work_is_asked_for_by_a_challenge_and_done_for_it(app_of: AppOf, row_of: RowOf) -> None:
    site = TestClient(app_of(limits={"proof_of_work": 6}))
    refused = site.post(PATH, json=READER)
    assert refused.status_code == 422
    assert "GET /api/v1/subscribers/challenge" in refused.json()["detail"]
    challenge = site.get(f"{PATH}/challenge")
    assert challenge.headers["cache-control"] == "no-store"
    stamp, bits = challenge.json()["stamp"], challenge.json()["bits"]
    work = next(str(number) for number in count() if is_proof(stamp, str(number), bits))
    assert site.post(PATH, json=READER | {"stamp": stamp, "work": work}).status_code == 202
    assert row_of() is not None


@pytest.mark.parametrize("body", [READER, {"email": "bad"}])
def test_a_page_of_any_origin_may_ask_and_read_the_answer(site: TestClient, body: dict[str, str]) -> None:
    preflight = site.options(
        PATH,
        headers=BLOG
        | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"},
    )
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "*"
    answer = site.post(PATH, json=body, headers=BLOG)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert site.get(f"{PATH}/challenge", headers=BLOG).headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/api/v1/tools", "/api/v1/subscribersx", "/subscribe"])
def test_other_places_are_not_opened_to_other_origins(site: TestClient, path: str) -> None:
    assert "access-control-allow-origin" not in site.get(path, headers=BLOG).headers


def test_the_reference_shows_how_to_sign_up_without_a_key(site: TestClient) -> None:
    page = site.get("/api/docs").text
    section = page.partition('<h2 id="signUp">')[2].partition("</section>")[0]
    assert "POST http://127.0.0.1:8000/api/v1/subscribers" in section
    assert "reader@example.com" in section
    assert "Authorization" not in section


@pytest.fixture
def served(app_of: AppOf) -> Iterator[str]:
    """The address of a live site."""
    live = uvicorn.Server(uvicorn.Config(app_of(), port=0, log_config=None))
    thread = threading.Thread(target=live.run)
    thread.start()
    try:
        while not live.started:
            thread.join(0.01)
            assert thread.is_alive(), "the server did not start"
        yield f"http://127.0.0.1:{live.servers[0].sockets[0].getsockname()[1]}"
    finally:
        live.should_exit = True
        thread.join()


@pytest.mark.slow
def test_schemathesis_finds_nothing(served: str, tmp_path: Path) -> None:
    shared = Path(__file__).parents[2] / "digest" / "web" / "api"
    shutil.copy(shared / "schemathesis.toml", tmp_path)
    shutil.copy(Path(__file__).with_name("schemathesis_hooks.py"), tmp_path)
    command: list[str | Path] = [
        Path(sys.executable).with_name("schemathesis"),
        *("--no-color", "run", f"{served}/api/openapi.json", "--checks", "all"),
        *("--include-path-regex", "^/v1/subscribers"),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 selected / 12 total" in done.stdout

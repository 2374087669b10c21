"""Reading forms from strangers: both encodings, and not a byte more than is wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.types import Message

from digest.web.forms import MOST_BYTES, SmallForm


@pytest.fixture
def client() -> TestClient:
    return TestClient(form_app())


def form_app() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def echo(fields: SmallForm) -> dict[str, str]:
        return dict(fields)

    return app


def test_both_encodings_are_read_and_files_are_dropped(client: TestClient) -> None:
    assert client.post("/", data={"email": "a@b.org", "name": "Zoë"}).json() == {
        "email": "a@b.org",
        "name": "Zoë",
    }
    files = {"email": (None, "a@b.org"), "file": ("x.txt", b"content")}
    assert client.post("/", files=files).json() == {"email": "a@b.org"}


def test_what_is_no_text_is_refused(client: TestClient) -> None:
    assert client.post("/", data={"email": "a\0b"}).status_code == 400


def test_no_body_or_another_kind_of_body_is_an_empty_form(client: TestClient) -> None:
    assert client.post("/").json() == {}
    assert client.post("/", json={"email": "a@b.org"}).json() == {}


def test_a_body_of_unknown_length_is_cut_off_at_the_bound(client: TestClient) -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while taken < 1_000_000:
            taken += 1000
            yield b"a" * 1000

    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/", content=endless(), headers=headers).status_code == 413
    assert client.post("/", content=b"a=" + b"b" * (MOST_BYTES - 2), headers=headers).status_code == 200
    assert client.post("/", content=b"a=" + b"b" * (MOST_BYTES - 1), headers=headers).status_code == 413


def test_a_broken_multipart_body_is_refused(client: TestClient) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert client.post("/", content=b"--y\r\nrubbish", headers=headers).status_code == 400


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_visitor_who_hangs_up_in_the_middle_is_no_fault_of_ours(kind: str) -> None:
    arriving: list[Message] = [
        {"type": "http.request", "body": b"email=a", "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return arriving.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-type", kind.encode()), (b"content-length", b"100")]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers}
    asyncio.run(form_app()(scope, receive, send))
    assert sent[0]["status"] == 400

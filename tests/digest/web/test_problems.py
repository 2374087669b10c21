"""Errors as a reader meets them: a status, a sentence, no trace."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from digest.errors import BadInput, DigestError, NotFound, TransportError, WrongState
from digest.settings import Settings, TemplateSettings
from digest.web.pages import Pages
from digest.web.problems import add_problem_pages


def failing_with(error: Exception, settings: Settings | None = None) -> TestClient:
    app = FastAPI()

    @app.get("/confirm/{token}")
    def fail(token: str, number: int = 0) -> None:
        raise error

    add_problem_pages(app, Pages.of(settings or Settings()))
    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound("there is no such thing"), 404),
        (BadInput("that is no address"), 422),
        (WrongState("it went out already"), 409),
    ],
)
def test_an_error_a_reader_can_act_on_is_told(error: DigestError, status: int) -> None:
    answer = failing_with(error).get("/confirm/s3cret")

    assert answer.status_code == status
    message = str(error)
    assert f"<p>{message[:1].upper()}{message[1:]}.</p>" in answer.text


@pytest.mark.parametrize(
    "error",
    [
        TransportError("smtp://user:hunter2@host refused", permanent=True),
        RuntimeError("hunter2"),
    ],
)
def test_any_other_error_says_nothing_of_its_cause(error: Exception) -> None:
    answer = failing_with(error).get("/confirm/s3cret")

    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text


def test_the_cause_is_logged_without_the_token(caplog: pytest.LogCaptureFixture) -> None:
    failing_with(TransportError("the mail server refused us", permanent=False)).get("/confirm/s3cret")

    assert "GET /confirm/{token}: the mail server refused us" in caplog.messages
    assert "s3cret" not in caplog.text


def test_unknown_paths_methods_and_parameters_get_a_page_too() -> None:
    client = failing_with(RuntimeError())

    unknown, method = client.get("/nowhere"), client.delete("/confirm/s3cret")
    unreadable = client.get("/confirm/s3cret?number=seven")

    assert (unknown.status_code, method.status_code, unreadable.status_code) == (404, 405, 422)
    assert "Page not found" in unknown.text
    assert method.headers["allow"] == "GET"
    assert all("<h1>" in answer.text for answer in (unknown, method, unreadable))


def test_an_own_error_page_that_is_broken_still_leaves_an_answer(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "base.html.j2").write_text("{{ nothing }}")
    client = failing_with(RuntimeError(), Settings(templates=TemplateSettings(path=tmp_path)))

    answer = client.get("/confirm/s3cret")

    assert answer.status_code == 500
    assert (
        answer.text
        == "Something went wrong. It is our fault, and it is noted. Please try again in a while.\n"
    )

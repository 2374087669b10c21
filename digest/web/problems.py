"""Errors as pages: a proper status, a sentence on what to do, never a stack trace."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse
from starlette.exceptions import HTTPException

from digest.errors import BadInput, DigestError, NotFound, TemplateError, WrongState
from digest.frames import ENGLISH
from digest.web.pages import Pages, sentence

_LOG = logging.getLogger(__name__)

_STATUS: dict[type[DigestError], int] = {NotFound: 404, BadInput: 422, WrongState: 409}
_SAYINGS = {
    404: ("Page not found", "The address may be mistyped, or what stood here is gone."),
    405: ("This cannot be done here", "Go back and use the links and buttons of the page."),
    409: ("This is not possible now", "What you asked for does not fit how things stand."),
    413: ("Too much at once", "What was sent is larger than this page takes."),
    422: ("Something is not right", "What was sent cannot be read; go back and check it."),
    500: ("Something went wrong", "It is our fault, and it is noted. Please try again in a while."),
}


# Tells the language of whoever asks.
SpokenBy = Callable[[Request], str]


def english(request: Request) -> str:
    """Return the language of whom nobody knows."""
    del request
    return ENGLISH


def add_problem_pages(app: FastAPI, pages: Pages, spoken_by: SpokenBy = english) -> None:
    """Answer every error of ``app`` with a page, in the language that is ``spoken_by`` whoever asked.

    NotFound is 404, BadInput 422, WrongState 409, each with its own message. Any other error is a 500 that
    says nothing of its cause, which goes to the log instead; it is English, since what would tell the
    language may be what is broken.
    """

    @app.exception_handler(DigestError)
    def digest_error(request: Request, error: DigestError) -> Response:
        status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
        if status == 500:
            # The route's template, not the path: that may hold a token.
            route = request.scope.get("route")
            _LOG.error("%s %s: %s", request.method, getattr(route, "path", "?"), error)
            return _problem(pages, status)
        return _problem(pages, status, str(error), spoken_by(request))

    @app.exception_handler(RequestValidationError)
    def unreadable(request: Request, error: RequestValidationError) -> Response:
        del error
        return _problem(pages, 422, language=spoken_by(request))

    @app.exception_handler(HTTPException)
    def http_error(request: Request, error: HTTPException) -> Response:
        response = _problem(pages, error.status_code, language=spoken_by(request))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(Exception)
    def unforeseen(request: Request, error: Exception) -> Response:
        # Starlette raises it again after the answer, so that the server logs it with its trace.
        del request, error
        return _problem(pages, 500)


def _problem(pages: Pages, status: int, message: str | None = None, language: str = ENGLISH) -> Response:
    heading, general = _SAYINGS.get(status) or (HTTPStatus(status).phrase, "Go back and try again.")
    try:
        return pages.problem(status, heading, message or general, language)
    except TemplateError as error:
        # An operator's own template may be what is broken; the answer must not need it.
        _LOG.error("%s", error)
        return PlainTextResponse(f"{heading}. {sentence(message or general)}\n", status)

"""Errors as problem details (RFC 9457): a status, a sentence, and each thing that is wrong with its place."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, Route

from digest.catalogue.cleaning import paragraph
from digest.errors import BadInput, DigestError, NotFound, WrongState
from digest.yamlmodel import first_errors, message_of, path_of

_LOG = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
# So long a busy database is given before a client asks again, in seconds.
_TRY_AGAIN = 5
_STATUS: dict[type[DigestError], int] = {NotFound: 404, BadInput: 422, WrongState: 409}
_SAYINGS = {
    404: "nothing is here; GET /api/openapi.json says what is where",
    405: "this method is not for this place; Allow says which are",
    413: "the body is larger than 1 MB",
    500: "something went wrong; it is our fault, and it is noted",
    503: "the database is busy or out of reach; nothing was changed, try again in a moment",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong. ``where`` is a place like ``takes[0].score``, empty for the whole."""

    where: str
    message: str


class Invalid(BadInput):
    """What was sent can be read but not accepted; ``troubles`` are all the reasons."""

    def __init__(self, troubles: Iterable[Trouble]) -> None:
        self.troubles = tuple(troubles)
        super().__init__("what was sent is not acceptable; nothing of it was stored")

    @classmethod
    def of(cls, error: ValidationError, model: type[BaseModel]) -> Invalid:
        """Return pydantic's complaints about a JSON object, in the words of the command line."""
        return cls(
            Trouble(path_of(problem["loc"]), _message(problem, model)) for problem in first_errors(error)
        )


class PreconditionFailed(DigestError):
    """``If-Match`` or ``If-None-Match`` does not fit what is there (RFC 9110, section 13)."""


def add_problem_answers(app: FastAPI, routes: Iterable[BaseRoute]) -> None:
    """Answer every error of ``app`` with problem details; ``routes`` tell what a place allows."""
    known = tuple(routes)

    @app.exception_handler(DigestError)
    def digest_error(request: Request, error: DigestError) -> JSONResponse:
        if isinstance(error, PreconditionFailed):
            return problem(412, str(error))
        status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
        if status == 500:
            _LOG.error("%s %s: %s", request.method, request.url.path, error)
            return problem(500)
        return problem(status, str(error), error.troubles if isinstance(error, Invalid) else ())

    @app.exception_handler(RequestValidationError)
    def unreadable(request: Request, error: RequestValidationError) -> JSONResponse:
        del request
        troubles = [Trouble(str(problem["loc"][-1]), problem["msg"]) for problem in error.errors()]
        # A path that cannot be one of ours leads nowhere.
        if any(problem["loc"][0] == "path" for problem in error.errors()):
            return problem(404)
        return problem(422, "a parameter is not acceptable", troubles)

    @app.exception_handler(HTTPException)
    def http_error(request: Request, error: HTTPException) -> JSONResponse:
        said = None if error.detail == HTTPStatus(error.status_code).phrase else error.detail
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["Allow"] = ", ".join(_allowed(known, request))
        return problem(error.status_code, _SAYINGS.get(error.status_code, said), headers=headers)

    @app.exception_handler(OperationalError)
    def busy(request: Request, error: OperationalError) -> JSONResponse:
        _LOG.warning("%s %s: %s", request.method, request.url.path, error.orig)
        return problem(503, headers={"Retry-After": str(_TRY_AGAIN)})

    @app.exception_handler(Exception)
    def unforeseen(request: Request, error: Exception) -> JSONResponse:
        # Starlette raises it again after the answer, so that the server logs it with its trace.
        del request, error
        return problem(500)


def problem(
    status: int,
    detail: str | None = None,
    troubles: Iterable[Trouble] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return problem details; without ``detail`` what is usually said of this status."""
    content = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": _plain(detail or _SAYINGS.get(status) or HTTPStatus(status).description),
        "errors": [
            {"where": _plain(trouble.where), "message": _plain(trouble.message)} for trouble in troubles
        ],
    }
    return JSONResponse(
        content, status, {"Cache-Control": "no-store", **(headers or {})}, media_type=MEDIA_TYPE
    )


def _allowed(routes: Iterable[BaseRoute], request: Request) -> list[str]:
    """Return the methods of every route for the place; the framework itself names those of the first."""
    methods: set[str] = set()
    for route in routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    return sorted(methods)


def _message(problem: Any, model: type[BaseModel]) -> str:
    match problem["type"]:
        case "model_type" | "model_attributes_type" | "dict_type":
            return "expected an object"
        case "list_type":
            return "expected an array"
        case _:
            return message_of(problem, problem["loc"], model)


def _plain(text: str) -> str:
    """Return text that quotes a stranger without what JSON's UTF-8 cannot carry."""
    return paragraph(text)

"""The API's description (OpenAPI 3.1): what the framework knows of the routes, and what it cannot know."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from digest.web.api.bodies import TakeBody, ToolBody
from digest.web.api.problems import MEDIA_TYPE
from digest.web.api.schemas import Problem

_SCHEMA = "#/components/schemas/{}"
# What the framework would say of errors that this API words itself.
_NOT_OURS = ("HTTPValidationError", "ValidationError")
# Something to see, as digest.catalogue.cleaning.is_visible has it.
_VISIBLE = r"[\p{L}\p{N}\p{P}\p{S}]"
_SAYINGS = {
    304: "It is as you know it.",
    400: "The body is no JSON.",
    401: "The key is missing, unknown or revoked.",
    404: "There is no such thing.",
    409: "It does not fit what is there.",
    412: "What is there is not what `If-Match` or `If-None-Match` asks for.",
    413: "The body is larger than 1 MB.",
    415: "The body is not sent as application/json.",
    422: "Something is not acceptable; `errors` says what.",
    503: "The database is busy or out of reach; nothing was changed.",
}
_TAKE = {
    "score": 88,
    "verdict": "ship",
    "text": "One download, and it reads a receipt.",
}
_TOOL = {
    "name": "Loupe 2B",
    "category": "Developer Tools",
    "tagline": "Reads a page without sending it anywhere",
    "pricing": "Free / Open weights",
    "link": "https://example.com/loupe",
    "takes": [{"reviewer": "Builder", **_TAKE}],
}


def _text_header(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}, "required": True}


CREATED: dict[str, Any] = {
    "description": "It was added.",
    "headers": {"Location": _text_header("The path of what was added.")},
}
_HEADERS = {
    401: {"WWW-Authenticate": _text_header("The challenge of RFC 6750, section 3.")},
    503: {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}, "required": True}},
}


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return how an operation may fail: in these ways, and in those that all share."""
    return {status: _answer(status) for status in sorted({401, 503, *statuses})}


def _answer(status: int) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": _SAYINGS[status]}
    if status in _HEADERS:
        answer["headers"] = _HEADERS[status]
    if status != HTTPStatus.NOT_MODIFIED:
        answer["content"] = {MEDIA_TYPE: {"schema": {"$ref": _SCHEMA.format("Problem")}}}
    return answer


def _body(schema: str, example: dict[str, Any]) -> dict[str, Any]:
    content = {"schema": {"$ref": _SCHEMA.format(schema)}, "example": example}
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


TOOL_BODY = _body("ToolBody", _TOOL)
TAKE_BODY = _body("TakeBody", {"reviewer": "Builder", **_TAKE})
NAMED_TAKE_BODY = _body("NamedTakeBody", _TAKE)


def describe(app: FastAPI, reviewers: Sequence[str]) -> dict[str, Any]:
    """Return the OpenAPI document of ``app``; ``reviewers`` are those who may have a take."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        servers=app.servers,
    )
    schemas = document["components"]["schemas"]
    for name in _NOT_OURS:
        schemas.pop(name, None)
    _, bodies = models_json_schema(
        [(ToolBody, "validation"), (TakeBody, "validation"), (Problem, "serialization")],
        ref_template=_SCHEMA.format("{model}"),
    )
    schemas.update(bodies["$defs"])
    _tighten(schemas, reviewers)
    for operations in document["paths"].values():
        for operation in operations.values():
            _drop_foreign_errors(operation["responses"])
            if operation["operationId"] == "putTake":
                _named(operation["parameters"], "reviewer")["schema"]["enum"] = list(reviewers)
    return document


def _tighten(schemas: dict[str, Any], reviewers: Sequence[str]) -> None:
    """Say in the schemas of bodies what only code checks: who is on the panel, that a text can be seen."""
    for name in ("TakeModel", "TakeBody"):
        properties = schemas[name]["properties"]
        properties["reviewer"] = {"type": "string", "enum": list(reviewers)}
        properties["text"]["pattern"] = _VISIBLE
    schemas["ToolBody"]["properties"]["name"]["pattern"] = _VISIBLE
    schemas["NamedTakeBody"] = {**schemas["TakeBody"], "title": "NamedTakeBody", "required": ["text"]}


def _named(parameters: Sequence[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(parameter for parameter in parameters if parameter["name"] == name)


def _drop_foreign_errors(responses: dict[str, Any]) -> None:
    if "422" in responses and MEDIA_TYPE not in responses["422"]["content"]:
        del responses["422"]

"""The API's reference as a page shows it, made from the OpenAPI document. Pure."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a key of a body. ``kind`` says what it holds, ``note`` what it means."""

    name: str
    kind: str
    required: bool
    note: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing the API does. ``answers`` are (status, what it means); ``curl`` is an example to paste."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    answers: tuple[tuple[str, str], ...]
    curl: str


def operations_of(document: Document, base: str) -> list[Operation]:
    """Return the operations in the document's order; ``base`` is the address that their paths follow."""
    return [
        _operation(document, base, path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def _operation(document: Document, base: str, path: str, method: str, operation: Document) -> Operation:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = _resolved(document, content.get("schema", {}))
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation.get("description", ""),
        parameters=tuple(_parameter(document, each) for each in operation.get("parameters", ())),
        body=tuple(_fields(document, schema)),
        answers=tuple((status, answer["description"]) for status, answer in operation["responses"].items()),
        curl=_curl(base + path, method.upper(), content.get("example"), keyed="security" in operation),
    )


def _parameter(document: Document, parameter: Document) -> Field:
    return Field(
        parameter["name"],
        _kind(document, parameter["schema"]),
        parameter.get("required", False),
        parameter.get("description", ""),
    )


def _fields(document: Document, schema: Document, prefix: str = "") -> Iterator[Field]:
    """Give the keys of an object, and below each the keys of what it holds: ``takes[].score``."""
    required = schema.get("required", ())
    for name, about in schema.get("properties", {}).items():
        note = about.get("description", "")
        yield Field(prefix + name, _kind(document, about), name in required, note)
        if "items" in about:
            yield from _fields(document, _resolved(document, about["items"]), f"{prefix}{name}[].")
        for choice in about.get("anyOf", ()):
            if "$ref" in choice:
                yield from _fields(document, _resolved(document, choice), f"{prefix}{name}.")


def _kind(document: Document, schema: Document) -> str:
    """Say in a few words what a schema lets through."""
    if "$ref" in schema:
        schema = _resolved(document, schema)
    if "anyOf" in schema:
        return " or ".join(_kind(document, choice) for choice in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(schema["enum"])
    if schema.get("type") == "array":
        return f"array of {_kind(document, schema['items'])}"
    bounds = [f"{schema[key]:,}" for key in ("minimum", "maximum") if key in schema]
    kind = str(schema.get("format", schema.get("type", "anything")))
    return " ".join([kind, "–".join(bounds)]) if len(bounds) == 2 else kind


def _resolved(document: Document, schema: Document) -> Document:
    name = schema["$ref"].rpartition("/")[2] if "$ref" in schema else None
    resolved: Document = schema if name is None else document["components"]["schemas"][name]
    return resolved


def _curl(address: str, method: str, example: object, *, keyed: bool) -> str:
    lines = ["curl" if method == "GET" else f"curl -X {method}"]
    if keyed:
        lines.append('-H "Authorization: Bearer $KEY"')
    if example is not None:
        lines.append("-H 'Content-Type: application/json'")
        lines.append(f"--data {shlex.quote(json.dumps(example, ensure_ascii=False))}")
    address = address.replace("{slug}", "loupe-2b").replace("{reviewer}", "Builder")
    return " \\\n  ".join([*lines, shlex.quote(address)])

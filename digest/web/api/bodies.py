"""What clients send: JSON, read strictly, checked against the catalogue's own model of a tool."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from starlette.requests import ClientDisconnect

from digest.catalogue.json import tool_from_json
from digest.catalogue.model import CommunityModel, Link, Percent, Rules, TakeModel, ToolModel
from digest.text import first_twice
from digest.web.api.problems import Invalid, Trouble

_NO_COUNTS = {"ships": None, "skips": None}


class PanelBody(BaseModel):
    """What a panel says together: computed, so it is not read, but for the percentage a source states."""

    model_config = ConfigDict(extra="allow")

    percent: Percent | None = None


class ToolBody(ToolModel):
    """A tool as a client sends it: as the catalogue takes it, or just as it was got."""

    link: Link | None = Field(None, description="The tool's own page.")
    community: Annotated[
        CommunityModel | None,
        BeforeValidator(lambda value: None if value == _NO_COUNTS else value),
        Field(description="Readers' votes; counts that are null say nothing."),
    ] = None
    panel: PanelBody | None = None


class TakeBody(TakeModel):
    """One reviewer's take as a client sends it."""


async def read_json(request: Request) -> object:
    """Return a request's body; a dependency. Raises HTTPException 415 or 400, or Invalid."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise HTTPException(415, "send JSON, as Content-Type: application/json")
    try:
        return json.loads(
            (await request.body()).decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=_number,
            parse_constant=_no_constant,
        )
    except ClientDisconnect:
        raise HTTPException(400, "the body did not arrive whole") from None
    except json.JSONDecodeError as error:
        raise HTTPException(400, f"the body is not JSON: {error.msg}, line {error.lineno}") from None
    except UnicodeDecodeError:
        raise HTTPException(400, "the body is not UTF-8") from None
    except RecursionError:
        raise HTTPException(400, "the body is nested too deep") from None
    except ValueError as error:
        raise HTTPException(400, f"the body is not JSON: {error}") from None


# Any JSON value; 415 for another type, 400 for what cannot be read.
JsonBody = Annotated[object, Depends(read_json)]


def tool_said(body: object, rules: Rules, *, slug: str | None = None) -> ToolModel:
    """Return the tool that a body describes; raise Invalid with everything that is wrong.

    Numbers and texts are not taken for each other. Votes without counts say nothing, and are left out.
    """
    try:
        ToolBody.model_validate(body, context=rules, strict=True)
        if isinstance(body, Mapping) and body.get("community") == _NO_COUNTS:
            body = {key: value for key, value in body.items() if key != "community"}
        return tool_from_json(body, rules)
    except ValidationError as error:
        raise Invalid.of(error, ToolBody) from None


def take_said(body: object, rules: Rules, reviewer: str | None = None) -> TakeModel:
    """Return the take that a body describes; raise Invalid with everything that is wrong.

    ``reviewer`` is whose it is if the body leaves that out.
    """
    if reviewer is not None and isinstance(body, Mapping):
        body = {"reviewer": reviewer, **body}
    try:
        return TakeModel.model_validate(body, context=rules, strict=True)
    except ValidationError as error:
        raise Invalid.of(error, TakeModel) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = first_twice(name for name, _ in pairs)
        assert twice is not None
        # RFC 8259, section 4: what a reader makes of a name that stands there twice cannot be foretold.
        raise Invalid([Trouble(twice, "this key stands in the object twice")])
    return found


def _number(literal: str) -> float | int:
    """Return a number; JSON knows one kind only, so that 88.0 is 88."""
    number = float(literal)
    return int(number) if number.is_integer() else number


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no number")

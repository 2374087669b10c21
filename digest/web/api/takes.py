"""Routes of a tool's takes: /v1/tools/{slug}/takes and /v1/tools/{slug}/takes/{reviewer}."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse

from digest.catalogue import editing, store
from digest.catalogue.json import tool_json
from digest.catalogue.values import Tool
from digest.web.api import schemas
from digest.web.api.bodies import JsonBody, take_said
from digest.web.api.conditional import PRIVATE, entity_tag, shown
from digest.web.api.describing import CREATED, NAMED_TAKE_BODY, TAKE_BODY, answers
from digest.web.api.services import ApiServices, Slug, guard_of, look

Reviewer = Annotated[str, Path(max_length=40, description="A reviewer's name.")]
_TAKES = "/v1/tools/{slug}/takes"
# A reviewer may be called UX/UI.
_TAKE = f"{_TAKES}/{{reviewer:path}}"


def add_takes(api: APIRouter, services: ApiServices) -> None:
    """Add the routes of all takes on a tool and of one."""
    _add_list(api, services)
    _add_create(api, services)
    _add_get(api, services)
    _add_put(api, services)
    _add_delete(api, services)


def _add_list(api: APIRouter, services: ApiServices) -> None:
    @look(
        api,
        _TAKES,
        operation_id="listTakes",
        summary="List a tool's takes",
        response_description="Its takes, in the order of the panel.",
        response_model=schemas.Takes,
        responses=answers(404),
    )
    def list_takes(slug: Slug) -> Response:
        with services.database.reading() as session:
            tool = store.load_tool(session, slug)
        return JSONResponse({"takes": tool_json(tool)["takes"]}, headers=PRIVATE)


def _add_create(api: APIRouter, services: ApiServices) -> None:
    @api.post(
        _TAKES,
        operation_id="createTake",
        summary="Add a take",
        description="A reviewer has one take on a tool; a second one is a conflict.",
        status_code=201,
        response_model=schemas.Take,
        responses={201: CREATED, **answers(400, 404, 409, 413, 415, 422)},
        openapi_extra=TAKE_BODY,
    )
    def create_take(request: Request, slug: Slug, body: JsonBody) -> Response:
        said = take_said(body, services.rules())
        with services.database.writing() as session:
            tool = editing.add_take(session, slug, said, services.editor(request))
        place = services.place(slug, said.reviewer)
        value = _take_json(tool, said.reviewer)
        return JSONResponse(value, 201, {"Location": place, "ETag": entity_tag(value)})


def _add_get(api: APIRouter, services: ApiServices) -> None:
    @look(
        api,
        _TAKE,
        operation_id="getTake",
        summary="Get a reviewer's take",
        description="With `If-None-Match` the answer is 304 as long as the take is the same.",
        response_description="The take.",
        response_model=schemas.Take,
        responses=answers(304, 404),
    )
    def get_take(request: Request, slug: Slug, reviewer: Reviewer) -> Response:
        with services.database.reading() as session:
            tool = store.load_tool(session, slug)
        return shown(request, _take_json(tool, reviewer))


def _add_put(api: APIRouter, services: ApiServices) -> None:
    @api.put(
        _TAKE,
        operation_id="putTake",
        summary="Replace a reviewer's take, or add it",
        description=(
            "`reviewer` may be left out of the body. With `If-Match` (an ETag) a take that was changed since "
            "is left alone; `If-None-Match: *` only adds."
        ),
        response_description="It was replaced.",
        response_model=schemas.Take,
        responses={
            201: {**CREATED, "model": schemas.Take},
            **answers(400, 404, 409, 412, 413, 415, 422),
        },
        openapi_extra=NAMED_TAKE_BODY,
    )
    def put_take(request: Request, slug: Slug, reviewer: Reviewer, body: JsonBody) -> Response:
        # Checked before the lock that all writers wait for.
        with services.database.reading() as session:
            rules = services.rules(session, slug)
        said = take_said(body, rules, reviewer)
        with services.database.writing() as session:
            guard = guard_of(request, take_by=reviewer)
            change = editing.put_take(session, slug, reviewer, said, services.editor(request), guard)
        value = _take_json(change.tool, reviewer)
        if not change.created:
            return JSONResponse(value)
        return JSONResponse(value, 201, {"Location": services.place(slug, reviewer)})


def _add_delete(api: APIRouter, services: ApiServices) -> None:
    @api.delete(
        _TAKE,
        operation_id="deleteTake",
        summary="Remove a reviewer's take",
        status_code=204,
        response_description="It was removed.",
        responses=answers(404, 412),
    )
    def delete_take(request: Request, slug: Slug, reviewer: Reviewer) -> Response:
        with services.database.writing() as session:
            guard = guard_of(request, take_by=reviewer)
            editing.remove_take(session, slug, reviewer, services.editor(request), guard)
        return Response(status_code=204)


def _take_json(tool: Tool, reviewer: str) -> dict[str, Any]:
    place = tool.takes.index(editing.take_of(tool, reviewer))
    take: dict[str, Any] = tool_json(tool)["takes"][place]
    return take

"""Routes of the tools: /v1/tools and /v1/tools/{slug}."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from digest.catalogue import editing, store
from digest.catalogue.json import tool_json
from digest.web.api import schemas
from digest.web.api.bodies import JsonBody, tool_said
from digest.web.api.conditional import PRIVATE, entity_tag, shown
from digest.web.api.describing import CREATED, TOOL_BODY, answers
from digest.web.api.services import ApiServices, Slug, guard_of, look

MOST_A_PAGE = 200
_WHOLE_TEXT = r"^[^\x00]*$"
Limit = Annotated[int, Query(ge=1, le=MOST_A_PAGE, description="The most tools of a page.")]
After = Annotated[
    str | None, Query(max_length=100, pattern=_WHOLE_TEXT, description="Begin after the tool of this slug.")
]
Category = Annotated[
    str | None, Query(max_length=100, pattern=_WHOLE_TEXT, description="Only tools of this category.")
]
Waiting = Annotated[
    bool, Query(description="Only tools that have fewer takes than an issue asks for, and are not excluded.")
]


def add_tools(api: APIRouter, services: ApiServices) -> None:
    """Add the routes of all tools and of one."""
    _add_list(api, services)
    _add_create(api, services)
    _add_get(api, services)
    _add_put(api, services)
    _add_delete(api, services)


def _add_list(api: APIRouter, services: ApiServices) -> None:
    @look(
        api,
        "/v1/tools",
        operation_id="listTools",
        summary="List tools by slug",
        response_description="A page of tools.",
        response_model=schemas.ToolPage,
        responses=answers(422),
    )
    def list_tools(
        limit: Limit = 50, after: After = None, category: Category = None, waiting: Waiting = False
    ) -> Response:
        with services.database.reading() as session:
            found = store.listing_page(
                session,
                after,
                limit + 1,
                category=category,
                waiting_for=services.desk.min_takes if waiting else None,
            )
        tools = [tool_json(tool) for tool in found[:limit]]
        following = tools[-1]["slug"] if len(found) > limit else None
        return JSONResponse({"tools": tools, "next": following}, headers=PRIVATE)


def _add_create(api: APIRouter, services: ApiServices) -> None:
    @api.post(
        "/v1/tools",
        operation_id="createTool",
        summary="Add a tool",
        description="Its slug is made from the name unless it is given. A slug that is taken is a conflict.",
        status_code=201,
        response_model=schemas.Tool,
        responses={201: CREATED, **answers(400, 409, 413, 415, 422)},
        openapi_extra=TOOL_BODY,
    )
    def create_tool(request: Request, body: JsonBody) -> Response:
        said = tool_said(body, services.rules())
        with services.database.writing() as session:
            value = tool_json(editing.add(session, said, services.editor(request)))
        place = services.place(value["slug"])
        return JSONResponse(value, 201, {"Location": place, "ETag": entity_tag(value)})


def _add_get(api: APIRouter, services: ApiServices) -> None:
    @look(
        api,
        "/v1/tools/{slug}",
        operation_id="getTool",
        summary="Get a tool",
        description="With `If-None-Match` the answer is 304 as long as the tool is the same.",
        response_description="The tool.",
        response_model=schemas.Tool,
        responses=answers(304, 404),
    )
    def get_tool(request: Request, slug: Slug) -> Response:
        with services.database.reading() as session:
            return shown(request, tool_json(store.load_tool(session, slug)))


def _add_put(api: APIRouter, services: ApiServices) -> None:
    @api.put(
        "/v1/tools/{slug}",
        operation_id="putTool",
        summary="Replace a tool, or add it under this slug",
        description=(
            "What is left out becomes unknown, except `published_on`, `community`, `compared_with`, "
            "`embargoed_until`, `excluded` and `pinned`, which stay as they are. What a published tool said "
            "before is kept as a version. With `If-Match` (an ETag) a tool that was changed since is left "
            "alone; `If-None-Match: *` only adds."
        ),
        response_description="It was replaced.",
        response_model=schemas.Tool,
        responses={
            201: {**CREATED, "model": schemas.Tool},
            **answers(400, 404, 409, 412, 413, 415, 422),
        },
        openapi_extra=TOOL_BODY,
    )
    def put_tool(request: Request, slug: Slug, body: JsonBody) -> Response:
        # Checked before the lock that all writers wait for.
        with services.database.reading() as session:
            rules = services.rules(session, slug)
        said = tool_said(body, rules)
        with services.database.writing() as session:
            change = editing.put(session, slug, said, services.editor(request), guard_of(request))
        value = tool_json(change.tool)
        # No ETag: what is stored was cleaned and completed (RFC 9110, section 9.3.4).
        if not change.created:
            return JSONResponse(value)
        return JSONResponse(value, 201, {"Location": services.place(slug)})


def _add_delete(api: APIRouter, services: ApiServices) -> None:
    @api.delete(
        "/v1/tools/{slug}",
        operation_id="deleteTool",
        summary="Remove a tool",
        description="A tool that stands in an issue stays, and the answer is 409; exclude it instead.",
        status_code=204,
        response_description="It was removed.",
        responses=answers(404, 409, 412),
    )
    def delete_tool(request: Request, slug: Slug) -> Response:
        with services.database.writing() as session:
            editing.remove(session, slug, guard_of(request))
        return Response(status_code=204)

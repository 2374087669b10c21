"""The API as an application of its own, under /api: its errors are JSON, those of pages are pages."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Response
from fastapi.responses import JSONResponse
from starlette.routing import Mount

from digest import __version__
from digest.web.api.access import Access
from digest.web.api.describing import describe
from digest.web.api.problems import add_problem_answers
from digest.web.api.reference import operations_of
from digest.web.api.services import MOUNT, ApiServices, look
from digest.web.api.takes import add_takes
from digest.web.api.tools import add_tools
from digest.web.pages import Pages


def mount_api(
    app: FastAPI, services: ApiServices, pages: Pages, *, open_to_all: APIRouter | None = None
) -> None:
    """Put the API under /api: /v1/… for those who hold a key, /docs and /openapi.json for everyone.

    The routes of ``open_to_all`` need no key either.
    """
    mount = Mount(MOUNT, _api_app(services, pages, open_to_all or APIRouter()))
    # The framework's pattern ends at a line end, which a path may hold; then an error would be a page.
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    app.router.routes.append(mount)


def _api_app(services: ApiServices, pages: Pages, open_to_all: APIRouter) -> FastAPI:
    app = FastAPI(
        title=f"{pages.site.name}: API",
        version=__version__,
        description=(
            "The catalogue as JSON, the same as `digest catalogue show --json` prints, "
            "and a way to sign up for the list."
        ),
        servers=[{"url": services.root}],
        root_path_in_servers=False,
        redirect_slashes=False,
        # The framework's own documentation would load scripts from elsewhere.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    guarded = APIRouter(dependencies=[Depends(Access(services.database, services.clock))])
    add_tools(guarded, services)
    add_takes(guarded, services)
    app.include_router(guarded)
    app.include_router(open_to_all)
    described = _describe(app, services, pages)
    add_problem_answers(app, [*guarded.routes, *open_to_all.routes, *described.routes])
    return app


def _describe(app: FastAPI, services: ApiServices, pages: Pages) -> APIRouter:
    """Add the routes that say what the others do, and return them."""
    described = APIRouter(include_in_schema=False)

    @cache
    def document() -> dict[str, Any]:
        return describe(app, services.desk.panel.names)

    @look(described, "/openapi.json")
    def openapi() -> Response:
        return JSONResponse(document())

    @look(described, "/docs")
    def docs() -> Response:
        base = f"{pages.site.base_url}{MOUNT}"
        operations = operations_of(document(), base)
        return pages.html("api.html.j2", api=document(), base=base, mount=MOUNT, operations=operations)

    app.include_router(described)
    return described

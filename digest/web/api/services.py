"""What the API works with, and the parameters its routes share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Request, Response
from sqlalchemy.orm import Session

from digest.catalogue import store
from digest.catalogue.editing import Editor, Guard
from digest.catalogue.json import tool_json
from digest.catalogue.model import SLUG, Rules
from digest.catalogue.values import Tool
from digest.clock import Clock
from digest.db import Database
from digest.desk import Desk
from digest.settings import Settings
from digest.web.api.access import key_of
from digest.web.api.conditional import check_preconditions
from digest.web.pages import Site

MOUNT = "/api"
Slug = Annotated[str, Path(pattern=SLUG, max_length=100, description="A tool's slug.")]


@dataclass(frozen=True, slots=True)
class ApiServices:
    """``root`` is the path that all of the API lies below."""

    database: Database
    clock: Clock
    desk: Desk
    root: str

    @classmethod
    def of(cls, settings: Settings, database: Database, clock: Clock) -> ApiServices:
        """Return the services of an installation."""
        root = Site.of(settings).root + MOUNT
        return cls(database, clock, Desk.of(settings), root)

    def place(self, slug: str, reviewer: str | None = None) -> str:
        """Return the path of a tool, or of a reviewer's take on it."""
        tool = f"{self.root}/v1/tools/{slug}"
        return tool if reviewer is None else f"{tool}/takes/{quote(reviewer, safe='')}"

    def editor(self, request: Request) -> Editor:
        """Return who makes this request."""
        return Editor(key_of(request).source, self.desk.panel.names, self.clock.now(), self._today())

    def rules(self, session: Session | None = None, slug: str | None = None) -> Rules:
        """Return what comes in is checked against.

        Who has a take on the tool of this slug may keep it, on the panel or not.
        """
        rules = self.desk.rules(self._today())
        if session is None or slug is None:
            return rules
        guests = [take.reviewer for tool in store.load_tools(session, slugs=[slug]) for take in tool.takes]
        return replace(rules, reviewers=tuple(dict.fromkeys((*rules.reviewers, *guests))))

    def _today(self) -> date:
        return self.desk.today(self.clock.now())


def guard_of(request: Request, *, take_by: str | None = None) -> Guard:
    """Return what holds a change back unless the request's conditions fit the tool, or one of its takes."""

    def guard(tool: Tool | None) -> None:
        value = None if tool is None else tool_json(tool)
        if value is not None and take_by is not None:
            value = next(take for take in value["takes"] if take["reviewer"] == take_by)
        check_preconditions(request, value)

    return guard


def look(api: APIRouter, path: str, **documented: Any) -> Callable[[Callable[..., Response]], None]:
    """Return a decorator for a route that answers GET, and HEAD like it."""

    def add(endpoint: Callable[..., Response]) -> None:
        api.add_api_route(path, endpoint, methods=["GET"], **documented)
        api.add_api_route(path, endpoint, methods=["HEAD"], include_in_schema=False)

    return add

"""Routes of the public pages: home, issues, comparisons, tools. None of them changes anything (law 6)."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as PathParameter
from fastapi.responses import PlainTextResponse, RedirectResponse
from sqlalchemy import text

from digest.clock import Clock
from digest.db import Database
from digest.desk import Desk
from digest.errors import NotFound
from digest.web import reading, views
from digest.web.pages import Pages

ISSUES_A_PAGE = 26
COMPARED_ISSUES_A_PAGE = 4
TOOLS_A_PAGE = 50
_LOOK = ["GET", "HEAD"]
# PostgreSQL cannot even be asked for a text with a NUL in it.
_WHOLE_TEXT = r"^[^\x00]*$"
Asked = Annotated[str | None, Query(max_length=500, pattern=_WHOLE_TEXT)]
Named = Annotated[str, PathParameter(max_length=500, pattern=_WHOLE_TEXT)]
_ONE_YEAR = 365 * 24 * 3600


def router(database: Database, pages: Pages, desk: Desk, clock: Clock) -> APIRouter:
    """Return the routes /, /issues, /compare, /tools, /static/site.css and /healthz.

    ``clock`` says which day it is, for tools that are held back until one.
    """
    api = APIRouter(include_in_schema=False)
    _add_home(api, database, pages, desk)
    _add_issues(api, database, pages, desk)
    _add_comparisons(api, database, pages, desk, clock)
    _add_tools(api, database, pages, desk, clock)
    for path in ("/issues/", "/compare/", "/tools/"):
        _add_slash(api, pages, path)
    _add_stylesheet(api, pages)
    _add_health(api, database)
    return api


def _add_home(api: APIRouter, database: Database, pages: Pages, desk: Desk) -> None:
    @api.api_route("/", methods=_LOOK)
    def home() -> Response:
        with database.reading() as session:
            issues, _ = reading.issue_pages(session, desk, None, 1)
        return pages.html("home.html.j2", canonical="/", latest=issues[0] if issues else None)


def _add_issues(api: APIRouter, database: Database, pages: Pages, desk: Desk) -> None:
    @api.api_route("/issues/", methods=_LOOK)
    def issues(before: Asked = None) -> Response:
        with database.reading() as session:
            heads, older = reading.issue_heads(session, desk, before, ISSUES_A_PAGE)
        return pages.html(
            "issues.html.j2", canonical=_at("/issues/", before=before), issues=heads, older=older
        )

    @api.api_route("/issues/{week}", methods=_LOOK)
    def issue(week: Named) -> Response:
        with database.reading() as session:
            shown = reading.issue_page(session, desk, week)
        return pages.html("issue.html.j2", canonical=shown.head.path, issue=shown)


def _add_comparisons(api: APIRouter, database: Database, pages: Pages, desk: Desk, clock: Clock) -> None:
    @api.api_route("/compare/", methods=_LOOK)
    def comparisons(before: Asked = None) -> Response:
        with database.reading() as session:
            shown, older = reading.issue_pages(session, desk, before, COMPARED_ISSUES_A_PAGE)
        return pages.html(
            "comparisons.html.j2", canonical=_at("/compare/", before=before), issues=shown, older=older
        )

    @api.api_route("/compare/{pair}", methods=_LOOK)
    def compare(pair: Named) -> Response:
        with database.reading() as session:
            left, right = reading.pair_named(session, pair, desk.today(clock.now()))
            known = reading.known_order(session, left, right)
            following = reading.matchup_after(session, desk.panel, left, right)
            reviewed = (
                reading.reviewed_in(session, desk.panel, left, right) if known == (left, right) else None
            )
        if known == (right, left):
            # Not to be kept: an issue may yet run the pair the other way round, and two kept answers
            # that point at each other are a loop.
            path = pages.site.root + views.compare_path(right, left)
            return RedirectResponse(path, 301, headers={"Cache-Control": "no-cache"})
        matchup = views.line(left, right, desk.panel)
        common = left.category if left.category == right.category else None
        return pages.html(
            "compare.html.j2",
            # A pair that nobody set side by side can be read, but there are too many of them to be indexed.
            canonical=matchup.path if known else None,
            trail=_trail("Compare", "/compare/", common),
            matchup=matchup,
            facts=views.decision(left, right),
            scorecard=views.scorecard(desk.panel, left, right),
            following=following,
            reviewed=reviewed,
        )


def _add_tools(api: APIRouter, database: Database, pages: Pages, desk: Desk, clock: Clock) -> None:
    @api.api_route("/tools/", methods=_LOOK)
    def tools(category: Asked = None, after: Asked = None) -> Response:
        with database.reading() as session:
            today = desk.today(clock.now())
            shown, last = reading.tools_page(session, category, after, TOOLS_A_PAGE, today=today)
        if category is not None and not shown:
            raise NotFound("there is no tool of this category")
        return pages.html(
            "tools.html.j2",
            canonical=_at("/tools/", category=category, after=after),
            category=category,
            tools=[views.card(tool) for tool in shown],
            more=_at("/tools/", category=category, after=last) if last else None,
        )

    @api.api_route("/tools/{slug}", methods=_LOOK)
    def tool(slug: Named) -> Response:
        with database.reading() as session:
            shown = reading.tool_named(session, slug, desk.today(clock.now()))
        return pages.html(
            "tool.html.j2",
            canonical=views.tool_path(shown.slug),
            trail=_trail("Tools", "/tools/", shown.category),
            tool=views.card(shown),
            facts=views.decision(shown),
            scorecard=views.scorecard(desk.panel, shown),
        )


def _add_slash(api: APIRouter, pages: Pages, path: str) -> None:
    # By path alone: the framework's own redirect repeats the Host header, which is the visitor's to choose.
    @api.api_route(path.rstrip("/"), methods=_LOOK)
    def with_slash(request: Request) -> Response:
        query = urlencode(request.query_params.multi_items())
        return RedirectResponse(f"{pages.site.root}{path}{'?' if query else ''}{query}", 301)


def _add_stylesheet(api: APIRouter, pages: Pages) -> None:
    @api.api_route("/static/site.css", methods=_LOOK)
    def stylesheet(request: Request, v: Asked = None) -> Response:
        tag = f'"{pages.stylesheet_version}"'
        current = v == pages.stylesheet_version
        headers = {
            "ETag": tag,
            "Cache-Control": f"public, max-age={_ONE_YEAR}, immutable" if current else "no-cache",
        }
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(pages.stylesheet, media_type="text/css", headers=headers)


def _add_health(api: APIRouter, database: Database) -> None:
    @api.api_route("/healthz", methods=_LOOK)
    def healthy() -> Response:
        with database.reading() as session:
            session.execute(text("SELECT 1"))
        return PlainTextResponse("ok", headers={"Cache-Control": "no-store"})


def _trail(name: str, path: str, category: str | None) -> list[tuple[str, str]]:
    """Return the steps above a page, as (name, path)."""
    above = [(name, path)]
    return [*above, (category, views.category_path(category))] if category else above


def _at(path: str, **query: str | None) -> str:
    """Return a path with those parts of a query that are given."""
    given = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path

"""Routes of the readers' pages. The token in a link is the capability: no cookie, no session, no login.

GET and HEAD never change anything (law 6): scanners follow every link in a mail.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, BackgroundTasks, Request, Response
from fastapi.responses import PlainTextResponse
from fastapi.routing import APIRoute
from sqlalchemy.exc import SQLAlchemyError

from digest.clock import Clock
from digest.db import Database
from digest.errors import BadInput, WrongState
from digest.web.pages import Pages
from subscribers import joining, leaving, preferences
from subscribers.addresses import Address, clean_name, masked, parse_address
from subscribers.tokens import BadToken, ExpiredToken, Purpose, Tokens
from subscribers.values import SILENT, Reader, Status
from subscribers.web.forms import SmallForm

_LOG = logging.getLogger(__name__)
_LOOK = ["GET", "HEAD"]
# A field that no person sees; whoever fills it is a program.
_TRAP = "website"


@dataclass(frozen=True, slots=True)
class ReaderServices:
    """What the readers' pages work with; ``jobs.app`` builds it."""

    database: Database
    clock: Clock
    tokens: Tokens
    keys: Sequence[str]
    pages: Pages


def router(services: ReaderServices) -> APIRouter:
    """Return the routes /subscribe, /confirm, /unsubscribe and /preferences."""
    api = APIRouter(include_in_schema=False, route_class=_explaining(services.pages))
    _add_subscribe(api, services)
    _add_confirm(api, services)
    _add_unsubscribe(api, services)
    _add_preferences(api, services)
    return api


def _add_subscribe(api: APIRouter, services: ReaderServices) -> None:
    pages = services.pages

    @api.api_route("/subscribe", methods=_LOOK)
    def form() -> Response:
        return pages.html("subscribe.html.j2", email="", name="", error=None)

    @api.post("/subscribe")
    def sign_up(fields: SmallForm, later: BackgroundTasks) -> Response:
        email, typed_name = fields.get("email", ""), fields.get("name", "")
        if not fields.get(_TRAP):
            try:
                address, name = parse_address(email), clean_name(typed_name)
            except BadInput as error:
                return pages.html(
                    "subscribe.html.j2", status=422, email=email, name=typed_name, error=str(error)
                )
            # After the answer, so that its time does not tell who is on the list.
            later.add_task(_store_sign_up, services, address, name)
        return pages.html("subscribed.html.j2")


def _add_confirm(api: APIRouter, services: ReaderServices) -> None:
    @api.api_route("/confirm/{token}", methods=_LOOK)
    def look(token: str) -> Response:
        with services.database.reading() as session:
            reader = joining.awaiting(session, services.tokens, token)
        if reader.status is Status.CONFIRMED:
            return _confirmed(services, reader)
        return services.pages.html("confirm.html.j2", masked=masked(reader.email))

    @api.post("/confirm/{token}")
    def confirm(token: str) -> Response:
        with services.database.writing() as session:
            reader = joining.confirm(
                session, services.tokens, token, clock=services.clock, keys=services.keys
            )
        return _confirmed(services, reader)


def _add_unsubscribe(api: APIRouter, services: ReaderServices) -> None:
    @api.api_route("/unsubscribe/{token}", methods=_LOOK)
    def look(token: str) -> Response:
        with services.database.reading() as session:
            reader = leaving.holder(session, services.tokens, token)
        if reader is None or reader.status in SILENT:
            return services.pages.html("unsubscribed.html.j2")
        return services.pages.html("unsubscribe.html.j2", masked=masked(reader.email))

    @api.post("/unsubscribe/{token}")
    def unsubscribe(token: str, fields: SmallForm) -> Response:
        with services.database.writing() as session:
            leaving.unsubscribe(session, services.tokens, token, clock=services.clock)
        # A mail client's one click (RFC 8058, 3.1) has nobody to show a page to and follows no redirect.
        if fields.get("List-Unsubscribe") == "One-Click":
            return PlainTextResponse("You are unsubscribed.\n")
        return services.pages.html("unsubscribed.html.j2")


def _add_preferences(api: APIRouter, services: ReaderServices) -> None:
    def page(reader: Reader, *, status: int = 200, saved: bool = False, error: str | None = None) -> Response:
        return services.pages.html(
            "preferences.html.j2",
            status=status,
            masked=masked(reader.email),
            name=reader.name or "",
            standing=reader.status.value,
            unsubscribe_token=services.tokens.sign(Purpose.UNSUBSCRIBE, reader.id),
            saved=saved,
            error=error,
        )

    @api.api_route("/preferences/{token}", methods=_LOOK)
    def look(token: str) -> Response:
        with services.database.reading() as session:
            return page(preferences.shown(session, services.tokens, token))

    @api.post("/preferences/{token}")
    def save(token: str, fields: SmallForm) -> Response:
        try:
            with services.database.writing() as session:
                reader = preferences.rename(session, services.tokens, token, fields.get("name", ""))
        except BadInput as error:
            with services.database.reading() as session:
                reader = preferences.shown(session, services.tokens, token)
            return page(reader, status=422, error=str(error))
        return page(reader, saved=True)


def _confirmed(services: ReaderServices, reader: Reader) -> Response:
    token = services.tokens.sign(Purpose.PREFERENCES, reader.id)
    return services.pages.html("confirmed.html.j2", preferences_token=token)


def _store_sign_up(services: ReaderServices, address: Address, name: str | None) -> None:
    try:
        with services.database.writing() as session:
            joining.sign_up(session, address, name=name, clock=services.clock, keys=services.keys)
    except SQLAlchemyError as error:
        # Only its kind: the full text would carry the address into the log (law 7).
        _LOG.error("a sign-up could not be stored: %s", type(error).__name__)


def _explaining(pages: Pages) -> type[APIRoute]:
    """Return a route class that answers a link that does not work with a page that says what to do."""

    class ExplainingRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def explained(request: Request) -> Response:
                try:
                    return await handle(request)
                except ExpiredToken as error:
                    return _problem(pages, 410, "expired", error)
                except BadToken as error:
                    return _problem(pages, 404, "broken", error)
                except WrongState as error:
                    return _problem(pages, 409, "refused", error)

            return explained

    return ExplainingRoute


def _problem(pages: Pages, status: int, reason: str, error: Exception) -> Response:
    return pages.html("token_problem.html.j2", status=status, reason=reason, message=str(error))

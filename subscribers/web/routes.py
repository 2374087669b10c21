"""Routes of the readers' pages. The token in a link is the capability: no cookie, no session, no login.

GET and HEAD never change anything (law 6): scanners follow every link in a mail.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, BackgroundTasks, Response
from fastapi.responses import PlainTextResponse
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from digest.clock import Clock
from digest.db import Database
from digest.errors import BadInput
from digest.web.forms import SmallForm
from digest.web.pages import Pages
from subscribers import joining, leaving, pausing, preferences
from subscribers.addresses import Address, clean_name, masked, parse_address
from subscribers.tokens import Purpose, Tokens
from subscribers.values import SILENT, Reader, Status

_LOG = logging.getLogger(__name__)
_LOOK = ["GET", "HEAD"]
# A field that no person sees; whoever fills it is a program.
_TRAP = "website"


@dataclass(frozen=True, slots=True)
class ReaderServices:
    """What the readers' pages work with; ``jobs.app`` builds it. Days begin and end in ``zone``."""

    database: Database
    clock: Clock
    tokens: Tokens
    keys: Sequence[str]
    pages: Pages
    zone: ZoneInfo


def router(services: ReaderServices) -> APIRouter:
    """Return the routes /subscribe, /confirm, /unsubscribe and /preferences.

    A bad token is raised as BadToken; see ``subscribers.web.problems``.
    """
    api = APIRouter(include_in_schema=False)
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
            reader = joining.awaiting(session, services.tokens, token, clock=services.clock)
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
            reader = leaving.holder(session, services.tokens, token, clock=services.clock)
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
    @api.api_route("/preferences/{token}", methods=_LOOK)
    def look(token: str) -> Response:
        with services.database.reading() as session:
            reader = preferences.shown(session, services.tokens, token, clock=services.clock)
        return _preferences(services, reader)

    @api.post("/preferences/{token}")
    def save(token: str, fields: SmallForm) -> Response:
        part = "pause" if "pause" in fields else "name"
        change = _pause if part == "pause" else _rename
        try:
            with services.database.writing() as session:
                reader = change(session, services, token, fields)
        except BadInput as error:
            with services.database.reading() as session:
                reader = preferences.shown(session, services.tokens, token, clock=services.clock)
            return _preferences(services, reader, part, str(error))
        return _preferences(services, reader, part)


def _rename(session: Session, services: ReaderServices, token: str, fields: Mapping[str, str]) -> Reader:
    name = fields.get("name", "")
    return preferences.rename(session, services.tokens, token, name, clock=services.clock)


def _pause(session: Session, services: ReaderServices, token: str, fields: Mapping[str, str]) -> Reader:
    """Do as the button says: a number of weeks, ``date`` for the day in ``until``, or ``resume``."""
    if fields["pause"] == "resume":
        return pausing.resume(session, services.tokens, token, clock=services.clock)
    until = _chosen_day(fields, _today(services))
    return pausing.pause(session, services.tokens, token, until, clock=services.clock, zone=services.zone)


def _chosen_day(fields: Mapping[str, str], today: date) -> date:
    weeks = {str(number): number for number in pausing.WEEKS}
    if fields["pause"] in weeks:
        return today + timedelta(weeks=weeks[fields["pause"]])
    try:
        return date.fromisoformat(fields.get("until", ""))
    except ValueError:
        raise BadInput("write the day as year, month and day, like 2027-01-15") from None


def _today(services: ReaderServices) -> date:
    return services.clock.now().astimezone(services.zone).date()


def _preferences(
    services: ReaderServices, reader: Reader, changed: str | None = None, error: str | None = None
) -> Response:
    """Return the page; ``changed`` is the part (name, pause) that was just saved, or has an error."""
    today, until = _today(services), reader.paused_until
    day = until.astimezone(services.zone).date() if until else None
    return services.pages.html(
        "preferences.html.j2",
        status=422 if error else 200,
        masked=masked(reader.email),
        name=reader.name or "",
        standing=reader.status.value,
        paused_until=f"{day.day} {day:%B %Y}" if day else None,
        weeks=pausing.WEEKS,
        first_day=(today + timedelta(days=1)).isoformat(),
        last_day=(today + pausing.LONGEST).isoformat(),
        unsubscribe_token=services.tokens.sign(Purpose.UNSUBSCRIBE, reader.id),
        changed=changed,
        error=error,
    )


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

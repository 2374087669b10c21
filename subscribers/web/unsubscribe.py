"""The page behind an issue's unsubscribe link, and the one click of mail programs (RFC 8058)."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from digest.db import OF_READERS
from digest.web.forms import SmallForm
from subscribers import leaving, returning
from subscribers.addresses import masked
from subscribers.links import language_of
from subscribers.tokens import Purpose
from subscribers.values import SILENT
from subscribers.web.services import LOOK, ReaderServices


def add_unsubscribe(api: APIRouter, services: ReaderServices) -> None:
    """Add /unsubscribe/TOKEN: the button, and for a day after it the way back and a question."""
    clock, keys, tokens = services.clock, services.keys, services.tokens

    @api.api_route("/unsubscribe/{token}", methods=LOOK)
    def look(token: str) -> Response:
        with services.database.reading() as session:
            reader = leaving.holder(session, tokens, token, clock=clock)
            language = language_of(session, tokens, Purpose.UNSUBSCRIBE, token)
        if reader is None or reader.status in SILENT:
            return _unsubscribed(services, token)
        return services.pages.html("unsubscribe.html.j2", language=language, masked=masked(reader.email))

    @api.post("/unsubscribe/{token}")
    def unsubscribe(token: str, fields: SmallForm) -> Response:
        # A mail client's one click (RFC 8058, 3.1) has nobody to show a page to and follows no redirect.
        one_click = fields.get("List-Unsubscribe") == "One-Click"
        with services.database.writing(OF_READERS) as session:
            if "undo" in fields and not one_click:
                returning.come_back(session, tokens, token, clock=clock, keys=keys)
            elif "answer" in fields and not one_click:
                returning.tell_why(session, tokens, token, fields.get("why", ""), clock=clock)
            else:
                leaving.unsubscribe(session, tokens, token, clock=clock, keys=keys)
        if one_click:
            return PlainTextResponse("You are unsubscribed.\n")
        return _returned(services, token) if "undo" in fields else _unsubscribed(services, token)


def _unsubscribed(services: ReaderServices, token: str) -> Response:
    tokens = services.tokens
    with services.database.reading() as session:
        left = returning.farewell(session, tokens, token, clock=services.clock, keys=services.keys)
        language = language_of(session, tokens, Purpose.UNSUBSCRIBE, token)
    return services.pages.html("unsubscribed.html.j2", language=language, left=left, answers=returning.WHY)


def _returned(services: ReaderServices, token: str) -> Response:
    tokens = services.tokens
    with services.database.reading() as session:
        language = language_of(session, tokens, Purpose.UNSUBSCRIBE, token)
    reader = tokens.read(Purpose.UNSUBSCRIBE, token)
    return services.pages.html(
        "returned.html.j2", language=language, preferences_token=tokens.sign(Purpose.PREFERENCES, reader)
    )

"""The page behind an issue's unsubscribe link, and the one click of mail programs (RFC 8058)."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from digest.web.forms import SmallForm
from subscribers import leaving
from subscribers.addresses import masked
from subscribers.values import SILENT
from subscribers.web.services import LOOK, ReaderServices


def add_unsubscribe(api: APIRouter, services: ReaderServices) -> None:
    """Add /unsubscribe/TOKEN."""

    @api.api_route("/unsubscribe/{token}", methods=LOOK)
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

"""The page behind a confirmation mail's link: a button that puts the reader on the list."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from digest.db import OF_READERS
from subscribers import joining
from subscribers.addresses import masked
from subscribers.consent import CONFIRMING
from subscribers.links import language_of
from subscribers.tokens import Purpose
from subscribers.values import Reader
from subscribers.web.services import LOOK, ReaderServices


def add_confirm(api: APIRouter, services: ReaderServices) -> None:
    """Add /confirm/TOKEN."""

    @api.api_route("/confirm/{token}", methods=LOOK)
    def look(token: str) -> Response:
        with services.database.reading() as session:
            awaited = joining.awaiting(session, services.tokens, token, clock=services.clock)
            language = language_of(session, services.tokens, Purpose.CONFIRM, token)
        if awaited.settled:
            return _confirmed(services, awaited.reader, language)
        return services.pages.html(
            "stay.html.j2" if awaited.stays else "confirm.html.j2",
            language=language,
            masked=masked(awaited.reader.email),
            agreed=CONFIRMING,
        )

    @api.post("/confirm/{token}")
    def confirm(token: str, request: Request) -> Response:
        with services.database.writing(OF_READERS) as session:
            reader = joining.confirm(
                session,
                services.tokens,
                token,
                clock=services.clock,
                keys=services.keys,
                record=services.record(request),
            )
            language = language_of(session, services.tokens, Purpose.CONFIRM, token)
        return _confirmed(services, reader, language)


def _confirmed(services: ReaderServices, reader: Reader, language: str) -> Response:
    token = services.tokens.sign(Purpose.PREFERENCES, reader.id)
    return services.pages.html("confirmed.html.j2", language=language, preferences_token=token)

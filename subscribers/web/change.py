"""The page behind the mail to a new address: a button that makes it the reader's."""

from __future__ import annotations

from fastapi import APIRouter, Response

from digest.db import OF_READERS
from subscribers.addresses import masked
from subscribers.choices.moving import Move, awaiting_move, move
from subscribers.tokens import Purpose
from subscribers.web.services import LOOK, ReaderServices


def add_change(api: APIRouter, services: ReaderServices) -> None:
    """Add /change/TOKEN."""

    @api.api_route("/change/{token}", methods=LOOK)
    def look(token: str) -> Response:
        with services.database.reading() as session:
            return _page(services, awaiting_move(session, services.tokens, token))

    @api.post("/change/{token}")
    def change(token: str) -> Response:
        with services.database.writing(OF_READERS) as session:
            made = move(session, services.tokens, token, clock=services.clock, keys=services.keys)
        return _page(services, made)


def _page(services: ReaderServices, asked: Move) -> Response:
    if not asked.done:
        return services.pages.html("change.html.j2", language=asked.language, masked=masked(asked.address))
    return services.pages.html(
        "changed.html.j2",
        language=asked.language,
        masked=masked(asked.address),
        preferences_token=services.tokens.sign(Purpose.PREFERENCES, asked.reader),
    )

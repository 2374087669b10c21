"""What a reader has a right to: to see all that is kept about them, to take it along, and to be erased."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response

from digest.db import OF_READERS
from subscribers import preferences
from subscribers.addresses import masked
from subscribers.choices.keeping import kept
from subscribers.choices.telling import in_words
from subscribers.tokens import Purpose
from subscribers.web.services import LOOK, ReaderServices


def add_own_data(api: APIRouter, services: ReaderServices) -> None:
    """Add /preferences/TOKEN/data and /preferences/TOKEN/erase.

    The page says it in words, on the reader's clock, with addresses masked, as all pages do, since an issue's
    links travel with it when it is handed on. The file, which takes a press of the button, is exact and has
    them in full.
    """
    _add_data(api, services)
    _add_erase(api, services)


def _add_data(api: APIRouter, services: ReaderServices) -> None:
    @api.api_route("/preferences/{token}/data", methods=LOOK)
    def look(token: str) -> Response:
        found = _kept(services, token)
        reader = found.pop("reader")
        language = reader["language"]
        zone = ZoneInfo(reader["zone"]) if reader["zone"] else services.zone
        return services.pages.html(
            "owndata.html.j2",
            language=language,
            token=token,
            zone=zone.key.replace("_", " "),
            reader=in_words(_masked(reader), language, zone),
            lists={name: [in_words(_masked(one), language, zone) for one in found[name]] for name in found},
        )

    @api.post("/preferences/{token}/data")
    def download(token: str) -> Response:
        text = json.dumps(_kept(services, token), ensure_ascii=False, indent=2)
        return Response(
            f"{text}\n",
            media_type="application/json",
            headers={"Content-Disposition": 'attachment; filename="my-data.json"'},
        )


def _add_erase(api: APIRouter, services: ReaderServices) -> None:
    @api.api_route("/preferences/{token}/erase", methods=LOOK)
    def look(token: str) -> Response:
        with services.database.reading() as session:
            row = preferences.reader_row(session, services.tokens, token)
        return services.pages.html(
            "erase.html.j2",
            language=row.language,
            token=token,
            masked=masked(row.address),
            unsubscribe_token=services.tokens.sign(Purpose.UNSUBSCRIBE, row.public_id),
        )

    @api.post("/preferences/{token}/erase")
    def erase(token: str) -> Response:
        with services.database.writing(OF_READERS) as session:
            language = preferences.reader_row(session, services.tokens, token).language
            preferences.erase(
                session,
                services.tokens,
                token,
                clock=services.clock,
                keys=services.keys,
                forget=services.forget,
            )
        services.database.fold()
        return services.pages.html("erased.html.j2", language=language)


def _kept(services: ReaderServices, token: str) -> dict[str, Any]:
    with services.database.reading() as session:
        return kept(session, services.tokens, token, keys=services.keys, elsewhere=services.elsewhere)


def _masked(record: dict[str, Any]) -> dict[str, Any]:
    return {name: masked(value) if name in ("address", "email") else value for name, value in record.items()}

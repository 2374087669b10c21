"""The page where a reader chooses: the name we use, a pause."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from digest.errors import BadInput
from digest.web.forms import SmallForm
from subscribers import pausing, preferences
from subscribers.addresses import masked
from subscribers.tokens import Purpose
from subscribers.values import Reader
from subscribers.web.services import LOOK, ReaderServices


def add_preferences(api: APIRouter, services: ReaderServices) -> None:
    """Add /preferences/TOKEN."""

    @api.api_route("/preferences/{token}", methods=LOOK)
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

"""The page where a reader chooses: what comes, when and where to, the name we use, a pause."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from digest.db import OF_READERS
from digest.errors import BadInput
from digest.frames import LANGUAGES, day_in_words, said
from digest.web.forms import TickedForm
from subscribers import pausing, preferences, store
from subscribers.addresses import masked, parse_address
from subscribers.choices.choosing import OUT_OF_DATE, choose, first, read_choices
from subscribers.choices.moving import MAY_MOVE, ask_to_move
from subscribers.choices.values import EVERY_WEEKS, HOURS, Choices, choices_of
from subscribers.choices.zones import UnknownZone, zone_names
from subscribers.rows import SubscriberRow
from subscribers.tokens import Purpose
from subscribers.web.services import LOOK, ReaderServices

Fields = Mapping[str, Sequence[str]]
_NOTHING: Fields = MappingProxyType({})


def add_preferences(api: APIRouter, services: ReaderServices) -> None:
    """Add /preferences/TOKEN. Each of its forms changes one part of the page and comes back to it."""

    @api.api_route("/preferences/{token}", methods=LOOK)
    def look(token: str) -> Response:
        return _page(services, token)

    @api.post("/preferences/{token}")
    def save(token: str, fields: TickedForm) -> Response:
        part = next((name for name in _PARTS if name in fields), None)
        if part is None:
            # Not even an empty name came: it is no form of this page.
            return _page(services, token, error=OUT_OF_DATE)
        try:
            with services.database.writing(OF_READERS) as session:
                _PARTS[part](session, services, token, fields)
        except BadInput as error:
            failed = "zone" if isinstance(error, UnknownZone) else part
            return _page(services, token, part, str(error), fields, failed)
        return _page(services, token, part, typed=fields)


def _rename(session: Session, services: ReaderServices, token: str, fields: Fields) -> None:
    preferences.rename(session, services.tokens, token, first(fields, "name"), clock=services.clock)


def _choose(session: Session, services: ReaderServices, token: str, fields: Fields) -> None:
    row = preferences.reader_row(session, services.tokens, token, lock=True)
    choices = read_choices(fields, _offered(session, services, row))
    choose(session, services.tokens, token, choices, clock=services.clock)


def _pause(session: Session, services: ReaderServices, token: str, fields: Fields) -> None:
    """Do as the button says: a number of weeks, ``date`` for the day in ``until``, or ``resume``."""
    if first(fields, "pause") == "resume":
        pausing.resume(session, services.tokens, token, clock=services.clock)
        return
    until = _chosen_day(fields, _today(services))
    pausing.pause(session, services.tokens, token, until, clock=services.clock, zone=services.zone)


def _move(session: Session, services: ReaderServices, token: str, fields: Fields) -> None:
    address = parse_address(first(fields, "email"))
    ask_to_move(session, services.tokens, token, address, clock=services.clock, keys=services.keys)


# What the button of each form is called, and what it does.
_PARTS: Mapping[str, Callable[[Session, ReaderServices, str, Fields], None]] = MappingProxyType(
    {"pause": _pause, "choices": _choose, "address": _move, "name": _rename}
)


def _page(
    services: ReaderServices,
    token: str,
    changed: str | None = None,
    error: str | None = None,
    typed: Fields = _NOTHING,
    failed: str | None = None,
) -> Response:
    """Return the page as it stands; ``changed`` is the part that was just saved, or has an error.

    What was typed into a form with an error stays in it; ``failed`` names the place that shows the error.
    """
    today = _today(services)
    with services.database.reading() as session:
        row = preferences.reader_row(session, services.tokens, token)
        offered = _offered(session, services, row)
    reader, language = store.reader_of(row, services.clock.now()), row.language
    until = reader.paused_until and reader.paused_until.astimezone(services.zone).date()
    own = typed if error else _NOTHING
    return services.pages.html(
        "preferences.html.j2",
        status=422 if error else 200,
        language=language,
        token=token,
        masked=masked(reader.email),
        standing=reader.status.value,
        may_move=reader.status in MAY_MOVE,
        every_weeks=row.every_weeks,
        name=reader.name or "",
        email=first(own, "email"),
        asked=masked(first(typed, "email").strip()),
        chosen=_typed_choices(typed)
        if error and changed == "choices"
        else _as_fields(choices_of(row), services),
        offered={
            "language": LANGUAGES,
            "interest": offered,
            "every_weeks": EVERY_WEEKS,
            "hour": HOURS,
            "zone": zone_names(),
        },
        paused_until=day_in_words(language, until) if until else None,
        weeks=pausing.WEEKS,
        first_day=(today + timedelta(days=1)).isoformat(),
        last_day=(today + pausing.LONGEST).isoformat(),
        unsubscribe_token=services.tokens.sign(Purpose.UNSUBSCRIBE, reader.id),
        changed=changed,
        failed=failed,
        error=error and said(language, error),
    )


def _as_fields(choices: Choices, services: ReaderServices) -> Fields:
    """Return choices as their form would send them; the house's zone is suggested to who named none."""
    return {
        "language": (choices.language,),
        "interest": choices.interests,
        "every_weeks": (str(choices.every_weeks),),
        "hour": ("" if choices.hour is None else str(choices.hour),),
        "zone": (choices.zone or services.zone.key,),
    }


def _typed_choices(fields: Fields) -> Fields:
    """Return the fields of the choices as they came; boxes of which none is ticked send nothing."""
    return {name: fields.get(name, ()) for name in ("language", "interest", "every_weeks", "hour", "zone")}


def _offered(session: Session, services: ReaderServices, row: SubscriberRow) -> list[str]:
    """Return the categories to choose among: the catalogue's, and those the reader chose when it had them."""
    return sorted({*services.categories(session), *choices_of(row).interests})


def _chosen_day(fields: Fields, today: date) -> date:
    weeks = {str(number): number for number in pausing.WEEKS}
    if (chosen := first(fields, "pause")) in weeks:
        return today + timedelta(weeks=weeks[chosen])
    try:
        return date.fromisoformat(first(fields, "until"))
    except ValueError:
        raise BadInput("write the day as year, month and day, like 2027-01-15") from None


def _today(services: ReaderServices) -> date:
    return services.clock.now().astimezone(services.zone).date()

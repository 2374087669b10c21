"""Requests to join from outside: the bounds they must pass, and the record of what was agreed to."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from digest.clock import Clock
from digest.db import OF_READERS, Database
from digest.frames import ENGLISH
from digest.keyed import stand_in
from digest.settings import LimitsSettings
from subscribers import joining
from subscribers.abuse import surge
from subscribers.abuse.clients import IpAddress
from subscribers.abuse.limits import Limits
from subscribers.addresses import Address
from subscribers.consent import Form

__all__ = ["Door", "Form", "LetIn", "Request", "client_hash"]

_LOG = logging.getLogger(__name__)

_BEYOND = "beyond [limits] {}"
# What a record says of words that stood on a form we did not show.
_NOT_OURS = "by the caller, who vouches for it"


@dataclass(frozen=True, slots=True)
class Request:
    """One request to join. ``client`` is where it came from, None if unknown.

    ``once`` names a stamp that may be used a single time (``abuse.stamps``). ``agreed`` is the text that
    stood on the form, None where it was none of ours; ``language`` is the one to write to them in.
    """

    address: Address
    name: str | None
    form: Form
    client: IpAddress | None = None
    once: str | None = None
    agreed: str | None = None
    language: str = ENGLISH


@dataclass(frozen=True, slots=True)
class LetIn:
    """What came of a request: an answer, or None and in words what held it up."""

    answer: joining.Answer | None
    held_up: str = ""


class Door:
    """Lets requests in as far as the limits allow; the same for page, widget, API and mail."""

    def __init__(
        self, database: Database, clock: Clock, keys: Sequence[str], settings: LimitsSettings
    ) -> None:
        self._database = database
        self._clock = clock
        self._keys = keys
        self._settings = settings
        self._limits = Limits(settings, keys)

    def ask(self, request: Request) -> None:
        """Let a request in, in a transaction of its own. Call it after the answer, which waits for nothing.

        What is not acted upon is logged, without the address. Nothing is raised: nobody waits for it.
        """
        try:
            held_up = self._beyond(request)
            if held_up is None:
                with self._database.writing(OF_READERS) as session:
                    held_up = self.let_in(session, request).held_up
        except SQLAlchemyError as error:
            # Only its kind: the full text would carry the address into the log (law 7).
            _LOG.error("a sign-up could not be stored: %s", type(error).__name__)
            return
        if held_up:
            _LOG.info("a sign-up by %s was not acted upon: %s", request.form, held_up)

    def let_in(self, session: Session, request: Request) -> LetIn:
        """Count a request and sign its address up, unless it is beyond a bound."""
        now = self._clock.now()
        if request.once and self._limits.used(session, self._clock, request.once):
            return LetIn(None, "the proof of work was used before")
        by_mail = request.form is Form.MAIL
        beyond = self._limits.exceeded(
            session, self._clock, address=request.address, client=request.client, by_mail=by_mail
        )
        if beyond:
            return LetIn(None, _BEYOND.format(beyond))
        try:
            # Mail has its own narrow bounds, and forged mail must not slow down those who fill the form.
            due = now if by_mail else surge.due(session, self._settings, now)
        except surge.Overrun:
            return LetIn(None, "more confirmations wait than [limits] surge_pace sends in a day")
        answer = joining.sign_up(
            session,
            request.address,
            name=request.name,
            clock=self._clock,
            keys=self._keys,
            form=request.form,
            language=request.language,
            record=self._record(request),
            due=due,
        )
        return LetIn(answer)

    def _beyond(self, request: Request) -> str | None:
        """Return a bound that is used up, found without writing: a flood must not hold up the sender."""
        with self._database.reading() as session:
            kind = self._limits.full(
                session,
                self._clock,
                address=request.address,
                client=request.client,
                by_mail=request.form is Form.MAIL,
            )
        return kind and _BEYOND.format(kind)

    def _record(self, request: Request) -> dict[str, str]:
        record = {}
        if request.agreed is not None:
            record["agreed"] = request.agreed
        elif request.form is not Form.MAIL:
            record["shown"] = _NOT_OURS
        if request.client is not None:
            record["client"] = client_hash(self._keys, request.client)
        return record


def client_hash(keys: Sequence[str], client: IpAddress) -> str:
    """Return what a record of consent keeps of where a request came from: a keyed hash, 32 hex digits."""
    return stand_in(keys[0], "consent", str(client))

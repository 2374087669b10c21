"""One message to one address of ours, brought to the room that knows what to do with it.

Its effect is committed when ``deliver`` returns, so whoever handed the message over may forget it then.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from traceback import extract_tb
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from digest.clock import Clock
from digest.db import Database
from digest.secrets import secret_keys
from digest.settings import Settings
from subscribers import asking
from subscribers.abuse.clients import IpAddress
from subscribers.mailin.doors import Door, Doors, Recipient
from subscribers.mailin.reading import read
from subscribers.mailin.receiving import Done, Received, receive
from subscribers.mailin.tags import read_leaving_tag
from subscribers.tokens import BadToken, Tokens

log = logging.getLogger(__name__)


class ReceiveBounce(Protocol):
    """What reads a bounce or a complaint; ``str()`` of the answer goes to the log and holds no address."""

    def __call__(
        self,
        session: Session,
        message: bytes,
        recipient: str,
        *,
        tokens: Tokens,
        clock: Clock,
        keys: Sequence[str],
    ) -> object: ...


@dataclass(frozen=True, slots=True)
class Bounces:
    """The address that bounces come back to, and who reads them."""

    address: str
    receive: ReceiveBounce


class Delivered(Enum):
    """What became of a message: done with, or something only a person could understand."""

    DONE = auto()
    NOT_UNDERSTOOD = auto()


@dataclass(frozen=True, slots=True)
class Router:
    """Knows our addresses and who serves them; ``Router.of`` builds it from the settings."""

    database: Database
    clock: Clock
    keys: tuple[str, ...]
    tokens: Tokens
    doors: Doors
    entrance: asking.Door
    authserv_id: str | None = None
    bounces: Bounces | None = None

    @classmethod
    def of(
        cls, settings: Settings, database: Database, clock: Clock, bounces: Bounces | None = None
    ) -> Router:
        """Return the router these settings describe; raises SettingsError."""
        keys = secret_keys(settings)
        doors = Doors.of(settings, None if bounces is None else bounces.address)
        entrance = asking.Door(database, clock, keys, settings.limits)
        tokens = Tokens(keys, clock)
        return cls(database, clock, keys, tokens, doors, entrance, settings.mailin.authserv_id, bounces)

    def accepts(self, address: str) -> bool:
        """Tell whether mail to this address is for us; asks no database."""
        recipient = self.doors.find(address)
        if recipient is None:
            return False
        if recipient.door is Door.UNSUBSCRIBE and recipient.tag:
            try:
                read_leaving_tag(self.keys, recipient.tag)
            except BadToken:
                return False
        return True

    def deliver(
        self, sender: str | None, address: str, message: bytes, client: IpAddress | None = None
    ) -> Delivered:
        """Do what the message asks for, committed on return; the same message again does no harm.

        ``sender`` is that of the envelope, "" for the null sender, None if unknown; ``client`` is the machine
        that brought it, None for a mail server of our own. An address that is not ours is not understood.
        Raises SQLAlchemyError with nothing done when the database cannot be used.
        """
        recipient = self.doors.find(address)
        if recipient is None:
            return Delivered.NOT_UNDERSTOOD
        if recipient.door is Door.BOUNCES:
            log.info("bounces: %s", self._bounced(address, message))
            return Delivered.DONE
        received = self._received(recipient, sender, message, client)
        log.info("%s", received)
        return Delivered.NOT_UNDERSTOOD if received.done is Done.NOT_UNDERSTOOD else Delivered.DONE

    def _received(
        self, recipient: Recipient, sender: str | None, message: bytes, client: IpAddress | None
    ) -> Received:
        mail = read(message)
        with self.database.writing() as session:
            return receive(
                session,
                mail,
                recipient,
                sender,
                doors=self.doors,
                authserv_id=self.authserv_id,
                clock=self.clock,
                keys=self.keys,
                entrance=self.entrance,
                client=client,
            )

    def _bounced(self, address: str, message: bytes) -> object:
        # There is no such door without somebody behind it.
        assert self.bounces is not None
        with self.database.writing() as session:
            return self.bounces.receive(
                session, message, address, tokens=self.tokens, clock=self.clock, keys=self.keys
            )


def say_failure(error: BaseException) -> None:
    """Log what kept a message from being handled, by its kind: the words may quote what somebody wrote."""
    kind = type(error).__name__
    if isinstance(error, SQLAlchemyError):
        log.error("the database failed (%s); the message will be tried again", kind)
        return
    frames = extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    log.error("a message could not be handled (%s%s); please report it", kind, place)

"""What the readers' pages work with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

from fastapi import Request
from sqlalchemy.orm import Session

from digest.clock import Clock
from digest.db import Database
from digest.settings import LimitsSettings, WebSettings
from digest.web.pages import Pages
from subscribers.abuse.clients import IpAddress, client_address
from subscribers.abuse.stamps import Stamps
from subscribers.asking import Door, client_hash
from subscribers.choices.keeping import Elsewhere, nothing_elsewhere
from subscribers.tokens import Tokens

# GET and HEAD never change anything (law 6): scanners follow every link in a mail.
LOOK = ["GET", "HEAD"]
# What is stored after an answer holds up the connection it came on; a closed one tells nothing by its time.
NOTHING_FOLLOWS = {"Connection": "close"}


@dataclass(frozen=True)
class ReaderServices:
    """``jobs.app`` builds it. Days begin and end in ``zone``.

    What other rooms know comes in as functions: the ``categories`` a reader may choose among, what is kept
    ``elsewhere`` of a reader, and how to ``forget`` it there.
    """

    database: Database
    clock: Clock
    tokens: Tokens
    keys: Sequence[str]
    pages: Pages
    zone: ZoneInfo
    limits: LimitsSettings = field(default_factory=LimitsSettings)
    trusted_proxies: Sequence[str] = WebSettings().trusted_proxies
    categories: Callable[[Session], Sequence[str]] = lambda session: ()
    elsewhere: Elsewhere = nothing_elsewhere
    forget: Callable[[Session, str], None] = lambda session, reader: None

    @cached_property
    def door(self) -> Door:
        """Where requests to join are let in."""
        return Door(self.database, self.clock, self.keys, self.limits)

    @cached_property
    def stamps(self) -> Stamps:
        """What forms are stamped with."""
        return Stamps(self.limits, self.keys, self.clock)

    def client(self, request: Request) -> IpAddress | None:
        """Return where a request came from, None if that is not known."""
        host = request.client.host if request.client else None
        return client_address(host, self.trusted_proxies)

    def record(self, request: Request) -> dict[str, str]:
        """Return what the proof of a reader's consent keeps of a request."""
        client = self.client(request)
        return {} if client is None else {"client": client_hash(self.keys, client)}

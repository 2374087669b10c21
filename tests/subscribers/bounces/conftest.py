"""A reader who got an issue and has a bounce address, and a way to hand in what came back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest

from digest.clock import FixedClock
from digest.db import Database
from digest.settings import BounceSettings
from subscribers import store
from subscribers.bounces import Received, receive
from subscribers.bounces.verp import BounceTokens, Mail, Sort
from subscribers.events import timeline
from subscribers.rows import SubscriberRow
from subscribers.tokens import Purpose, Tokens
from tests.subscribers.bounces.cases import sample

BOUNCES = "bounces@news.example.com"


@dataclass(frozen=True)
class Returns:
    """One confirmed reader, and mail to them that comes back."""

    database: Database
    clock: FixedClock
    keys: tuple[str, ...]
    tokens: Tokens
    public_id: str

    @property
    def row(self) -> SubscriberRow:
        with self.database.reading() as session:
            row = store.find_by_public_id(session, self.public_id)
        assert row is not None
        return row

    def mail(self, day: date | None = None, *, notice: int | None = None) -> Mail:
        """Return the mail that was sent on a day: today's issue, unless said otherwise."""
        sort, number = (Sort.ISSUE, 202647) if notice is None else (Sort.NOTICE, notice)
        return Mail(sort, number, self.row.id, day or self.clock.at.date())

    def address(self, mail: Mail | None = None) -> str:
        return BounceTokens(self.keys).sender(BOUNCES, mail or self.mail())

    def take(
        self, message: bytes, recipient: str | None = None, settings: BounceSettings | None = None
    ) -> Received:
        """Hand in a message as it came, and return what was made of it."""
        with self.database.writing() as session:
            return receive(
                session,
                message,
                self.address() if recipient is None else recipient,
                tokens=self.tokens,
                clock=self.clock,
                keys=self.keys,
                settings=settings or BounceSettings(),
            )

    def sample(self, name: str, mail: Mail | None = None) -> bytes:
        unsubscribe = self.tokens.sign(Purpose.UNSUBSCRIBE, self.public_id)
        return sample(name, verp=self.address(mail), unsubscribe=unsubscribe)

    def told(self) -> list[str]:
        """Return what the reader's timeline tells since they came, in words."""
        with self.database.reading() as session:
            return [one.what.value for one in timeline(session, self.row.id)][1:]


@pytest.fixture
def returns(
    database: Database, clock: FixedClock, keys: tuple[str, ...], tokens: Tokens, add: Callable[..., str]
) -> Returns:
    return Returns(database, clock, keys, tokens, add())

"""Deliveries as plain values: what the ledger hands to the engine and takes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from subscribers.store import Contact


class State(StrEnum):
    """Where a delivery stands (law 4). SENT, FAILED and UNKNOWN are final as far as the engine goes."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"

    # Enum's own is written in Python, and results are counted by their states.
    __hash__ = str.__hash__


class Delivery(NamedTuple):
    """A delivery that is due. ``attempts`` counts the tries the server judged, or may have.

    ``edition_id`` is what was frozen for the reader, None for the issue's own bytes.
    """

    id: int
    reader_id: int
    attempts: int
    first_try_at: datetime | None
    next_try_at: datetime
    edition_id: int | None = None


# Deliveries that are about to be sent, by id: each with the name of the server that is to get it.
Marks = Mapping[int, str]


class Letter(NamedTuple):
    """A delivery that is due. ``contact`` is None when the reader may not be mailed any more."""

    delivery: Delivery
    contact: Contact | None


class Result(NamedTuple):
    """What became of a delivery: its new state and the columns that go with it.

    PENDING puts it off until ``next_try_at``. ``reply`` holds no address (``jobs.sending.replies``);
    ``relay`` is the name of the server that was asked (``jobs.sending.relay``), None where none was.
    """

    delivery_id: int
    state: State
    attempts: int
    first_try_at: datetime | None
    next_try_at: datetime
    code: int | None = None
    reply: str | None = None
    relay: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many deliveries of one issue stand where."""

    pending: int = 0
    sending: int = 0
    sent: int = 0
    failed: int = 0
    unknown: int = 0

    @property
    def audience(self) -> int:
        """Everybody the issue was frozen for."""
        return self.pending + self.sending + self.sent + self.failed + self.unknown

    @property
    def settled(self) -> bool:
        """Whether nobody waits any more."""
        return not self.pending and not self.sending

    def json(self) -> dict[str, int]:
        """Return the counts in the words of the JSON interface."""
        states = {state.value: getattr(self, state.value) for state in State}
        return {"audience": self.audience, **states}

    def summary(self) -> str:
        """Return one line for people; what is zero is left out, except for ``sent``."""
        words = ("failed", "unknown", "pending", "sending")
        rest = [f"{getattr(self, word)} {word}" for word in words if getattr(self, word)]
        return ", ".join([f"{self.sent} of {self.audience} sent", *rest])


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a listing: a delivery and the server's last words on it."""

    id: int
    reader_id: int
    edition_id: int | None
    state: State
    attempts: int
    code: int | None
    reply: str | None
    relay: str | None
    first_try_at: datetime | None
    next_try_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """What a run of a send-out last told of itself.

    ``alive_at`` is its last sign of life, ``ended_at`` is set once it ended in good order. ``answered``
    counts the deliveries of this run that the server judged, ``sent`` those it took. ``per_second`` is how
    many were settled a second, over the last ten. ``note`` says what it waits for, if the server asked.
    """

    issue_id: int
    began_at: datetime
    alive_at: datetime
    ended_at: datetime | None
    sent: int
    answered: int
    per_second: float
    note: str | None = None

    def columns(self) -> dict[str, Any]:
        """Return the columns of its row."""
        return asdict(self)

"""A reader as a plain value, and the words for where one stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """Where a reader stands. Only CONFIRMED readers are mailed an issue; see ``standing`` for PAUSED ones."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    PAUSED = "paused"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


# A reader in one of these may still be mailed something one day; from the others only the reader comes back.
ON_THE_LIST = (Status.PENDING, Status.CONFIRMED, Status.PAUSED)
SILENT = (Status.UNSUBSCRIBED, Status.BOUNCED, Status.COMPLAINED)


class Reason(StrEnum):
    """Why an address must never be mailed again."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    ERASED = "erased"
    OPERATOR = "operator"
    # Another service had barred the address, its export says.
    IMPORTED = "import"


# What a suppression makes of a reader who is on the list.
STATUS_AFTER = {
    Reason.BOUNCE: Status.BOUNCED,
    Reason.COMPLAINT: Status.COMPLAINED,
    Reason.ERASED: Status.UNSUBSCRIBED,
    Reason.OPERATOR: Status.UNSUBSCRIBED,
    Reason.IMPORTED: Status.UNSUBSCRIBED,
}
REASON_FOR = {Status.BOUNCED: Reason.BOUNCE, Status.COMPLAINED: Reason.COMPLAINT}


def standing(status: str, paused_until: datetime | None, now: datetime) -> Status:
    """Return where a reader stands at ``now``: a pause that is over has made them confirmed again."""
    over = status == Status.PAUSED and paused_until is not None and paused_until <= now
    return Status.CONFIRMED if over else Status(status)


@dataclass(frozen=True, slots=True)
class Reader:
    """One reader as they stand now. ``id`` is the public id, all that pages, logs and JSON may name.

    ``paused_until`` is None unless they are paused up to a day.
    """

    id: str
    email: str
    name: str | None
    status: Status
    joined_at: datetime
    paused_until: datetime | None = None

    def as_json(self) -> dict[str, str | None]:
        """Return the reader in the words of the JSON interface; times are ISO 8601 in UTC."""
        return {
            "id": self.id,
            "email": self.email,
            "name": self.name,
            "status": self.status.value,
            "joined_at": self.joined_at.isoformat(),
            "paused_until": None if self.paused_until is None else self.paused_until.isoformat(),
        }

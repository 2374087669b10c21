"""A reader as a plain value, and the words for where one stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """Where a reader stands. Only CONFIRMED readers are mailed an issue."""

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


# What a suppression makes of a reader who is on the list.
STATUS_AFTER = {
    Reason.BOUNCE: Status.BOUNCED,
    Reason.COMPLAINT: Status.COMPLAINED,
    Reason.ERASED: Status.UNSUBSCRIBED,
    Reason.OPERATOR: Status.UNSUBSCRIBED,
}
REASON_FOR = {Status.BOUNCED: Reason.BOUNCE, Status.COMPLAINED: Reason.COMPLAINT}


@dataclass(frozen=True, slots=True)
class Reader:
    """One reader. ``id`` is the public id, the only name that pages, logs and JSON may use."""

    id: str
    email: str
    name: str | None
    status: Status
    joined_at: datetime

    def as_json(self) -> dict[str, str | None]:
        """Return the reader in the words of the JSON interface; the time is ISO 8601 in UTC."""
        return {
            "id": self.id,
            "email": self.email,
            "name": self.name,
            "status": self.status.value,
            "joined_at": self.joined_at.isoformat(),
        }

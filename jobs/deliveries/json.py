"""A delivery as JSON; its reader by public id, never by address (law 7)."""

from __future__ import annotations

from typing import Any

from jobs.deliveries.values import Entry, State
from subscribers.store import Contact


def entry_json(entry: Entry, reader: Contact | None, edition: str | None) -> dict[str, Any]:
    """Return the JSON object of one delivery of ``edition``, by its name; an erased reader is null."""
    return {
        "reader": reader.public_id if reader else None,
        "edition": edition,
        "state": entry.state.value,
        "attempts": entry.attempts,
        "code": entry.code,
        "reply": entry.reply,
        "relay": entry.relay,
        "first_try_at": entry.first_try_at.isoformat() if entry.first_try_at else None,
        "next_try_at": entry.next_try_at.isoformat() if entry.state == State.PENDING else None,
        "updated_at": entry.updated_at.isoformat(),
    }

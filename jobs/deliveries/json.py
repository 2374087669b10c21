"""A delivery as JSON; its reader by public id, never by address (law 7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jobs.deliveries.values import Entry, State
from subscribers.store import Contact


def entry_json(
    entry: Entry, reader: Contact | None, edition: str | None, named: Callable[[str], str]
) -> dict[str, Any]:
    """Return the JSON object of one delivery of ``edition``, by its name; an erased reader is null.

    ``named`` gives the Message-ID by the reader's public id, to look for in a relay's log.
    """
    return {
        "reader": reader.public_id if reader else None,
        "message_id": named(reader.public_id) if reader else None,
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

"""Keys to the API: made, found again by their hash, revoked. The store takes a session and never commits.

A key is 256 random bits: nobody can guess one, and a plain SHA-256 cannot be turned back. The slow, salted
hashes are for passwords, which people choose. A look-up by hash is the same work for known and unknown keys,
and what its time could tell a stranger is about a hash, not about a key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_hex, token_urlsafe
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from digest.catalogue.rows import ApiKeyRow
from digest.errors import BadInput, NotFound, WrongState

_BYTES = 32
# The name stands in a tool's source, as api:NAME; without a dot it cannot be taken for a file's.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")
# The time of use is for a person's eyes; a write for each request would cost more than it says.
_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key, which is not the key. ``prefix`` is how it begins, to tell one from another."""

    name: str
    prefix: str
    created_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None

    @property
    def source(self) -> str:
        """What a tool that came with this key has for its source."""
        return f"api:{self.name}"

    def as_json(self) -> dict[str, Any]:
        """Return the key's JSON object."""
        return {
            "name": self.name,
            "prefix": self.prefix,
            "created_at": self.created_at.isoformat(),
            "used_at": self.used_at.isoformat() if self.used_at else None,
            "revoked_at": self.revoked_at.isoformat() if self.revoked_at else None,
        }

    def use_is_worth_noting(self, now: datetime) -> bool:
        """Whether the last noted use is long enough ago."""
        return self.used_at is None or now - self.used_at >= _NOTED_EVERY


def create_key(session: Session, name: str, now: datetime) -> tuple[str, ApiKey]:
    """Make a key and return it, for the only time, with what is kept of it.

    Raises BadInput for a name that cannot be kept, WrongState for one that was given before: a revoked key
    keeps its name, so that the source of a tool always says whose it was.
    """
    if not _NAME.fullmatch(name):
        raise BadInput(
            f"“{name[:60]}” cannot name a key; use up to 60 letters, digits, - and _, such as website"
        )
    known = _named(session, name)
    if known is not None:
        revoked = " and revoked" if known.revoked_at else ""
        raise WrongState(f"there is a key {name} already, made on {known.created_at:%Y-%m-%d}{revoked}")
    prefix = f"wv_{token_hex(4)}"
    key = f"{prefix}_{token_urlsafe(_BYTES)}"
    row = ApiKeyRow(name=name, prefix=prefix, key_hash=_hash(key), created_at=now)
    session.add(row)
    session.flush()
    return key, _api_key(row)


def find_key(session: Session, key: str) -> ApiKey | None:
    """Return the key that somebody shows, or None for one that is unknown or revoked."""
    row = session.scalar(
        select(ApiKeyRow).where(ApiKeyRow.key_hash == _hash(key), ApiKeyRow.revoked_at.is_(None))
    )
    return None if row is None else _api_key(row)


def note_use(session: Session, name: str, now: datetime) -> None:
    """Keep when a key was last used."""
    session.execute(update(ApiKeyRow).where(ApiKeyRow.name == name).values(used_at=now))


def listed_keys(session: Session) -> Iterator[ApiKey]:
    """Yield every key by name, revoked ones too."""
    return map(_api_key, session.scalars(select(ApiKeyRow).order_by(ApiKeyRow.name)))


def revoke_key(session: Session, name: str, now: datetime) -> ApiKey:
    """Revoke a key for good and return it; one that is revoked stays so. Raises NotFound."""
    row = _named(session, name)
    if row is None:
        raise NotFound(f"there is no key {name}; digest api-keys list shows them all")
    row.revoked_at = row.revoked_at or now
    return _api_key(row)


def _named(session: Session, name: str) -> ApiKeyRow | None:
    return session.scalar(select(ApiKeyRow).where(ApiKeyRow.name == name))


def _hash(key: str) -> str:
    # What is no key may hold what UTF-8 cannot carry; it must come out as unknown, not as an error.
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _api_key(row: ApiKeyRow) -> ApiKey:
    return ApiKey(row.name, row.prefix, row.created_at, row.used_at, row.revoked_at)

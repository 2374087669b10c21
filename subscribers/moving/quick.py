"""Addresses, names and times as most files have them, told at sight; all others are looked at closely.

Checking an address as ``subscribers.addresses`` does takes 50 times as long as matching it. What is matched
here is stricter than that check, so both say the same of it; a property test holds them together.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from subscribers.addresses import MAX_NAME, Address, clean_name, parse_address
from subscribers.moving.cells import typed

# No dot at an end or beside another, no "--" (which may begin an IDNA label), and a top-level domain of
# letters that is no special one (RFC 6761, 6762, 7686).
_USUAL = re.compile(
    r"(?=[^@]{1,64}@)[A-Za-z0-9_][A-Za-z0-9_+&'~#/=-]*(?:\.[A-Za-z0-9_+&'~#/=-]+)*"
    r"@(?=.{4,180}\Z)(?:(?=[^.]{1,63}\.)[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+"
    r"(?!(?i:arpa|invalid|local|localhost|onion|test|alt)\Z)[A-Za-z]{2,24}"
)

# Nobody agreed to one before; Go's zero time, for one, is in the year 1.
_NEWSLETTERS = datetime(1980, 1, 1, tzinfo=UTC)


def address_of(cell: str) -> tuple[str, str]:
    """Return display and key of the address in a cell (``Address``); raises BadInput as it does."""
    usual = _USUAL.fullmatch(cell)
    if usual is None:
        address: Address = parse_address(typed(cell.strip()))
        return address.display, address.key
    key = cell.lower()
    if key == cell:
        return cell, cell
    local, _, domain = cell.partition("@")
    return f"{local}@{domain.lower()}", key


def name_of(cell: str) -> str | None:
    """Return the name in a cell, None for none; raises BadInput like ``clean_name``."""
    if cell.isascii() and cell.isprintable() and cell[:1].isalpha() and len(cell) <= MAX_NAME:
        return cell.rstrip(" ")
    return clean_name(typed(cell.strip()))


def moment_of(cell: str, now: datetime) -> datetime | None:
    """Return the time in a cell (ISO 8601 or close to it, UTC if no zone is named), None if none is past."""
    text = cell.strip().removesuffix(" UTC").replace(" +", "+")
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if _NEWSLETTERS <= moment <= now else None

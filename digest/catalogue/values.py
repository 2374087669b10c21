"""What the catalogue holds, as plain values that the pure middle works on."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Verdict(StrEnum):
    """A reviewer says ship or skip; a panel may also be split."""

    SHIP = "ship"
    SKIP = "skip"
    SPLIT = "split"


@dataclass(frozen=True, slots=True)
class Take:
    """One reviewer's word on one tool. ``score`` is 0-100; None where no source says."""

    reviewer: str
    text: str
    score: int | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Community:
    """Readers' votes: either counts, or only the share that ships (``percent``), as the source has it."""

    ships: int | None = None
    skips: int | None = None
    percent: int | None = None


@dataclass(frozen=True, slots=True)
class Tool:
    """One listing. Texts are single paragraphs without control characters; None means no source says.

    ``link`` is the tool's own page, http or https. The last three are the desk's word: before
    ``embargoed_until`` no issue may have it, ``excluded`` says why none ever shall, ``pinned`` takes it in
    before all others.
    """

    slug: str
    name: str
    category: str | None = None
    tagline: str | None = None
    description: str | None = None
    pricing: str | None = None
    price_tier: str | None = None
    entry: str | None = None
    best_for: str | None = None
    link: str | None = None
    published_on: date | None = None
    stated_percent: int | None = None
    community: Community | None = None
    takes: tuple[Take, ...] = ()
    compared_with: tuple[str, ...] = ()
    embargoed_until: date | None = None
    excluded: str | None = None
    pinned: bool = False


def name_key(name: str) -> str:
    """Return what two spellings of one tool's name share: NFKC, case folded, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())

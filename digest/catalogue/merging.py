"""What happens when a tool from a source meets the listings of the same name. Pure.

A listing is one panel's review. A source that brings the same takes, or fewer, or more, speaks of the same
listing: what is missing is filled in. One that has another tagline, or another text by one of the reviewers,
reviews the same name anew: it is kept apart as a listing of its own, never mixed in.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import Any

from digest.catalogue.cleaning import text_key
from digest.catalogue.model import DESK
from digest.catalogue.pages.figures import Counts
from digest.catalogue.pages.side import price_tier
from digest.catalogue.takes import in_order, named, other_takes, paired
from digest.catalogue.values import Community, Take, Tool
from digest.phrases import vote_counts
from digest.text import excerpt

_SAID = 60


class Outcome(StrEnum):
    """What became of a tool that was brought in."""

    ADDED = "added"
    UNCHANGED = "unchanged"
    FILLED = "filled"
    UPDATED = "updated"
    APART = "kept apart"


class Rule(Enum):
    """How a field of a listing meets the same field from a source."""

    OWN = "the listing's; a source never changes it"
    IDENTITY = "a gap is filled; a difference makes it another listing"
    FACT = "a gap is filled; a difference is said and not taken, unless updating"
    DERIVED = "follows from other fields"
    TAKES = "take by take; another text by the same reviewer makes it another listing"


RULES: Mapping[str, Rule] = {
    "slug": Rule.OWN,
    "name": Rule.OWN,
    "category": Rule.FACT,
    "tagline": Rule.IDENTITY,
    "description": Rule.FACT,
    "pricing": Rule.FACT,
    "price_tier": Rule.DERIVED,
    "entry": Rule.FACT,
    "best_for": Rule.FACT,
    "link": Rule.FACT,
    "published_on": Rule.OWN,
    "stated_percent": Rule.FACT,
    "community": Rule.FACT,
    "takes": Rule.TAKES,
    "compared_with": Rule.OWN,
    "embargoed_until": Rule.OWN,
    "excluded": Rule.OWN,
    "pinned": Rule.OWN,
}
_FACTS = tuple(field for field, rule in RULES.items() if rule in (Rule.FACT, Rule.IDENTITY))


@dataclass(frozen=True, slots=True)
class Listing:
    """A tool as it stands in the catalogue, and the source it first came from."""

    tool: Tool
    source: str


@dataclass(frozen=True, slots=True)
class Meeting:
    """What came of it. ``met`` is the place of the listing concerned; None for a new one.

    ``remarks`` are sentences on what was not simply taken over.
    """

    outcome: Outcome
    tool: Tool
    met: int | None = None
    remarks: tuple[str, ...] = ()


def meet(
    tool: Tool, listings: Sequence[Listing], source: str, reviewers: Sequence[str], *, update: bool = False
) -> Meeting:
    """Return what becomes of ``tool``, read from ``source``, given all listings of its name.

    ``reviewers`` is the order takes are kept in.
    With ``update`` the source wins over the listing it speaks of: its facts are taken, and where it brings
    another review, that one replaces the listing's. What it does not know never erases what is known.
    """
    takes = in_order(tool.takes, reviewers)
    if takes != tool.takes:
        tool = replace(tool, takes=takes)
    if not listings:
        return Meeting(Outcome.ADDED, tool)

    def kinship(place: int) -> int:
        return _shared(listings[place].tool, tool)

    same = [place for place, listing in enumerate(listings) if not contradictions(listing.tool, tool)]
    if same:
        return _merge(listings, tool, max(same, key=kinship), reviewers, update)
    if update:
        own = [place for place, listing in enumerate(listings) if listing.source == source]
        return _replace(listings, tool, max(own or range(len(listings)), key=kinship), reviewers)
    old = listings[0].tool
    remark = (
        f"{old.slug} holds a different review ({', '.join(contradictions(old, tool))}); "
        "--update would have replaced that one"
    )
    return Meeting(Outcome.APART, tool, None, (remark,))


def overwrite(
    old: Listing, tool: Tool, source: str, reviewers: Sequence[str], desk: Collection[str] = DESK
) -> Meeting:
    """Return what becomes of a listing when the editor's own file says what it is: just that.

    Only the slug stays, and the day of publication where the file gives none. ``desk`` names those of DESK
    that the file decides; of the others the desk's word stands.
    """
    kept: dict[str, Any] = {field: getattr(old.tool, field) for field in DESK if field not in desk}
    new = replace(
        tool,
        slug=old.tool.slug,
        published_on=tool.published_on or old.tool.published_on,
        takes=in_order(tool.takes, reviewers),
        compared_with=old.tool.compared_with,
        **kept,
    )
    if new == old.tool:
        return Meeting(Outcome.UNCHANGED, new, 0)
    remarks = () if old.source == source else (f"replaces what {old.source} said of {new.slug}",)
    return Meeting(Outcome.UPDATED, new, 0, remarks)


def contradictions(old: Tool, new: Tool) -> list[str]:
    """Return in words why two reviews are not of one listing; empty if they may be."""
    found = ["another tagline"] if _differ(old.tagline, new.tagline) else []
    reviewers = other_takes(old.takes, new.takes)
    return [*found, f"other takes by {', '.join(reviewers)}"] if reviewers else found


def _shared(old: Tool, new: Tool) -> int:
    """Return how much speaks for the two being one listing."""
    both = sum(one is not None and other is not None for one, other in paired(old.takes, new.takes))
    return 2 * both + (
        old.tagline is not None and new.tagline is not None and not _differ(old.tagline, new.tagline)
    )


def _merge(
    listings: Sequence[Listing], new: Tool, place: int, reviewers: Sequence[str], update: bool
) -> Meeting:
    old = listings[place].tool
    changes: dict[str, Any] = {}
    remarks: list[str] = []
    for field in _FACTS:
        mine, theirs = getattr(old, field), getattr(new, field)
        changes[field] = _fact(field.replace("_", " "), mine, theirs, update, remarks)
    takes = [_take(one, other, update, remarks) for one, other in paired(old.takes, new.takes)]
    tier = _tier((new, old) if update else (old, new), changes["entry"], changes["pricing"])
    merged = replace(old, **changes, price_tier=tier, takes=in_order(takes, reviewers))
    if merged == old:
        return Meeting(Outcome.UNCHANGED, old, place, tuple(remarks))
    return Meeting(Outcome.UPDATED if update else Outcome.FILLED, merged, place, tuple(remarks))


def _replace(listings: Sequence[Listing], new: Tool, place: int, reviewers: Sequence[str]) -> Meeting:
    """Put another review into a listing: its takes, and its facts as far as it knows them."""
    old = listings[place].tool
    changes = {field: _either(getattr(new, field), getattr(old, field)) for field in _FACTS}
    # The old percentage was the old panel's.
    changes["stated_percent"] = new.stated_percent
    takes = [_take(one, other, True, []) for one, other in paired(old.takes, new.takes) if other is not None]
    tier = _tier((new, old), changes["entry"], changes["pricing"])
    remark = f"replaces the review that {old.slug} held ({', '.join(contradictions(old, new))})"
    merged = replace(old, **changes, price_tier=tier, takes=in_order(takes, reviewers))
    return Meeting(Outcome.UPDATED, merged, place, (remark,))


def _fact(what: str, mine: Any, theirs: Any, update: bool, remarks: list[str]) -> Any:
    """Return the value of a fact; a difference goes to ``remarks``."""
    if mine is None or theirs is None:
        return _either(mine, theirs)
    if isinstance(mine, Community) and _agree(mine, theirs):
        return theirs if mine.ships is None else mine
    if _differ(mine, theirs):
        remarks.append(
            f"{what} “{_short(theirs)}” replaces “{_short(mine)}”"
            if update
            else f"{what} stays “{_short(mine)}”; this source says “{_short(theirs)}”"
        )
    return theirs if update else mine


def _take(mine: Take | None, theirs: Take | None, update: bool, remarks: list[str]) -> Take:
    """Return two printings of one take as one."""
    if mine is None or theirs is None:
        take = mine or theirs
        assert take is not None
        return take
    take = named(mine, theirs)
    return replace(
        take,
        score=_fact(f"the {take.reviewer}'s score", mine.score, theirs.score, update, remarks),
        verdict=_fact(f"the {take.reviewer}'s verdict", mine.verdict, theirs.verdict, update, remarks),
    )


def _tier(tools: Sequence[Tool], entry: str | None, pricing: str | None) -> str | None:
    """Return the price tier: the first that was written by hand, else what entry and pricing make of it."""
    for tool in tools:
        if tool.price_tier not in (None, price_tier(tool.entry, tool.pricing)):
            return tool.price_tier
    return price_tier(entry, pricing)


def _either(first: Any, second: Any) -> Any:
    return second if first is None else first


def _differ(mine: Any, theirs: Any) -> bool:
    if isinstance(mine, str) and isinstance(theirs, str):
        return text_key(mine) != text_key(theirs)
    return mine is not None and theirs is not None and mine != theirs


def _agree(mine: Community, theirs: Community) -> bool:
    """Whether one side counts votes, the other only states their share, and both come to the same."""
    return (mine.ships is None) != (theirs.ships is None) and _percent(mine) == _percent(theirs)


def _percent(votes: Community) -> int | None:
    if votes.ships is None or votes.skips is None:
        return votes.percent
    return Counts(votes.ships, votes.skips).percent


def _short(value: Any) -> str:
    if isinstance(value, Community):
        return vote_counts(value)
    return excerpt(str(value), _SAID)

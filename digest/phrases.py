"""Short facts as cards and tables say them, and the words for what nobody says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from digest.catalogue.values import Community, Tool
from digest.frames import ENGLISH, frame
from digest.panel import Basis, share_of, tally
from digest.text import excerpt

NOT_STATED, NO_PRICE = "Not stated", "Price not stated"
_ENGLISH = frame(ENGLISH)
_SHARE = "%(percent)d%% ship"

# Words that open a price's condition and are no names, so that they may follow a comma in lower case.
_PLAIN_OPENINGS = {"Credits", "From", "Monthly", "Open", "Paid", "Pay", "Per", "Starting", "Usage", "Weights"}


@dataclass(frozen=True, slots=True)
class Phrase:
    """A short fact: ``strong`` in bold, then ``rest`` with its comma or space; a gap has ``known`` false."""

    strong: str
    rest: str = ""
    known: bool = True

    def __str__(self) -> str:
        return self.strong + self.rest

    def plain(self) -> Phrase:
        """Return the same without bold."""
        return Phrase("", str(self), self.known)


def panel_caption(tool: Tool, said: Mapping[str, str] = _ENGLISH) -> str:
    """Return what stands under a card's verdict: "3 of 4 reviewers ship", or what is known instead.

    ``said`` is the frame of the language to say it in.
    """
    own = tally(tool)
    ship = "ships" if own.ships == 1 else "ship"
    match own.basis:
        case Basis.COUNTED:
            who = "reviewer" if own.voted == 1 else "reviewers"
        case Basis.STATED:
            return said["%(percent)d%% of the panel ships"] % {"percent": own.percent}
        case Basis.KNOWN:
            who = "known vote" if own.voted == 1 else "known votes"
        case Basis.NOTHING:
            return said["No panel verdict yet"]
    return said[f"%(ships)d of %(voted)d {who} {ship}"] % {"ships": own.ships, "voted": own.voted}


def tally_words(tool: Tool, said: Mapping[str, str] = _ENGLISH) -> Phrase:
    """Return the tally as a table says it: "Ship, 3 to 1", or "Ship, 75%" where single votes are unknown."""
    own = tally(tool)
    if own.verdict is None:
        return Phrase("", said["No panel verdict yet"], known=False)
    word = own.verdict.value.capitalize()
    if not own.counted:
        return Phrase("", f"{word}, {own.percent}%")
    more, fewer = sorted((own.ships, own.skips), reverse=True)
    words = {"verdict": word, "more": more, "fewer": fewer}
    return Phrase("", said["%(verdict)s, %(more)d to %(fewer)d"] % words)


def community_words(community: Community | None, said: Mapping[str, str] = _ENGLISH) -> Phrase:
    """Return the readers' vote: "61% ship" in bold with ", 128 votes", or "No votes yet"."""
    votes = (community.ships or 0) + (community.skips or 0) if community else 0
    if community and votes:
        share = share_of(community.ships or 0, votes)
        figure = f"{votes:,}".replace(",", said[","])
        many = said[", %(votes)s vote" if votes == 1 else ", %(votes)s votes"] % {"votes": figure}
        return Phrase(said[_SHARE] % {"percent": share}, many)
    if community and community.percent is not None:
        return Phrase(said[_SHARE] % {"percent": community.percent})
    return Phrase("", said["No votes yet"])


def vote_counts(community: Community) -> str:
    """Return readers' votes bare: "78 ship / 50 skip", or "61% ship" where only that is known."""
    if community.ships is None:
        return f"{community.percent}% ship"
    return f"{community.ships} ship / {community.skips} skip"


def price_words(tool: Tool, limit: int, *, unknown: str = NO_PRICE) -> Phrase:
    """Return tier and condition: tier "Free" of "Free / Open weights" is bold, ", open weights" follows."""
    tier, line = tool.price_tier or "", tool.pricing or ""
    if not tier and not line:
        return Phrase("", unknown, known=False)
    rest = price_condition(tier, line)
    if not tier:
        return Phrase("", excerpt(rest, limit))
    if not rest:
        return Phrase(excerpt(tier, limit))
    opening = rest.split()[0].split("-")[0]
    if opening in _PLAIN_OPENINGS:
        rest = rest[0].lower() + rest[1:]
    return Phrase(excerpt(tier, 24), (" " if rest.startswith("(") else ", ") + excerpt(rest, limit))


def price_condition(tier: str, line: str) -> str:
    """Return the pricing line without the tier in front: "Open weights" of "Free / Open weights"."""
    if not tier or not line.casefold().startswith(tier.casefold()):
        return line
    rest = line[len(tier) :]
    return line if rest[:1].isalnum() else rest.lstrip(" /,;:–—-·")

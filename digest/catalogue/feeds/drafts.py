"""From a feed's entry to a draft of a tool: a name, what the feed says of it, and no takes. Pure."""

from __future__ import annotations

import re
from datetime import date

from digest.catalogue.feeds.values import FeedEntry
from digest.text import excerpt

# What announcements put in front of a name.
_HERALD = re.compile(r"^((show|launch) hn:|introducing:?|announcing:?|meet)\s+(?=\S)", re.IGNORECASE)
# A name, then what it is: after a dash with spaces around it, or else after a colon.
_DASH = re.compile(r"\s+[–—-]+\s+")
_COLON = re.compile(r":\s+")
_NAME, _NAME_WORDS = 60, 6
_TITLE_AS_NAME = 100
_TAGLINE, _DESCRIPTION = 160, 1_000
_SENTENCE = re.compile(r"(.{12,160}?)[.!?](?=\s|$)")
_FIRST_DAY = date(1990, 1, 1)


def draft_of(entry: FeedEntry, *, category: str | None, today: date) -> dict[str, object]:
    """Return a draft as the fields of a ToolModel.

    ``category`` is the setting and wins over the entry's. A day in the future or older than the web is taken
    for a mistake and left out.
    """
    name, tagline = split_title(entry.title)
    said = entry.summary
    if tagline is None and said is not None:
        tagline = _first_sentence(said)
    day = entry.published_on
    return {
        "name": name,
        "category": category or entry.category,
        "tagline": excerpt(tagline, _TAGLINE) if tagline else None,
        "description": excerpt(said, _DESCRIPTION) if said and said.rstrip(".") != tagline else None,
        "link": entry.link,
        "published_on": day if day and _FIRST_DAY <= day <= today else None,
    }


def split_title(title: str) -> tuple[str, str | None]:
    """Return name and tagline: "Loupe – reads a page" has both, "Loupe 2B" only a name.

    A long first half is a sentence and no name; then the whole title stands.
    """
    title = _HERALD.sub("", title)
    for separator in (_DASH, _COLON):
        parts = separator.split(title, maxsplit=1)
        if len(parts) == 2 and _is_name(parts[0]) and len(parts[1].split()) > 1:
            return parts[0].strip(), parts[1].strip()
    return excerpt(title, _TITLE_AS_NAME), None


def _is_name(text: str) -> bool:
    return 0 < len(text.strip()) <= _NAME and len(text.split()) <= _NAME_WORDS


def _first_sentence(text: str) -> str | None:
    """Return the first sentence without its full stop, or the whole if it is short; None for a long one."""
    found = _SENTENCE.match(text)
    if found:
        return found[1]
    return text if len(text) <= _TAGLINE else None

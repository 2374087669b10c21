"""Words that mail filters and wary readers take for advertising; subjects do without them."""

from __future__ import annotations

import re

# Lower case, whole words; a hyphen or a space between them counts alike.
PHRASES = (
    "100% free", "act now", "amazing", "apply now", "as seen on", "bargain", "be your own boss", "best price",
    "bonus", "buy now", "cash", "cheap", "click here", "click now", "congratulations", "credit card", "deal",
    "discount", "do not delete", "don't miss", "don’t miss", "double your", "earn money", "exclusive",
    "expires today", "extra income", "final notice", "free access", "free gift", "free trial", "get rich",
    "giveaway", "guarantee", "guaranteed", "hurry", "incredible", "last chance", "limited offer",
    "limited time", "lowest price", "make money", "miracle", "money back", "must read", "no catch", "no cost",
    "no obligation", "no risk", "no strings attached", "offer", "once in a lifetime", "only today",
    "open immediately", "order now", "prize", "promise you", "risk free", "satisfaction", "save big",
    "secret", "shocking", "sign up free", "special promotion", "this is not spam", "today only",
    "unbelievable", "unlimited", "urgent", "while supplies last", "winner", "you have been selected",
    "you won", "you won't believe", "you won’t believe",
)  # fmt: skip

_FOUND = re.compile(
    r"(?<!\w)(?:"
    + "|".join(
        r"[\s-]+".join(map(re.escape, phrase.split())) for phrase in sorted(PHRASES, key=len, reverse=True)
    )
    + r")(?!\w)",
    re.IGNORECASE,
)


def spam_words(text: str) -> tuple[str, ...]:
    """Return the phrases of the table that stand in ``text``, as it spells them, in its order."""
    return tuple(match[0] for match in _FOUND.finditer(text))

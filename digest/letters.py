"""How wide a verdict's word is drawn, so that a chip and a phone have room for it. Pure."""

from __future__ import annotations

# In Arial bold, in thousandths of the size; a small letter or a digit is _RULE wide as a rule.
_WIDTHS = {
    **dict.fromkeys("ABCDHKNRU", 722),
    **dict.fromkeys("EPSVXY", 667),
    **dict.fromkeys("FLTZ", 611),
    **dict.fromkeys("GOQ", 778),
    "I": 278,
    "J": 556,
    "M": 833,
    "W": 944,
    "m": 889,
    "w": 778,
    " ": 278,
}
_RULE, _ELSE = 600, 1000
# A chip's letters, and what stands between two of them, in px.
_SIZE, _APART = 14, 0.28
# Two chips of more than this beside each other, each with its score, are wider than a phone.
MOST_CHIP_WORD = 72


def chip_word(word: str) -> float:
    """Return how wide a word is in a chip, in px; letters of another script count as wide ones."""
    widths = (_WIDTHS.get(letter, _RULE if letter.isascii() else _ELSE) for letter in word)
    return _SIZE * sum(widths) / 1000 + _APART * len(word)

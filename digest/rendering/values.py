"""What rendering takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from math import ceil

from digest.letters import chip_word
from digest.palette import DARK, LIGHT, Palette

# What stands round a chip's word, in px.
_ROUND = 9


@dataclass(frozen=True, slots=True)
class Words:
    """The voice of the verdicts, in chips, bands, buttons and columns; ``picks`` is the panel's preference.

    Sentences keep the verbs ship and skip: a word such as YES is none.
    """

    ship: str = "SHIP"
    skip: str = "SKIP"
    split: str = "SPLIT"
    picks: str = "Panel’s pick"

    @property
    def chip_width(self) -> int:
        """How wide a chip is, in px without its border, so that all of a column are of one width."""
        return _ROUND + ceil(max(map(chip_word, (self.ship, self.skip, self.split))))

    @property
    def width(self) -> int:
        """How many letters the longest verdict has."""
        return max(len(word) for word in (self.ship, self.skip, self.split))

    def in_column(self, verdict: str, takes: bool = False) -> str:
        """Return the word of a verdict (``ship``, ``skip`` or ``split``), filled up to a column's width.

        One reviewer's take is never split: with ``takes`` the column is for the two others.
        """
        width = max(len(self.ship), len(self.skip)) if takes else self.width
        return self._word(verdict).ljust(width)

    def on_button(self, verdict: str) -> str:
        """Return the word of a verdict as a button says it: without a chip's capitals, else as spelt."""
        word = self._word(verdict)
        return word.capitalize() if word.isupper() else word

    def _word(self, verdict: str) -> str:
        return {"ship": self.ship, "skip": self.skip, "split": self.split}[verdict]


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture on the web in the masthead; ``alt`` stands in where pictures are off, ``width`` is in px."""

    url: str
    alt: str
    width: int


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is writing and where the pages stand; all of it from the settings, none of it per reader."""

    name: str
    sender: str
    address: str
    from_address: str
    base_url: str
    newsletter: str = "weekly"
    reply_to: str | None = None
    light: Palette = LIGHT
    dark: Palette = DARK
    words: Words = Words()
    logo: Logo | None = None


@dataclass(frozen=True, slots=True)
class RenderedEmail:
    """One edition: both bodies with slot marks where something personal goes.

    ``sentinel`` is the secret word inside the marks (see ``digest.rendering.slots``).
    """

    subject: str
    preheader: str
    html: str
    text: str
    mjml: str
    sentinel: str

    @property
    def content_hash(self) -> str:
        """SHA-256 over what a reader gets, in hex."""
        parts = (self.subject, self.preheader, self.html, self.text)
        return sha256("\0".join(parts).encode()).hexdigest()

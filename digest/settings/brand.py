"""Who is writing, and how they look and sound: ``[brand]``."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from digest.letters import MOST_CHIP_WORD, chip_word
from digest.palette import DARK, LIGHT, Palette
from digest.settings.values import Colour, OneLine, Section, like

_PICTURE = r"https://[^\s\"<>]+"

_MOST_LETTERS = 8


class BrandColours(Section):
    """Colours in the place of the house's own, any of them, as #rrggbb."""

    canvas: Colour | None = None
    surface: Colour | None = None
    tint: Colour | None = None
    ink: Colour | None = None
    text: Colour | None = None
    muted: Colour | None = None
    line: Colour | None = None
    control: Colour | None = None
    track: Colour | None = None
    ship: Colour | None = None
    on_ship: Colour | None = None
    skip: Colour | None = None
    on_ink: Colour | None = None

    def over(self, house: Palette) -> Palette:
        """Return the house's palette with these colours in it."""
        return house.over(self.model_dump(exclude_none=True))


class BrandColoursOfBoth(BrandColours):
    """``[brand.colours]`` is for light, ``[brand.colours.dark]`` for dark; each is checked by itself."""

    dark: BrandColours = BrandColours()

    def over(self, house: Palette) -> Palette:
        """Return the house's light palette with these colours in it."""
        return house.over(self.model_dump(exclude_none=True, exclude={"dark"}))

    @model_validator(mode="after")
    def _readable(self) -> Self:
        """Refuse colours in which a text of the design could not be read."""
        for mode, palette in (("light", self.over(LIGHT)), ("dark", self.dark.over(DARK))):
            if fault := palette.too_close():
                raise ValueError(f"{mode}: {fault}")
        return self


def _said(word: str) -> str:
    if not word.strip():
        raise ValueError("needs a word, not blanks")
    return word.strip()


def _short(value: str) -> str:
    if len(value) > _MOST_LETTERS or chip_word(value) > MOST_CHIP_WORD:
        raise ValueError(f"is too long for a phone; take at most {_MOST_LETTERS} letters, or 6 wide ones")
    return value


Word = Annotated[OneLine, AfterValidator(_said)]
VerdictWord = Annotated[Word, AfterValidator(_short)]


class BrandWords(Section):
    """The voice of the verdicts. A verdict is short, so that a phone has room for two."""

    ship: VerdictWord = "SHIP"
    skip: VerdictWord = "SKIP"
    split: VerdictWord = "SPLIT"
    picks: Word = Field(default="Panel’s pick", min_length=1, max_length=12)

    @model_validator(mode="after")
    def _apart(self) -> Self:
        """Refuse verdicts that cannot be told apart."""
        if len({word.casefold() for word in (self.ship, self.skip, self.split)}) < 3:
            raise ValueError("ship, skip and split need three different words")
        return self


class Brand(Section):
    """Who is writing: what masthead, footer and From say, and how they look.

    ``logo`` is a picture's https address; it stands in the wordmark's place, ``logo_alt`` in the picture's.
    """

    name: OneLine = "Weekly AI Tool Verdicts"
    sender: OneLine = "Ship or Skip"
    address: OneLine = "Ship or Skip, 1 Example Street, 10000 Example City"
    colours: BrandColoursOfBoth = BrandColoursOfBoth()
    words: BrandWords = BrandWords()
    logo: Annotated[OneLine, AfterValidator(like(_PICTURE, "https://example.com/logo.png"))] | None = None
    logo_alt: OneLine = ""
    logo_width: int = Field(default=160, ge=16, le=320)

    @model_validator(mode="after")
    def _spoken(self) -> Self:
        """Refuse a picture without words: with pictures off nobody would know whose mail it is."""
        if self.logo and not self.logo_alt.strip():
            raise ValueError("logo needs logo_alt, the words that stand in its place")
        return self

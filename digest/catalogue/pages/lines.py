"""A saved page as numbered lines, and how its markers are found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from digest.catalogue.cleaning import decoded, is_visible, paragraph
from digest.errors import BadInput

PAGE_LIMIT = 2_000_000
_MOST_LINES = 100_000
NO_TAKE = "No panel take"
_NOT_STATED = {"", "—", "–", "-", "n/a", "not stated"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line with something to see, cleaned; ``number`` counts from 1 in the file.

    Lines of one quotation that markup sets apart share a ``quote``; elsewhere it is 0.
    """

    number: int
    text: str
    quote: int = 0

    def says(self, words: str) -> bool:
        """Whether the line is this marker and nothing else."""
        return self.text.casefold() == words.casefold()

    @property
    def stated(self) -> str | None:
        """The text, or None where the page prints a dash for what it does not know."""
        return None if self.text.casefold() in _NOT_STATED else self.text


@dataclass(frozen=True, slots=True)
class PageText:
    """The lines of one page; blank lines carry no meaning in either layout and are left out."""

    source: str
    lines: tuple[Line, ...]

    def find(self, words: str, start: int, end: int) -> int | None:
        """Return the index of the first line in ``[start, end)`` that is this marker."""
        return self.first(lambda place: self.lines[place].says(words), start, end)

    def first(self, wanted: Callable[[int], bool], start: int, end: int) -> int | None:
        """Return the first index in ``[start, end)`` for which ``wanted`` holds."""
        return next((place for place in range(start, end) if wanted(place)), None)

    def joined(self, start: int, end: int) -> str:
        """Return the paragraphs of ``[start, end)`` as one."""
        return " ".join(line.text for line in self.lines[start:end])

    def refusal(self, message: str, place: int) -> BadInput:
        """Return the error that refuses the page for the line at index ``place``, or for its last line."""
        line = self.lines[min(place, len(self.lines) - 1)]
        return BadInput(message, source=self.source, line=line.number)

    def found(self, place: int) -> str:
        """Return what stands at index ``place``, short enough for a message."""
        text = self.lines[place].text if place < len(self.lines) else ""
        return f"“{text[:40]}…”" if len(text) > 40 else f"“{text}”"


def read_lines(data: bytes, source: str) -> PageText:
    """Return the page's lines; raise BadInput if it is empty, binary, not UTF-8, or too long to be a page."""
    text = decoded(data, source, limit=PAGE_LIMIT)
    refuse_many_lines(text, source)
    return page_of((Line(number, line) for number, line in enumerate(text.split("\n"), start=1)), source)


def refuse_many_lines(text: str, source: str) -> None:
    """Raise BadInput if a file has more lines than any page comes near."""
    if text.count("\n") > _MOST_LINES:
        raise BadInput(f"expected at most {_MOST_LINES:,} lines; the file has more", source=source)


def page_of(lines: Iterable[Line], source: str) -> PageText:
    """Return the page that has these lines, as they were found; raise BadInput if none has a thing to see."""
    cleaned = (Line(line.number, paragraph(line.text), line.quote) for line in lines)
    visible = tuple(line for line in cleaned if is_visible(line.text))
    if not visible:
        raise BadInput("the file is empty", source=source, line=1)
    return PageText(source, visible)

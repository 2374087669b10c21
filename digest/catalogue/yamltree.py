"""A YAML file as plain values that know where they stand.

Stricter than YAML itself: one document, no key twice, no anchors, aliases or tags. Scalars stay as they are
written, so that ``name: No`` is a name; what they mean, the schema says. One pass over the parser's events:
composing nodes first costs twice as much.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, NoReturn

import yaml

from digest.errors import BadInput

Place = tuple[str | int, ...]

# A tool's file needs three levels; without a bound a file of brackets overflows the parser's stack.
_DEPTH = 10
_NULLS = {"", "~", "null", "Null", "NULL"}


class Mark(NamedTuple):
    """Where something stands in a file; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Tree:
    """``value`` is made of dict, list, str and None, read from ``text``."""

    value: Any
    text: str

    def mark(self, place: Place) -> Mark:
        """Return where a place stands, or the nearest place around it; a key stands for its value."""
        while place and place not in self._marks:
            place = place[:-1]
        return self._marks.get(place, Mark(1, 1))

    def line(self, place: Place) -> int:
        """Return the line of a place, or of the nearest place around it."""
        return self.mark(place).line

    @cached_property
    def _marks(self) -> dict[Place, Mark]:
        # Only who has something to complain of asks; all others are spared the books.
        marks: dict[Place, Mark] = {}
        _Reader(self.text, "", marks).document()
        return marks


def read_tree(text: str, source: str) -> Tree:
    """Return the one document in ``text``; raise BadInput with line and column of what is not allowed."""
    try:
        return Tree(_Reader(text, source).document(), text)
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        line, column = (None, None) if at is None else (at.line + 1, at.column + 1)
        message = f"not YAML: {error.problem or error.context}"
        raise BadInput(message, source=source, line=line, column=column) from None
    except yaml.YAMLError as error:
        raise BadInput(f"not YAML: {' '.join(str(error).split())}", source=source) from None


class _Reader:
    """Makes values of events; with ``marks`` it also keeps the books on where each begins."""

    def __init__(self, text: str, source: str, marks: dict[Place, Mark] | None = None) -> None:
        self._next = yaml.CSafeLoader(text).get_event
        self._source = source
        self._marks = marks

    def document(self) -> Any:
        self._next()
        if isinstance(self._next(), yaml.StreamEndEvent):
            raise BadInput("the file is empty", source=self._source, line=1)
        value = self._value(self._next(), ())
        self._next()
        if not isinstance(after := self._next(), yaml.StreamEndEvent):
            self._refuse("expected one document a file; a second one begins here", after)
        return value

    def _value(self, event: Any, place: Place) -> Any:
        if self._marks is not None:
            self._marks.setdefault(place, _mark(event))
        # An alias has an anchor, too, and no tag to ask for.
        if event.anchor is not None or event.tag is not None:
            self._refuse_extras(event)
        if isinstance(event, yaml.ScalarEvent):
            return None if not event.style and event.value in _NULLS else event.value
        if len(place) >= _DEPTH:
            self._refuse("expected at most ten levels", event)
        return self._mapping(place) if isinstance(event, yaml.MappingStartEvent) else self._list(place)

    def _mapping(self, place: Place) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self._refuse("expected a word as a key", event)
            if event.anchor is not None or event.tag is not None:
                self._refuse_extras(event)
            key = event.value
            if key in mapping:
                self._refuse(f"{key} is there twice", event)
            within = (*place, key)
            if self._marks is not None:
                self._marks[within] = _mark(event)
            mapping[key] = self._value(self._next(), within)
        return mapping

    def _list(self, place: Place) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            found.append(self._value(event, (*place, len(found))))
        return found

    def _refuse_extras(self, event: Any) -> NoReturn:
        what = "tags (!)" if event.anchor is None else "anchors and aliases (& and *)"
        self._refuse(f"{what} are not allowed; quote a text that begins with one", event)

    def _refuse(self, problem: str, event: Any) -> NoReturn:
        line, column = _mark(event)
        raise BadInput(problem, source=self._source, line=line, column=column)


def _mark(event: Any) -> Mark:
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)

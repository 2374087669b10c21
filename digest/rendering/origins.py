"""Finds the template line that a place in the generated MJML or CSS was printed by.

What checks the MJML knows lines of the output, which nobody wrote. So, once something is wrong, the template
is run again by an environment that prints a mark before each line and each expression of every template; the
last mark before the place tells where it came from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from digest.errors import TemplateError

# Characters for private use: no template, and no text that came in, holds them in this order.
_MARK = re.compile("\ue000(\\d+):(\\d+)\ue001")
# So much of the output is looked for in the template's line to tell the column.
_SNIPPETS = (32, 16, 8, 4)


class _Marking(Extension):
    """Puts ``file number:line`` in front of every line of text and every ``{{``."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.files: list[str] = []

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        number = len(self.files)
        self.files.append(stream.filename or stream.name or "?")
        for token in stream:
            if token.type == "data":
                lines = enumerate(token.value.split("\n"), start=token.lineno)
                marked = "\n".join(f"{_mark(number, line)}{text}" for line, text in lines)
                yield Token(token.lineno, "data", marked)
            else:
                if token.type == "variable_begin":
                    yield Token(token.lineno, "data", _mark(number, token.lineno))
                yield token


def _mark(number: int, line: int) -> str:
    return f"\ue000{number}:{line}\ue001"


def traced(
    error: TemplateError, environment: Environment, template: str, context: Mapping[str, object]
) -> TemplateError:
    """Return ``error``, which tells a place in what ``template`` printed, with the place it was written at.

    ``context`` is what the template was run with. The error comes back as it is where that cannot be told.
    """
    if error.line is None:
        return error
    marking = environment.overlay(extensions=[_Marking])
    printed = str(marking.get_template(template).make_module(dict(context)))
    lines = printed.split("\n")
    before, line = lines[: error.line - 1], lines[error.line - 1] if error.line <= len(lines) else ""
    start = _indent(line) + (error.column or 1) - 1
    marks = list(_MARK.finditer("\n".join(before))) + _marks_up_to(line, start)
    if not marks:
        return error
    files: Any = marking.extensions[_Marking.identifier]
    file, number = files.files[int(marks[-1][1])], int(marks[-1][2])
    column = _column(file, number, _MARK.sub("", line)[start:])
    message = str(error).removeprefix(f"{error.source}:{error.line}:").removeprefix(f"{error.column}:")
    return TemplateError(message.strip(), source=file, line=number, column=column)


def _indent(line: str) -> int:
    """Return how many characters were stripped from the start of a line before it was checked."""
    plain = _MARK.sub("", line)
    return len(plain) - len(plain.lstrip(" \t"))


def _marks_up_to(line: str, visible: int) -> list[re.Match[str]]:
    """Return the marks of a line that have at most so many visible characters before them."""
    found, hidden = [], 0
    for mark in _MARK.finditer(line):
        if mark.start() - hidden > visible:
            break
        found.append(mark)
        hidden += len(mark[0])
    return found


def _column(file: str, line: int, printed: str) -> int | None:
    """Return the column of the template's line that reads as what was printed; None where none or many do."""
    try:
        written = Path(file).read_text("utf-8").split("\n")[line - 1]
    except (OSError, IndexError):
        return None
    for length in _SNIPPETS:
        snippet = printed[:length]
        if snippet.strip() and written.count(snippet) == 1:
            return written.index(snippet) + 1
    return None

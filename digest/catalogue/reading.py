"""From files to what they say: saved pages and YAML tools, mixed. Reads files, stores nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path
from typing import TypeVar

from digest.catalogue.files import problems_in, read_written_tool
from digest.catalogue.model import Rules, WrittenTool, odd_takes
from digest.catalogue.pages.reader import read_page
from digest.catalogue.pages.values import ComparisonPage
from digest.catalogue.sourcefiles import (
    SourceFile,
    files_in,
    is_html_file,
    is_tool_file,
    is_web_archive,
)
from digest.errors import BadInput

# As long as a web archive may be; other kinds have lower limits of their own.
_LIMIT = 20_000_000

Content = ComparisonPage | WrittenTool
_Value = TypeVar("_Value")
# Gives the values back one by one while it shows a person how far it is; the text says with what.
Track = Callable[[Sequence[_Value], str], Iterable[_Value]]


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking found: how many files were read, what is wrong, and what is only odd."""

    files: int
    problems: tuple[BadInput, ...]
    warnings: tuple[str, ...]


class Claims:
    """Which source has which slug: two that somebody wrote down cannot have the same."""

    def __init__(self) -> None:
        self._sources: dict[str, str] = {}

    def note(self, content: Content, source: str) -> None:
        """Note what a source claims; raise BadInput if its slug is claimed already."""
        if isinstance(content, WrittenTool):
            self.claim(content.tool.slug, source)

    def claim(self, slug: str, source: str) -> None:
        """Note that a source has this slug; raise BadInput if it is claimed already."""
        if slug in self._sources:
            first = self._sources[slug]
            raise BadInput(f"{first} has the slug {slug} too; write another slug into one", source=source)
        self._sources[slug] = source


def untracked(values: Sequence[_Value], text: str) -> Iterable[_Value]:
    """Show nothing."""
    del text
    return values


def check_paths(paths: Sequence[Path], rules: Rules, track: Track[SourceFile] = untracked) -> Checked:
    """Return everything that is wrong with the files, without stopping at the first."""
    files = files_in(paths)
    problems: list[BadInput] = []
    warnings: list[str] = []
    claims = Claims()
    for file in track(files, "Checking"):
        try:
            content = read_content(file, file_bytes(file), rules)
            claims.note(content, file.source)
            warnings += content.warnings
        except BadInput as error:
            problems += _all_problems(file, rules) or [error]
    return Checked(len(files), tuple(problems), tuple(warnings))


def read_content(file: SourceFile, data: bytes, rules: Rules) -> Content:
    """Return what a file of these bytes says, by its ending.

    Raises BadInput with the place of the first thing wrong with it.
    """
    if is_tool_file(file.path):
        return read_written_tool(data, file.source, rules)
    page = _page_reader(file.path)(data, file.source)
    _check_reviewers(page, rules)
    return replace(page, warnings=(*page.warnings, *_odd_takes(page)))


def file_bytes(file: SourceFile) -> bytes:
    """Return a file's bytes; raise BadInput for one that cannot be read, or is longer than any may be."""
    try:
        with FileIO(file.path) as opened:
            if os.fstat(opened.fileno()).st_size > _LIMIT:
                raise BadInput(
                    f"expected at most {_LIMIT // 1_000_000} MB; the file is longer", source=file.source
                )
            return opened.readall()
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror or error}", source=file.source) from None


def _all_problems(file: SourceFile, rules: Rules) -> list[BadInput]:
    """Return everything wrong with a tool's file itself; a page stops at the first."""
    try:
        return problems_in(file_bytes(file), file.source, rules) if is_tool_file(file.path) else []
    except BadInput as error:
        return [error]


def _page_reader(path: str) -> Callable[[bytes, str], ComparisonPage]:
    # Reading markup takes lxml, which nothing else at the command line needs.
    if is_html_file(path):
        from digest.catalogue.pages.html import read_html_page

        return read_html_page
    if is_web_archive(path):
        from digest.catalogue.pages.mhtml import read_mhtml_page

        return read_mhtml_page
    return read_page


def _check_reviewers(page: ComparisonPage, rules: Rules) -> None:
    for take in (*page.left.takes, *page.right.takes):
        try:
            rules.check_reviewer(take.reviewer)
        except ValueError as error:
            line = page.named_at.get(take.reviewer)
            raise BadInput(str(error), source=page.source, line=line) from None


def _odd_takes(page: ComparisonPage) -> Iterator[str]:
    for tool in (page.left, page.right):
        for place, sentence in odd_takes(tool):
            line = page.named_at.get(tool.takes[place].reviewer)
            yield str(BadInput(f"{tool.name}: {sentence}", source=page.source, line=line))

"""What is wrong with the files as they stand, told so that an editor finds the place: file, line, excerpt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from digest.errors import DigestError, PlacedError
from digest.templating import shipped_templates

# Lines shown before and after the one that is wrong.
_AROUND = 3
# Where a template goes through matchups, or what one of them holds.
_SECTION = re.compile(r"\{%-?\s*for\b.*\b(?:issue|matchup|matchups|shown|reviewers?|takes?)\b")
_NAMED = re.compile(r"'(\w+)'")


@dataclass(frozen=True, slots=True)
class Fault:
    """``file`` is as short as it can be said from here; ``line`` and ``column`` count from 1.

    ``first`` is the number of the excerpt's first line. With ``stale`` what is shown is the last good state,
    without it is what the files say, and wrong.
    """

    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    first: int = 1
    excerpt: tuple[str, ...] = ()
    stale: bool = True

    @classmethod
    def of(cls, error: DigestError) -> Fault:
        """Return the fault that ``error`` tells of, with lines of the file it names if that can be read."""
        if not isinstance(error, PlacedError) or error.source is None:
            return cls(str(error))
        message = re.sub(rf"^{re.escape(error.source)}(:\d+)*:\s*", "", str(error))
        path = Path(error.source)
        lines = _lines(path)
        if error.line is None or not 0 < error.line <= len(lines):
            return cls(message, _shown(path), error.line, error.column)
        first = max(1, error.line - _AROUND)
        return cls(
            message,
            _shown(path),
            error.line,
            error.column or _column(message, lines[error.line - 1]),
            first,
            tuple(lines[first - 1 : error.line + _AROUND]),
        )

    def __str__(self) -> str:
        place = "".join(f"{part}:" for part in (self.file, self.line, self.column) if part is not None)
        return f"{place} {self.message}" if place else self.message


def hollow(lacking: Sequence[str], templates: Path | None = None) -> Fault:
    """Return the fault of an e-mail that was rendered, but leaves out what it should show.

    ``templates`` is the folder of an editor's own. The place is where the section begins in the template that
    prints it, as far as that can be told.
    """
    first, more = lacking[0], len(lacking) - 1
    rest = f", and {more} more" if more else ""
    path = _template_of(first, templates)
    lines = _lines(path)
    line = next((number for number, text in enumerate(lines, 1) if _SECTION.search(text)), None)
    start = max(1, (line or 1) - _AROUND)
    return Fault(
        f"{first}{rest}. The template ran without a mistake, so look for a loop or a condition that lets "
        "nothing through.",
        _shown(path),
        line,
        first=start,
        excerpt=tuple(lines[start - 1 : line + _AROUND]) if line else (),
        stale=False,
    )


def _template_of(lack: str, templates: Path | None) -> Path:
    """Return the file that prints what is missing: an editor's own where there is one."""
    names = ["issue.txt.j2"] if "plain text" in lack.partition(" lacks ")[0] else ["issue.mjml.j2"]
    if "every take" in lack:
        part = "parts/matchup.txt.j2" if names == ["issue.txt.j2"] else "parts/takes.html.j2"
        # The part is likelier, but not if only the whole is an editor's own.
        names = [part, *names]
    own = [templates / "email" / name for name in names] if templates else []
    return next((path for path in own if path.is_file()), shipped_templates() / "email" / names[0])


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        return []


def _shown(path: Path) -> str:
    """Return a path as it is said from the working folder; a template that came along is said to be that."""
    if path.is_relative_to(shipped_templates()):
        return f"shipped templates/{path.relative_to(shipped_templates())}"
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _column(message: str, line: str) -> int | None:
    """Return where the name that a message quotes stands in the line; Jinja tells no columns."""
    for name in reversed(_NAMED.findall(message)):
        if found := re.search(rf"\b{re.escape(name)}\b", line):
            return found.start() + 1
    return None

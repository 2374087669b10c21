"""From paths to what the files there say: saved pages and YAML tools, mixed. Reads files, stores nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from digest.catalogue.files import problems_in, read_tool_file
from digest.catalogue.model import Rules, ToolModel
from digest.catalogue.pages.lines import PAGE_LIMIT
from digest.catalogue.pages.reader import read_page
from digest.catalogue.pages.values import ComparisonPage
from digest.errors import BadInput

Content = ComparisonPage | ToolModel

_TOOL_ENDINGS = (".yaml", ".yml")
_PAGE_ENDINGS = (".txt",)


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking found: how many files were read, what is wrong, and what is only odd."""

    files: int
    problems: tuple[BadInput, ...]
    warnings: tuple[str, ...]


def read_paths(paths: Sequence[Path], rules: Rules) -> list[tuple[str, Content]]:
    """Return (source, content) for every file, the source being the path as given.

    Raises BadInput, with file and line, for the first one that cannot be read.
    """
    found = []
    for path in files_in(paths):
        source, data = _source(path), _bytes(path)
        content = read_tool_file(data, source, rules) if is_tool_file(path) else read_page(data, source)
        found.append((source, content))
    return found


def check_paths(paths: Sequence[Path], rules: Rules) -> Checked:
    """Return everything that is wrong with the files, without stopping at the first."""
    files = files_in(paths)
    problems: list[BadInput] = []
    warnings: list[str] = []
    for path in files:
        try:
            data = _bytes(path)
            if is_tool_file(path):
                problems += problems_in(data, _source(path), rules)
            else:
                warnings += read_page(data, _source(path)).warnings
        except BadInput as error:
            problems.append(error)
    return Checked(len(files), tuple(problems), tuple(warnings))


def files_in(paths: Sequence[Path]) -> list[Path]:
    """Return each file once; a folder gives its ``.txt``, ``.yaml`` and ``.yml`` files, sorted, at any depth.

    Hidden files and folders are passed over. Raises BadInput for a path that is not there, is neither file
    nor folder, or for a folder with nothing in it to read.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        for file in _files_at(path):
            found.setdefault(file.resolve(), file)
    return list(found.values())


def is_tool_file(path: Path) -> bool:
    """Whether the file is a YAML tool, by its ending; any other is taken for a saved page."""
    return path.suffix.lower() in _TOOL_ENDINGS


def is_source(path: Path) -> bool:
    """Whether a file in a folder is read when the folder is: by its ending, and not hidden."""
    hidden = any(part.startswith(".") for part in path.parts)
    return not hidden and path.suffix.lower() in (*_PAGE_ENDINGS, *_TOOL_ENDINGS)


def _files_at(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    if not path.is_dir():
        raise BadInput(
            "expected a file or a folder" if path.exists() else "there is no such file or folder",
            source=_source(path),
        )
    files = sorted(file for file in path.rglob("*") if is_source(file.relative_to(path)) and file.is_file())
    if not files:
        endings = ", ".join((*_PAGE_ENDINGS, *_TOOL_ENDINGS))
        raise BadInput(f"expected files that end in {endings}; the folder has none", source=_source(path))
    yield from files


def _source(path: Path) -> str:
    """Return the path as given; bytes of a name that are not UTF-8 cannot be stored and are spelled out."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def _bytes(path: Path) -> bytes:
    """Return at most one byte more than any file may have; its reader refuses the rest."""
    try:
        with path.open("rb") as file:
            return file.read(PAGE_LIMIT + 1)
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror or error}", source=_source(path)) from None

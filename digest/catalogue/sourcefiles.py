"""Which files an import reads: those given, and those in the folders given."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from digest.errors import BadInput

_TOOL_ENDINGS = (".yaml", ".yml")
_HTML_ENDINGS = (".html", ".htm")
_ARCHIVE_ENDINGS = (".mhtml", ".mht")
_PAGE_ENDINGS = (".txt", *_HTML_ENDINGS, *_ARCHIVE_ENDINGS)
_ENDINGS = (*_PAGE_ENDINGS, *_TOOL_ENDINGS)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as it was given (``path``), and where it really is (``real``): absolute, links followed.

    Plain strings: a hundred thousand Path objects cost more than reading the files.
    """

    path: str
    real: str

    @property
    def source(self) -> str:
        """The path as it is stored and said; bytes of a name that are not UTF-8 are spelled out."""
        return storable(self.path)


def files_in(paths: Sequence[Path]) -> list[SourceFile]:
    """Return each file once; a folder gives its pages and tools by their endings, sorted, at any depth.

    Hidden files and folders are passed over. Raises BadInput for a path that is not there, is neither file
    nor folder, or for a folder with nothing in it to read.
    """
    found: dict[str, SourceFile] = {}
    for path in paths:
        for file in _files_at(path):
            found.setdefault(file.real, file)
    return list(found.values())


def folders_in(paths: Sequence[Path]) -> list[str]:
    """Return where the folders among these paths really are."""
    return [storable(str(path.resolve())) for path in paths if path.is_dir()]


def is_passed_over(path: Path) -> bool:
    """Whether an import of a folder passes over this path inside it: hidden, or of no ending that is read."""
    return any(part.startswith(".") for part in path.parts) or not path.name.lower().endswith(_ENDINGS)


def is_tool_file(path: str) -> bool:
    """Whether the file is a YAML tool, by its ending; any other is taken for a saved page."""
    return path.lower().endswith(_TOOL_ENDINGS)


def is_html_file(path: str) -> bool:
    """Whether the file is a page saved as HTML, by its ending."""
    return path.lower().endswith(_HTML_ENDINGS)


def is_web_archive(path: str) -> bool:
    """Whether the file is a page saved with all it is made of in one file, by its ending."""
    return path.lower().endswith(_ARCHIVE_ENDINGS)


def real_path(path: str) -> str:
    """Return where a file really is, absolute and with links followed, in a form that can be stored."""
    file = Path(path)
    if file.is_symlink():
        return storable(str(file.resolve()))
    return storable(str(Path(_real_folder(str(file.parent), str(Path.cwd())), file.name)))


def storable(path: str) -> str:
    """Return a path that fits into a text: what is not UTF-8 in it is spelled out."""
    return path.encode("utf-8", "backslashreplace").decode()


def _files_at(path: Path) -> Iterator[SourceFile]:
    given = str(path)
    if path.is_file():
        yield SourceFile(given, real_path(given))
        return
    if not path.is_dir():
        raise BadInput(
            "expected a file or a folder" if path.exists() else "there is no such file or folder",
            source=storable(given),
        )
    files = list(_walk(given, str(path.resolve())))
    if not files:
        endings = ", ".join(_ENDINGS)
        raise BadInput(f"expected files that end in {endings}; the folder has none", source=storable(given))
    yield from files


def _walk(folder: str, real: str) -> Iterator[SourceFile]:
    """Yield the files below a folder in the order of their paths, however deep they are."""
    waiting = [(folder, real)]
    while waiting:
        here, real_here = waiting.pop()
        with os.scandir(here) as entries:
            inside = sorted(entries, key=lambda entry: entry.name)
        folders = []
        for entry in inside:
            beside = f"{real_here}/{entry.name}"
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append((entry.path, beside))
            elif entry.name.lower().endswith(_ENDINGS) and _is_file(entry):
                # A path that was given as . is not said in front of every name.
                path = entry.path.removeprefix("./")
                yield SourceFile(path, storable(beside) if not entry.is_symlink() else real_path(entry.path))
        waiting += reversed(folders)


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        # A link that leads back to itself; whoever names it on the command line is told.
        return False


@lru_cache(maxsize=1024)
def _real_folder(folder: str, working: str) -> str:
    # One folder holds thousands of files, and finding out where it is takes a call for each part of its path.
    return str(Path(working, folder).resolve())

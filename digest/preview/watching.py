"""Watches the files an issue is made of, and renders again when one is saved."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from watchfiles import Change, awatch

from digest.catalogue.sourcefiles import is_passed_over
from digest.errors import DigestError
from digest.preview.saved import State, state_of
from digest.preview.source import PreviewSource, Snapshot
from digest.templating import shipped_templates, template_environment

# Editors save in several steps (write, rename); so long the steps are gathered, in milliseconds.
_GATHER = 50
# How often the editor's file is looked at, in seconds. It is one file whose folder need not exist yet, so
# that looking is simpler than being told.
_LOOK = 0.2

Changed = Callable[[Snapshot], None]


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the files stand: an editor's own templates, beside the shipped ones, and the catalogue's."""

    own_templates: Path | None
    catalogue: Path | None

    @property
    def templates(self) -> list[Path]:
        """The folders whose files an e-mail may be made of."""
        return [shipped_templates() / "email"] + ([self.own_templates] if self.own_templates else [])


class Watched:
    """The folders that are watched now; others may take their place while the preview runs."""

    def __init__(self, folders: Folders) -> None:
        self.folders = folders
        self.moved = threading.Event()

    def move(self, folders: Folders) -> None:
        """Watch these folders from now on."""
        if folders != self.folders:
            self.folders = folders
            self.moved.set()


async def watch(source: PreviewSource, watched: Watched, changed: Changed, stop: threading.Event) -> None:
    """Refresh ``source`` after each save of what it is made of.

    That is: what is below the ``watched`` folders, a file a tool came from, and the editor's file on the
    week. ``changed`` is called with each new state; returns when ``stop`` is set.
    """
    seen = state_of(source.overrides_file)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_watch_always(source, watched, changed, stop))
        await _watch_file(source, seen, changed, stop)
        watched.moved.set()


async def _watch_always(
    source: PreviewSource, watched: Watched, changed: Changed, stop: threading.Event
) -> None:
    while not stop.is_set():
        await _watch_folders(source, watched, changed)


async def _watch_folders(source: PreviewSource, watched: Watched, changed: Changed) -> None:
    watched.moved.clear()
    templates, catalogue = watched.folders.templates, watched.folders.catalogue
    sources = set(await asyncio.to_thread(source.catalogue_sources))
    folders = {path.resolve() for path in templates if path.is_dir()} | {path.parent for path in sources}
    if catalogue is not None and catalogue.is_dir():
        folders.add(catalogue.resolve())

    def is_catalogue(path: Path) -> bool:
        if path in sources or catalogue is None or not path.is_relative_to(catalogue.resolve()):
            return path in sources
        return not is_passed_over(path.relative_to(catalogue.resolve()))

    def matters(_: Change, name: str) -> bool:
        path = Path(name)
        return is_catalogue(path) or any(path.is_relative_to(folder.resolve()) for folder in templates)

    async for changes in awatch(
        *folders,
        watch_filter=matters,
        debounce=_GATHER,
        step=10,
        stop_event=watched.moved,
        ignore_permission_denied=True,
    ):
        if any(change is not Change.modified for change, _ in changes):
            # A file that is new or gone may change which of two templates of one name counts.
            template_environment.cache_clear()
        files = {path for _, name in changes if is_catalogue(path := Path(name))}
        changed(await asyncio.to_thread(_refreshed, source, files))


async def _watch_file(
    source: PreviewSource, seen: State | None, changed: Changed, stop: threading.Event
) -> None:
    while not stop.is_set():
        await asyncio.sleep(_LOOK)
        if (now := state_of(source.overrides_file)) != seen:
            seen = now
            changed(await asyncio.to_thread(_refreshed, source))


def _refreshed(source: PreviewSource, files: Collection[Path] = ()) -> Snapshot:
    try:
        return source.refresh(files)
    except Exception as error:
        # Whatever it is: a watcher that ends would leave a stale page without a word.
        return source.refuse(DigestError(f"the preview itself failed: {type(error).__name__}: {error}"))

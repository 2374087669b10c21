"""Reads the settings again when their file is saved: name, colours and address are part of the e-mail."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from digest.errors import DigestError
from digest.preview.saved import state_of
from digest.preview.source import PreviewSource, Snapshot
from digest.preview.watching import Folders, Watched

# How often the file is looked at, in seconds: it is one, whose folder may hold a database that never rests.
_LOOK = 0.1


@dataclass(frozen=True, slots=True)
class SavedSettings:
    """Where the settings are, and what reads and adopts them; it raises SettingsError for a mistake.

    ``reread`` returns where templates and catalogue stand by now.
    """

    file: Path
    reread: Callable[[], Folders]


async def watch_settings(
    settings: SavedSettings,
    source: PreviewSource,
    watched: Watched,
    changed: Callable[[Snapshot], None],
    stop: threading.Event,
) -> None:
    """Adopt what is saved and refresh ``source``, or tell what is wrong; return when ``stop`` is set.

    ``watched`` moves to the folders that the settings name.
    """
    seen = state_of(settings.file)
    while not stop.is_set():
        await asyncio.sleep(_LOOK)
        if (now := state_of(settings.file)) != seen:
            seen = now
            changed(await asyncio.to_thread(renewed, settings, source, watched))


def renewed(settings: SavedSettings, source: PreviewSource, watched: Watched) -> Snapshot:
    """Return the state under the settings as they are saved, or the last one with what is wrong with them."""
    try:
        watched.move(settings.reread())
    except DigestError as error:
        return source.refuse(error)
    return source.refresh()

"""Settings that are saved while the preview runs."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from digest.desk import Desk
from digest.errors import SettingsError
from digest.preview.settings import SavedSettings, renewed, watch_settings
from digest.preview.showing import Choice
from digest.preview.source import Snapshot
from digest.preview.watching import Folders, Watched
from digest.settings import Brand, Settings
from jobs.previewing import PreviewSurroundings
from jobs.sendout import SendOut
from tests.digest.preview.conftest import WEEK, Preview

NOWHERE = Folders(None, None)


def saved(preview: Preview, file: Path, brand: Brand) -> SavedSettings:
    settings = Settings(brand=brand)

    def reread() -> Folders:
        work = SendOut.of(settings, preview.database, preview.work.clock)
        preview.source.adopt(work.renderer, work.sample_message, Desk.of(settings))
        preview.room.adopt(work.renderer, PreviewSurroundings(work, WEEK))
        return NOWHERE

    return SavedSettings(file, reread)


def test_another_name_is_seen_in_every_mail(preview: Preview, tmp_path: Path) -> None:
    settings = saved(preview, tmp_path / "digest.toml", Brand(name="The Tool Gazette"))
    renewed(settings, preview.source, Watched(NOWHERE))

    for choice in (Choice(), Choice("mail", "confirm"), Choice("scenario", "one")):
        assert "The Tool Gazette" in preview.room.show(choice).html


def test_a_mistake_in_them_is_told_over_the_last_good_state(preview: Preview, tmp_path: Path) -> None:
    good = preview.source.snapshot

    def refuse() -> Folders:
        raise SettingsError("digest.toml: [brand] nmae: there is no such setting; did you mean name?")

    snapshot = renewed(SavedSettings(tmp_path / "digest.toml", refuse), preview.source, Watched(NOWHERE))

    assert (snapshot.html, snapshot.version) == (good.html, good.version + 1)
    assert "did you mean name?" in str(snapshot.error)


def test_saving_the_file_is_noticed(preview: Preview, tmp_path: Path) -> None:
    file, stop, states = tmp_path / "digest.toml", threading.Event(), list[Snapshot]()

    def changed(snapshot: Snapshot) -> None:
        states.append(snapshot)
        stop.set()

    async def save() -> None:
        settings = saved(preview, file, Brand(name="New"))
        watching = watch_settings(settings, preview.source, Watched(NOWHERE), changed, stop)
        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            tasks.create_task(watching)
            while not stop.is_set():
                await asyncio.to_thread(file.open("a").write, "[brand]\n")
                await asyncio.sleep(0.05)

    asyncio.run(save())

    assert "New" in states[0].html

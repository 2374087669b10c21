"""The watcher beside real files: an editor's file appears, changes and goes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from digest.catalogue import store as catalogue
from digest.clock import FixedClock
from digest.db import Database
from digest.preview.source import PreviewSource, Snapshot
from digest.preview.watching import Folders, Watched, watch
from digest.settings import IssueSettings, Settings
from digest.week import Week
from jobs.sendout import SendOut
from tests.factories import DESK, tool
from tests.pagetext import compact_page
from tests.stock import NOW, stock_pair


@pytest.fixture
def source(database: Database, tmp_path: Path) -> PreviewSource:
    with database.writing() as session:
        stock_pair(session)
    folder = tmp_path / "issues"
    work = SendOut.of(Settings(issue=IssueSettings(path=folder)), database, FixedClock(NOW))
    return PreviewSource(
        database,
        work.renderer,
        work.sample_message,
        FixedClock(NOW),
        week=Week.parse("2026-W47"),
        desk=replace(DESK, folder=folder),
    )


def test_the_weeks_file_is_noticed_when_it_comes_changes_and_goes(
    source: PreviewSource, tmp_path: Path
) -> None:
    templates = tmp_path / "templates"
    templates.mkdir()
    file = tmp_path / "issues" / "2026-W47.yaml"

    def save(text: str) -> None:
        """Save as editors do: a new file takes the old one's place."""
        file.parent.mkdir(exist_ok=True)
        beside = file.with_suffix(".new")
        beside.write_text(text)
        beside.replace(file)

    async def follow() -> list[str]:
        seen: asyncio.Queue[Snapshot] = asyncio.Queue()
        stop, watched = threading.Event(), Watched(Folders(templates, None))
        watcher = asyncio.create_task(watch(source, watched, seen.put_nowait, stop))
        shown = []
        # The watcher has to have looked once before there is a change to notice.
        await asyncio.sleep(0)
        for text in ("subject: First", "subject: Second", "subjct: Third", None):
            file.unlink() if text is None else save(text)
            snapshot = await asyncio.wait_for(seen.get(), 30)
            assert snapshot.email is not None
            shown.append("mistake" if snapshot.error else snapshot.email.subject)
        stop.set()
        await asyncio.wait_for(watcher, 30)
        return shown

    shown = asyncio.run(follow())
    assert shown[:3] == ["First", "Second", "mistake"]
    assert "Loupe" in shown[3]


def watched_while_saving(
    source: PreviewSource, first: Folders, then: Folders, save: Callable[[], object]
) -> None:
    """Watch ``first``, move on to ``then``, and save until that is noticed."""

    async def follow() -> None:
        seen: asyncio.Queue[Snapshot] = asyncio.Queue()
        stop, watched = threading.Event(), Watched(first)
        watcher = asyncio.create_task(watch(source, watched, seen.put_nowait, stop))
        await asyncio.sleep(0)
        watched.move(then)
        writing = asyncio.create_task(keep_saving())
        await asyncio.wait_for(seen.get(), 30)
        writing.cancel()
        stop.set()
        await asyncio.wait_for(watcher, 30)

    async def keep_saving() -> None:
        # When the watcher has begun to look cannot be seen from outside.
        while True:
            save()
            await asyncio.sleep(0.5)

    asyncio.run(follow())


def test_a_page_a_browser_saved_into_the_catalogues_folder_is_imported(
    source: PreviewSource, database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "catalogue"
    folder.mkdir()
    page = compact_page(tool("Mirror", 70), tool("Prism", 60))
    markup = "<!doctype html><title>x</title>" + "".join(f"<p>{line}</p>" for line in page.splitlines())
    folders = Folders(None, folder)
    watched_while_saving(source, folders, folders, lambda: (folder / "page.HTML").write_text(markup))

    assert source.snapshot.error is None
    with database.reading() as session:
        assert set(catalogue.ids_by_slug(session, ["mirror", "prism"])) == {"mirror", "prism"}


def test_folders_that_settings_name_later_are_watched_from_then_on(
    source: PreviewSource, tmp_path: Path
) -> None:
    parts = tmp_path / "late" / "email" / "parts"
    parts.mkdir(parents=True)
    before = source.snapshot.version
    watched_while_saving(
        source,
        Folders(None, None),
        Folders(tmp_path / "late", None),
        lambda: (parts / "footer.html.j2").write_text("{# nothing #}"),
    )

    assert source.snapshot.version > before

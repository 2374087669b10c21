"""A preview over a real database, with the surroundings it has in the product."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from digest.clock import FixedClock
from digest.db import Database
from digest.desk import Desk
from digest.preview.showing import Showroom
from digest.preview.source import PreviewSource
from digest.settings import Settings, TemplateSettings
from digest.templating import shipped_templates, template_environment
from digest.week import Week
from jobs.previewing import PreviewSurroundings
from jobs.sendout import SendOut
from tests.stock import NOW, stock_pair

WEEK = Week.parse("2026-W47")


@dataclass(frozen=True)
class Preview:
    """The parts of one preview. ``templates`` are an editor's own, empty at first."""

    database: Database
    work: SendOut
    source: PreviewSource
    room: Showroom
    templates: Path

    def take_over(self, name: str, old: str, new: str) -> Path:
        """Save an own copy of a shipped template with ``new`` in ``old``'s place; return its path."""
        path = self.templates / "email" / name
        text = (path if path.exists() else shipped_templates() / "email" / name).read_text("utf-8")
        assert old in text
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(old, new), "utf-8")
        template_environment.cache_clear()  # as the watcher does for a file that is new
        return path


def preview_of(database: Database, templates: Path, settings: Settings | None = None) -> Preview:
    (templates / "email").mkdir(parents=True, exist_ok=True)
    settings = (settings or Settings()).model_copy(update={"templates": TemplateSettings(path=templates)})
    work = SendOut.of(settings, database, FixedClock(NOW))
    source = PreviewSource(
        database, work.renderer, work.sample_message, FixedClock(NOW), week=WEEK, desk=Desk.of(settings)
    )
    room = Showroom(source, database, work.renderer, PreviewSurroundings(work, WEEK), WEEK)
    return Preview(database, work, source, room, templates)


@pytest.fixture(scope="module")
def kept_templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("own")


@pytest.fixture
def own_templates(kept_templates: Path) -> Iterator[Path]:
    """An editor's folder of templates, empty at first.

    It is one folder for a whole module: compiling templates, once for each folder, takes longer than most
    tests do.
    """
    yield kept_templates
    email = kept_templates / "email"
    if email.is_dir() and any(email.iterdir()):
        shutil.rmtree(email)
        template_environment.cache_clear()


@pytest.fixture
def preview(database: Database, own_templates: Path) -> Preview:
    """The preview of a week with one matchup, rendered once."""
    return stocked_preview(database, own_templates)


def stocked_preview(database: Database, templates: Path, settings: Settings | None = None) -> Preview:
    """Return the preview of a week with one matchup, rendered once."""
    with database.writing() as session:
        stock_pair(session)
    made = preview_of(database, templates, settings)
    made.source.refresh()
    return made

"""The readers' pages, as ``jobs.app`` puts them together, over a real list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from digest.clock import FixedClock
from digest.db import Database
from digest.settings import Settings
from jobs.app import web_app
from tests.conftest import anew
from tests.subscribers.conftest import MORNING

KEY = "the newest key, thirty-two letters"
AppOf = Callable[..., FastAPI]


@pytest.fixture
def database(standing_database: Database, empty_database_file: Path) -> Iterator[Database]:
    with anew(standing_database, empty_database_file) as database:
        yield database


@pytest.fixture(scope="module")
def standing_clock() -> FixedClock:
    return FixedClock(MORNING)


@pytest.fixture
def clock(standing_clock: FixedClock) -> FixedClock:
    standing_clock.at = MORNING
    return standing_clock


@pytest.fixture(scope="module")
def usual_app(standing_database: Database, standing_clock: FixedClock) -> FastAPI:
    """The application under no settings but a key; it keeps nothing but in the database."""
    return web_app(Settings.model_validate({"web": {"secret_key": KEY}}), standing_database, standing_clock)


@pytest.fixture
def app_of(database: Database, clock: FixedClock, usual_app: FastAPI) -> AppOf:
    """Return the whole web application under the given settings."""

    def made(**settings: Any) -> FastAPI:
        if not settings:
            return usual_app
        web = {"secret_key": KEY} | settings.pop("web", {})
        return web_app(Settings.model_validate({"web": web, **settings}), database, clock)

    return made


@pytest.fixture
def site(app_of: AppOf) -> TestClient:
    """A browser on the site; its requests come from nowhere known."""
    return TestClient(app_of(), follow_redirects=False)

"""The readers' pages, as ``jobs.app`` puts them together, over a real list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from digest.clock import FixedClock
from digest.db import Database
from digest.settings import Settings
from jobs.app import web_app

KEY = "the newest key, thirty-two letters"
AppOf = Callable[..., FastAPI]


@pytest.fixture
def app_of(database: Database, clock: FixedClock) -> AppOf:
    """Return the whole web application under the given settings."""

    def made(**settings: Any) -> FastAPI:
        web = {"secret_key": KEY} | settings.pop("web", {})
        return web_app(Settings.model_validate({"web": web, **settings}), database, clock)

    return made


@pytest.fixture
def site(app_of: AppOf) -> TestClient:
    """A browser on the site; its requests come from nowhere known."""
    return TestClient(app_of(), follow_redirects=False)

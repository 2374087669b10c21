"""The web application: every room's routes on one FastAPI app."""

from __future__ import annotations

from fastapi import FastAPI

from digest.clock import Clock
from digest.db import Database
from digest.settings import Settings


def web_app(settings: Settings, database: Database, clock: Clock) -> FastAPI:
    """Return the public pages; raises SettingsError."""
    raise NotImplementedError

"""The API over a real database, asked as a program would ask."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from digest.catalogue import store
from digest.catalogue.keys import create_key
from digest.clock import FixedClock
from digest.db import Database
from digest.issues.rows import IssueRow, MatchupRow
from digest.settings import Settings
from digest.web.api.app import mount_api
from digest.web.api.services import ApiServices
from digest.web.pages import Pages
from digest.web.problems import add_problem_pages
from digest.web.security import protect
from tests.factories import tool
from tests.stock import NOW

AppOf = Callable[..., FastAPI]


@pytest.fixture(scope="module")
def standing_clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def clock(standing_clock: FixedClock) -> FixedClock:
    standing_clock.at = NOW
    return standing_clock


def api_under(settings: Settings, database: Database, clock: FixedClock) -> FastAPI:
    """Return the API behind the same guards as in ``jobs.app``."""
    app, pages = FastAPI(openapi_url=None, redirect_slashes=False), Pages.of(settings)
    mount_api(app, ApiServices.of(settings, database, clock), pages)
    add_problem_pages(app, pages)
    protect(app, https=False)
    return app


@pytest.fixture
def app_of(database: Database, clock: FixedClock) -> AppOf:
    """Return the API under the given settings."""
    return lambda **settings: api_under(Settings.model_validate(settings), database, clock)


@pytest.fixture(scope="module")
def standing_app(standing_database: Database, standing_clock: FixedClock) -> FastAPI:
    return api_under(Settings(), standing_database, standing_clock)


@pytest.fixture
def app(standing_app: FastAPI, database: Database, clock: FixedClock) -> FastAPI:
    """The API as it is without any settings; it keeps nothing but in the database."""
    return standing_app


@pytest.fixture
def key(database: Database) -> str:
    with database.writing() as session:
        return create_key(session, "website", NOW)[0]


@pytest.fixture
def stranger(app: FastAPI) -> TestClient:
    """A client without a key; it sees errors as programs see them."""
    return TestClient(app, raise_server_exceptions=False, follow_redirects=False)


@pytest.fixture
def client(app: FastAPI, key: str) -> TestClient:
    """A client with a key, below /api/v1."""
    return TestClient(
        app,
        base_url="http://testserver/api/v1/",
        headers={"Authorization": f"Bearer {key}"},
        raise_server_exceptions=False,
        follow_redirects=False,
    )


@pytest.fixture
def issue_of_two(database: Database) -> tuple[str, str]:
    """The slugs of two tools that stand in an issue."""
    with database.writing() as session:
        left, right = (
            store.add_tool(session, tool(name, 88, 78, 82), "test", NOW) for name in ("Loupe", "Lantern")
        )
        session.flush()
        session.add(
            IssueRow(
                newsletter="main",
                week="2026-W47",
                status="draft",
                seed=1,
                built_at=NOW,
                matchups=[MatchupRow(position=0, left_id=left.id, right_id=right.id)],
            )
        )
        return left.slug, right.slug


@pytest.fixture
def server(app: FastAPI) -> Iterator[str]:
    """The address of a live server, for clients that are processes or threads of their own."""
    live = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    thread = threading.Thread(target=live.run)
    thread.start()
    try:
        while not live.started:
            thread.join(0.01)
            assert thread.is_alive(), "the server did not start"
        yield f"http://127.0.0.1:{live.servers[0].sockets[0].getsockname()[1]}"
    finally:
        live.should_exit = True
        thread.join()

"""The public pages over a real database, asked as a browser would ask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from digest.db import Database
from tests.conftest import anew
from tests.digest.web.publishing import publish, site


@pytest.fixture
def database(standing_database: Database, empty_database_file: Path) -> Iterator[Database]:
    with anew(standing_database, empty_database_file) as database:
        yield database


@pytest.fixture(scope="module")
def published_file(tmp_path_factory: pytest.TempPathFactory, empty_database_file: Path) -> Path:
    """A database with a small archive to copy."""
    path = tmp_path_factory.mktemp("published") / "published.db"
    path.write_bytes(empty_database_file.read_bytes())
    database = Database(f"sqlite:///{path}")
    publish(database)
    database.fold()
    database.close()
    return path


@pytest.fixture(scope="module")
def standing_site(standing_database: Database) -> FastAPI:
    return site(standing_database)


@pytest.fixture
def client(database: Database, published_file: Path, standing_site: FastAPI) -> Iterator[TestClient]:
    """A client of a site with a small archive: follows no redirect, shows errors as readers see them."""
    with anew(database, published_file):
        yield TestClient(standing_site, raise_server_exceptions=False, follow_redirects=False)

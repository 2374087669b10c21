"""The public pages over a real database, asked as a browser would ask."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from digest.db import Database
from tests.digest.web.publishing import publish, site


@pytest.fixture
def client(database: Database) -> TestClient:
    """A client of a site with a small archive: follows no redirect, shows errors as readers see them."""
    publish(database)
    return TestClient(site(database), raise_server_exceptions=False, follow_redirects=False)

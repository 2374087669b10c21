"""The list of readers and the issue, on whichever database a test is about."""

from __future__ import annotations

import pytest

from digest.db import Database
from tests.jobs.mailing import Mailing, mailing_in


@pytest.fixture
def mailing(database: Database) -> Mailing:
    """A started issue with an audience of ten."""
    return mailing_in(database, readers=10)

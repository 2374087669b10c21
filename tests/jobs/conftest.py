"""A list of readers, and an issue to send to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.mailing import Mailing, new_mailing


@pytest.fixture
def mailing(tmp_path: Path) -> Iterator[Mailing]:
    """A started issue with an audience of ten."""
    made = new_mailing(tmp_path / "digest.db", readers=10)
    yield made
    made.database.close()

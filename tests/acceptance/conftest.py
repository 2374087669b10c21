"""A desk with a live SMTP server that catches what it sends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.inbox.catcher import catching
from tests.acceptance.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with catching(tmp_path / "inbox") as port:
        yield Desk(tmp_path, port)

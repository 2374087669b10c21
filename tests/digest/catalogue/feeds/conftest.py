"""A live web site, for all that is about fetching."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.websites import Site, serving_site


@pytest.fixture
def site() -> Iterator[Site]:
    with serving_site() as site:
        yield site

"""What a browser's Accept-Language header makes of a page."""

from __future__ import annotations

import pytest

from digest.web.languages import wished


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT, de;q=0.9, en;q=0.5", "de"),
        ("en-GB, de;q=0.9", "en"),
        ("fr, de;q=0.3, en;q=0.2", "de"),
        ("fr, es", "en"),
        ("de;q=0", "en"),
        ("de;q=much, en", "en"),
        ("../de, *", "en"),
        ("fr," * 1_000 + "de", "en"),
    ],
)
def test_the_language_of_ours_that_is_liked_best_is_taken(header: str, language: str) -> None:
    assert wished(header) == language

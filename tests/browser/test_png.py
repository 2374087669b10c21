"""Small PNGs, written and read back; test_screenshots.py has a browser read them, too."""

from __future__ import annotations

import struct
import zlib
from itertools import chain

import numpy as np
import pytest

from tests.browser.png import Pixels, pixels_of, small_png

COLOURS = np.array([(20, 24, 28), (255, 255, 255), (0, 102, 77)], np.uint8)


def striped() -> Pixels:
    return COLOURS[np.arange(7 * 5).reshape(7, 5) % 3]


def png(rows: list[list[int]], width: int, colour: int = 2) -> bytes:
    """Return a PNG of rows that begin with their filter."""
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, len(rows), 8, colour, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes(chain.from_iterable(rows)))),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )


def test_a_small_png_is_read_back_as_it_was_drawn() -> None:
    assert np.array_equal(pixels_of(small_png(striped())), striped())


def test_rows_that_say_what_they_add_to_those_above_are_added_up() -> None:
    rows = [[2, 250, 1, 2, 10, 20, 30], [2, 10, 1, 1, 0, 0, 0]]
    assert pixels_of(png(rows, 2)).tolist() == [
        [[250, 1, 2], [10, 20, 30]],
        [[4, 2, 3], [10, 20, 30]],
    ]


@pytest.mark.parametrize(
    ("rows", "colour"),
    [([[1, 1, 2, 3]], 2), ([[0, 1, 2, 3], [4, 1, 2, 3]], 2), ([[0, 1, 2, 3, 255]], 6)],
    ids=["filtered by the left", "filtered in two ways", "transparent"],
)
def test_a_png_of_another_kind_is_refused(rows: list[list[int]], colour: int) -> None:
    with pytest.raises(ValueError, match=r"kind|filtered"):
        pixels_of(png(rows, 1, colour))

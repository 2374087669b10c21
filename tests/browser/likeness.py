"""Whether two pictures of a page look the same to a person, whatever a browser made of the edges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.browser.png import Pixels

# A step of one channel, of 255. Anti-aliasing and a palette of 32 colours stay below, another shade does not.
_STEP = 16
# So many pixels of a half-size picture are less than a word of small print.
_MOST = 32
# By how much the height may differ: a rounding here and there, but never a line.
_HEIGHT = 2

# The mean of four, for each of their sums.
_QUARTERS = (np.arange(4 * 255 + 1) / 4).round().astype(np.uint8)

_Levels = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two pictures are not alike, and that in words: "" if a person sees nothing of it."""

    where: NDArray[np.bool_]
    said: str


def halved(pixels: Pixels) -> Pixels:
    """Return the picture at half its width and height, an odd last row or column left out."""
    height, width = (side // 2 for side in pixels.shape[:2])
    whole = pixels[: 2 * height, : 2 * width].astype(np.uint16)
    rows = whole[::2] + whole[1::2]
    smaller: Pixels = _QUARTERS[rows[:, ::2] + rows[:, 1::2]]
    return smaller


def difference(one: Pixels, other: Pixels) -> Difference:
    """Return in what ``one`` differs from ``other`` for a person who looks at both.

    Both are softened; then a pixel is alike if it is no darker and no lighter than what the other has in its
    place and next to it. So a letter that is drawn heavier or a hair further on is alike, and one that is
    missing is not.
    """
    height, width = (min(sides) for sides in zip(one.shape[:2], other.shape[:2], strict=True))
    soft, soft_other = _softened(one[:height, :width]), _softened(other[:height, :width])
    where = _stranger(soft, soft_other) | _stranger(soft_other, soft)
    return Difference(where, _words(one, other, int(where.sum())))


def marked(pixels: Pixels, where: NDArray[np.bool_]) -> Pixels:
    """Return the picture made pale, with red where ``where`` says."""
    height, width = where.shape
    pale = 255 - (255 - pixels[:height, :width]) // 4
    pale[where] = (220, 0, 0)
    return pale


def _words(one: Pixels, other: Pixels, count: int) -> str:
    if one.shape[1] != other.shape[1] or abs(one.shape[0] - other.shape[0]) > _HEIGHT:
        return "it is {} by {} pixels, not {} by {}".format(*one.shape[1::-1], *other.shape[1::-1])
    return f"{count} pixels are not alike" if count > _MOST else ""


def _softened(pixels: Pixels) -> _Levels:
    """Return each pixel as the mean of the nine round it."""
    return _round_each(pixels.astype(np.int16), np.add) // 9


def _stranger(one: _Levels, other: _Levels) -> NDArray[np.bool_]:
    """Return which pixels of ``one`` are darker or lighter than all of ``other`` round their place."""
    lighter = one - _round_each(other, np.maximum)
    darker = _round_each(other, np.minimum) - one
    strange: NDArray[np.bool_] = np.maximum(lighter, darker).max(axis=2) > _STEP
    return strange


def _round_each(levels: _Levels, joined: Callable[[_Levels, _Levels], _Levels]) -> _Levels:
    """Return for each pixel the nine round it, joined; beyond the edge it goes on as it ended."""
    wide = np.pad(levels, ((1, 1), (1, 1), (0, 0)), mode="edge")
    rows = joined(joined(wide[:-2], wide[1:-1]), wide[2:])
    return joined(joined(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:])

"""Writes small PNGs: a picture of a page has few colours that matter, and stays readable in thirty-two.

Reads them back, and what Chromium writes if it has to be quick.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

# Rows of pixels, each red, green and blue.
Pixels = NDArray[np.uint8]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_DEPTH, _TRUE_COLOUR, _PALETTE_COLOUR = 8, 2, 3
# What a row is filtered by (PNG specification, 9.2).
_NONE, _UP = 0, 2


def small_png(pixels: Pixels, colours: int = 32) -> bytes:
    """Return a PNG of ``pixels`` in at most ``colours`` (up to 256) colours; the same for the same pixels."""
    height, width, _ = pixels.shape
    palette, places = _reduced(pixels, colours)
    # Each row begins with its filter; 0 is none, which suits a palette best.
    rows = np.pad(places.reshape(height, width), ((0, 0), (1, 0)))
    header = struct.pack(">IIBBBBB", width, height, _DEPTH, _PALETTE_COLOUR, 0, 0, 0)
    return b"".join(
        (
            _SIGNATURE,
            _chunk(b"IHDR", header),
            _chunk(b"PLTE", palette.tobytes()),
            _chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)),
            _chunk(b"IEND", b""),
        )
    )


def pixels_of(png: bytes) -> Pixels:
    """Return the pixels of a PNG without transparency whose rows are all unfiltered or all filtered by "up".

    Raises ValueError for any other; a browser can read them all.
    """
    parts: dict[bytes, bytes] = {}
    at = len(_SIGNATURE)
    while at < len(png):
        size, kind = struct.unpack_from(">I4s", png, at)
        parts[kind] = parts.get(kind, b"") + png[at + 8 : at + 8 + size]
        at += 12 + size
    width, height, depth, colour, *_, interlaced = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    if (depth, interlaced) != (_DEPTH, 0) or colour not in (_TRUE_COLOUR, _PALETTE_COLOUR):
        raise ValueError(f"a PNG of another kind: {parts[b'IHDR']!r}")
    rows = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(height, -1)
    filters, samples = set(rows[:, 0].tolist()), rows[:, 1:]
    if filters == {_UP}:
        samples = np.add.accumulate(samples, axis=0, dtype=np.uint8)
    elif filters != {_NONE}:
        raise ValueError(f"rows are filtered by {filters}")
    if colour == _PALETTE_COLOUR:
        samples = np.frombuffer(parts[b"PLTE"], np.uint8).reshape(-1, 3)[samples]
    return samples.reshape(height, width, 3)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _reduced(pixels: Pixels, most: int) -> tuple[Pixels, NDArray[np.uint8]]:
    """Return a palette and each pixel's place in it.

    The commonest colour comes first, then ever the one that is furthest from those chosen, the common ones
    weighing more: a rare vermilion is kept, and so is the second-commonest grey.
    """
    packed = pixels.reshape(-1, 3).astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    known, place, count = np.unique(packed, return_inverse=True, return_counts=True)
    colours = np.stack([known >> 16, known >> 8 & 255, known & 255], axis=1).astype(np.int32)
    chosen = int(count.argmax())
    nearest = np.zeros(len(known), np.uint8)
    distance = ((colours - colours[chosen]) ** 2).sum(axis=1)
    palette = [colours[chosen]]
    while len(palette) < min(most, len(known)):
        chosen = int((distance * np.sqrt(count)).argmax())
        other = ((colours - colours[chosen]) ** 2).sum(axis=1)
        nearest[other < distance] = len(palette)
        distance = np.minimum(distance, other)
        palette.append(colours[chosen])
    return np.array(palette, np.uint8), nearest[place]

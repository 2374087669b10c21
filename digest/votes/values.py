"""What readers' votes make of what a source says."""

from __future__ import annotations

from digest.catalogue.values import Community


def together(source: Community | None, ships: int, skips: int) -> Community | None:
    """Return a source's votes with our readers' own.

    A share without counts cannot be added to: where that is all a source states, ours stand alone as soon as
    there are any.
    """
    if not ships + skips:
        return source
    stated = source or Community()
    return Community(ships=(stated.ships or 0) + ships, skips=(stated.skips or 0) + skips)

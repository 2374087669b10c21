"""Time zones as people look for them: by the city they know."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

from digest.errors import BadInput

# The regions of the IANA database; what stands outside of them is an old or technical name.
_REGIONS = (
    *("Africa", "America", "Antarctica", "Arctic", "Asia"),
    *("Atlantic", "Australia", "Europe", "Indian", "Pacific"),
)
UTC = "UTC"
# More suggestions than these help nobody.
_MOST = 5


@cache
def zone_names() -> tuple[str, ...]:
    """Return the zones that are offered, in the order of their names; UTC is the last."""
    named = (name for name in available_timezones() if name.partition("/")[0] in _REGIONS and "/" in name)
    return (*sorted(named), UTC)


def find_zone(text: str) -> str:
    """Return the one zone that ``text`` means: its name in any spelling, or the city at its end.

    Raises BadInput for none, and for several, some of which it names.
    """
    wanted = _folded(text)
    known = {_folded(name): name for name in zone_names()}
    if wanted in known:
        return known[wanted]
    cities = [name for name in zone_names() if wanted and _folded(name).endswith(f"/{wanted}")]
    if len(cities) == 1:
        return cities[0]
    near = cities or [name for folded, name in known.items() if wanted and wanted in folded]
    if not near:
        raise BadInput("we know no such time zone; name one by its city, like Europe/Paris")
    raise BadInput(f"name the time zone in full: {', '.join(near[:_MOST])}")


def _folded(text: str) -> str:
    return "_".join(text.casefold().split())

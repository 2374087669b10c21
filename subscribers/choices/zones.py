"""Time zones as people look for them: by the city they know."""

from __future__ import annotations

from difflib import get_close_matches
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
_MOST_GUESSES = 3
# "Berln" and "New Yrok" are closer than this to what was meant, another city's name hardly ever is.
_ALIKE = 0.75


class UnknownZone(BadInput):
    """What was typed names no time zone, or several."""


@cache
def zone_names() -> tuple[str, ...]:
    """Return the zones that are offered, in the order of their names; UTC is the last."""
    named = (name for name in available_timezones() if name.partition("/")[0] in _REGIONS and "/" in name)
    return (*sorted(named), UTC)


def find_zone(text: str) -> str:
    """Return the one zone that ``text`` means: its name in any spelling, or the city at its end.

    Raises UnknownZone for none, naming those that are spelt nearly so, and for several, naming some.
    """
    wanted = _folded(text)
    known = {_folded(name): name for name in zone_names()}
    if wanted in known:
        return known[wanted]
    cities = [name for name in zone_names() if wanted and _folded(name).endswith(f"/{wanted}")]
    if len(cities) == 1:
        return cities[0]
    near = cities or [name for folded, name in known.items() if wanted and wanted in folded]
    if near:
        raise UnknownZone(f"name the time zone in full: {', '.join(near[:_MOST])}")
    if alike := _alike(wanted):
        raise UnknownZone(f"we know no such time zone; did you mean one of these: {', '.join(alike)}")
    raise UnknownZone("we know no such time zone; name a large city near you, like Berlin")


def _alike(wanted: str) -> list[str]:
    """Return the zones whose name, or city, is nearly what was typed, the likeliest first."""
    spelt: dict[str, str] = {}
    for name in zone_names():
        spelt |= {_folded(name): name, _folded(name.rpartition("/")[2]): name}
    found = get_close_matches(wanted, spelt, n=2 * _MOST_GUESSES, cutoff=_ALIKE)
    return list(dict.fromkeys(spelt[one] for one in found))[:_MOST_GUESSES]


def _folded(text: str) -> str:
    return "_".join(text.casefold().split())

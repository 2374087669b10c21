"""Time zones found by what people type."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from digest.errors import BadInput
from subscribers.choices.zones import UnknownZone, find_zone, zone_names

pytestmark = pytest.mark.both_databases


def test_every_offered_zone_exists_and_finds_itself() -> None:
    names = zone_names()
    assert len(names) > 300
    assert {"Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"} <= set(names)
    for name in names:
        assert ZoneInfo(name).key == find_zone(name)


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("europe/berlin", "Europe/Berlin"),
        ("  Berlin ", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("utc", "UTC"),
    ],
)
def test_a_city_is_enough(typed: str, zone: str) -> None:
    assert find_zone(typed) == zone


@pytest.mark.parametrize("typed", ["", " ", "Atlantis", "/etc/passwd", "../UTC", "posixrules", "Etc/GMT+5"])
def test_what_is_no_zone_is_refused(typed: str) -> None:
    with pytest.raises(BadInput, match="no such time zone"):
        find_zone(typed)


@pytest.mark.parametrize(
    ("typed", "zone"),
    [("Berln", "Europe/Berlin"), ("europe/pariss", "Europe/Paris"), ("New Yrok", "America/New_York")],
)
def test_a_slip_of_the_pen_is_answered_with_what_was_meant(typed: str, zone: str) -> None:
    with pytest.raises(UnknownZone, match=f"did you mean one of these: {zone}"):
        find_zone(typed)


def test_a_city_without_a_zone_of_its_own_is_answered_with_what_to_type() -> None:
    with pytest.raises(UnknownZone, match="a large city near you, like Berlin"):
        find_zone("hamburg")


def test_a_word_of_several_names_some_of_them() -> None:
    with pytest.raises(BadInput, match="in full: America/Indiana/Indianapolis, America/Indiana/Knox"):
        find_zone("indiana/")

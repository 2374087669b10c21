from datetime import date, timedelta
from typing import Any

from digest.catalogue.values import Tool
from digest.issues.values import Overrides
from digest.selection import Candidates, candidates
from tests.factories import FRIDAY, tool


def choose(*tools: Tool, featured: set[str] | None = None, **values: Any) -> Candidates:
    decided = {name: values.pop(name) for name in ("pairs", "pins", "leave_out") if name in values}
    arguments: dict[str, Any] = {"as_of": FRIDAY, "min_takes": 0, "overrides": Overrides(**decided)}
    return candidates(tools, featured or set(), **(arguments | values))


def reasons(found: Candidates) -> list[str]:
    return [str(one) for one in found.left_out]


def test_the_ledger_decides_what_is_new_not_the_date() -> None:
    late = tool("Late", published_on=date(2025, 1, 1))
    known = tool("Known", published_on=FRIDAY)
    found = choose(known, late, featured={"known"})
    assert found.new == (late,)
    assert found.incumbents == (known,)
    assert found.left_out == ()


def test_a_tool_from_the_future_waits_for_its_day() -> None:
    future = tool("Future", published_on=date(2026, 12, 1))
    assert reasons(choose(future)) == ["Future is not out before 2026-12-01"]
    assert choose(future, as_of=date(2026, 12, 1)).new == (future,)


def test_a_tool_waits_for_its_panel() -> None:
    early, ready = tool("Early", 80, None), tool("Ready", 80, 70, None)
    found = choose(early, ready, min_takes=3)
    assert found.new == (ready,)
    assert reasons(found) == ["Early waits for its panel: 2 of at least 3 takes are in"]


def test_an_embargo_ends_on_its_day() -> None:
    secret = tool("Secret", embargoed_until=FRIDAY)
    assert choose(secret).new == (secret,)
    early = choose(secret, as_of=FRIDAY - timedelta(1))
    assert reasons(early) == ["Secret is under embargo until 2026-11-20"]


def test_excluded_tools_are_out_and_so_are_those_the_editor_leaves_out() -> None:
    found = choose(tool("Spam", excluded="an advertisement"), tool("Dull"), leave_out=("dull",))
    assert found.new == ()
    assert reasons(found) == [
        "Dull is left out this week by the editor",
        "Spam is excluded: an advertisement",
    ]


def test_no_rival_is_excluded_under_embargo_or_without_its_panel() -> None:
    tools = [
        tool("Gone", 1, 2, 3, excluded="closed down"),
        tool("Secret", 1, 2, 3, embargoed_until=date(2027, 1, 1)),
        tool("Empty"),
        tool("Fit", 1, 2, 3),
    ]
    found = choose(*tools, featured={one.slug for one in tools}, min_takes=3)
    assert [one.slug for one in found.incumbents] == ["fit"]
    assert found.left_out == (), "nobody waits who had an issue"


def test_of_two_listings_of_one_name_the_older_goes_first() -> None:
    older = tool("Loupe", published_on=FRIDAY - timedelta(9))
    newer = tool("LOUPE", slug="loupe-2")
    found = choose(newer, older)
    assert found.new == (older,)
    assert reasons(found) == ["LOUPE is listed twice; loupe goes first and loupe-2 waits"]


def test_a_pinned_listing_goes_before_an_older_one_of_its_name() -> None:
    older, newer = tool("Loupe", published_on=FRIDAY - timedelta(9)), tool("LOUPE", slug="loupe-2")
    assert choose(newer, older, pins=("loupe-2",)).new == (newer,)


def test_no_rival_bears_the_name_of_a_new_tool_or_of_another_rival() -> None:
    namesake, first = tool("Loupe", slug="loupe-1"), tool("Lamp", published_on=FRIDAY - timedelta(9))
    again = tool("lamp", slug="lamp-2")
    found = choose(namesake, first, again, tool("LOUPE"), featured={"loupe-1", "lamp", "lamp-2"})
    assert found.incumbents == (again,)


def test_an_editors_pin_needs_neither_day_nor_panel_nor_a_first_time() -> None:
    future, seen = tool("Future", published_on=date(2027, 1, 1)), tool("Seen")
    found = choose(future, seen, featured={"seen"}, min_takes=3, pins=("future", "seen"))
    assert {one.slug for one in found.new} == found.pinned == {"future", "seen"}


def test_the_catalogues_pin_still_needs_day_and_panel() -> None:
    found = choose(tool("Loved", 1, 2, 3, pinned=True), tool("Early", pinned=True), min_takes=3)
    assert found.pinned == {"loved"}


def test_a_catalogues_pin_does_not_bring_back_what_had_its_issue() -> None:
    found = choose(tool("Seen", pinned=True), featured={"seen"})
    assert (found.new, found.pinned) == ((), frozenset())


def test_forced_tools_stand_as_they_are_and_seek_no_partner() -> None:
    left, right, seen = tool("Left"), tool("Right", published_on=date(2027, 1, 1)), tool("Seen")
    namesake = tool("RIGHT", slug="right-2")
    found = choose(
        left, right, seen, namesake, featured={"seen"}, pairs=(("right", "left"), ("right", "seen"))
    )
    assert found.forced == ((right, left), (right, seen))
    assert (found.new, found.incumbents) == ((), ())
    assert reasons(found) == ["RIGHT is listed twice; right goes first and right-2 waits"]

from datetime import date

from digest.selection import candidates
from tests.factories import FRIDAY, tool


def test_the_ledger_decides_what_is_new_not_the_date() -> None:
    late = tool("Late", published_on=date(2025, 1, 1))
    known = tool("Known", published_on=FRIDAY)
    found = candidates([known, late], {"known"}, as_of=FRIDAY, size=5)
    assert found.new == (late,)
    assert found.incumbents == (known,)


def test_a_tool_from_the_future_waits_for_its_day() -> None:
    future = tool("Future", published_on=date(2026, 12, 1))
    assert candidates([future], (), as_of=FRIDAY, size=5).postdated == (future,)
    assert candidates([future], (), as_of=date(2026, 12, 1), size=5).new == (future,)


def test_what_finds_no_room_waits_and_the_oldest_go_first() -> None:
    tools = [tool(f"T{day:02d}", published_on=date(2026, 11, day)) for day in range(1, 8)]
    found = candidates(reversed(tools), (), as_of=FRIDAY, size=2)
    assert found.new == tuple(tools[:4])
    assert found.waiting == tuple(tools[4:])

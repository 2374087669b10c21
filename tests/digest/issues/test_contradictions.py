from datetime import date

import pytest

from digest.catalogue.values import Tool
from digest.errors import BadInput
from digest.issues.contradictions import check_overrides
from digest.issues.values import Overrides
from tests.factories import FRIDAY, tool

TOOLS = {
    one.slug: one
    for one in (
        tool("A"),
        tool("B"),
        tool("C"),
        tool("Gone", excluded="closed down"),
        tool("Secret", embargoed_until=date(2027, 1, 1)),
        tool("Early", published_on=date(2027, 1, 1)),
    )
}


def check(overrides: Overrides, tools: dict[str, Tool] = TOOLS) -> None:
    check_overrides(overrides, tools, as_of=FRIDAY, size=2)


@pytest.mark.parametrize(
    ("overrides", "complaint"),
    [
        (Overrides(pairs=(("a", "a"),)), "a stands against itself"),
        (Overrides(pairs=(("a", "b"), ("b", "a"))), "b and a stand there twice"),
        (Overrides(pairs=(("a", "b"),), bans=(("b", "a"),)), "a and b are also under bans"),
        (Overrides(pairs=(("a", "b"),), leave_out=("b",)), "pairs: b is also under leave_out"),
        (Overrides(pins=("a",), leave_out=("a",)), "pins: a is also under leave_out"),
        (Overrides(order=("a",), leave_out=("a",)), "order: a is also under leave_out"),
        (Overrides(pairs=(("a", "gone"),)), "gone is excluded in the catalogue (closed down)"),
        (Overrides(pins=("secret",)), "secret is under embargo until 2027-01-01"),
        (Overrides(pins=("nobody",)), "there is no tool nobody"),
        (Overrides(pairs=(("a", "b"), ("a", "c"), ("b", "c"))), "more than the 2 an issue holds"),
    ],
)
def test_what_contradicts_itself_or_a_tool_is_named(overrides: Overrides, complaint: str) -> None:
    with pytest.raises(BadInput) as refused:
        check(overrides)
    assert complaint in str(refused.value)


def test_an_editor_may_go_before_date_and_panel_and_show_a_tool_twice() -> None:
    check(Overrides(pairs=(("a", "early"), ("a", "b")), pins=("c",), bans=(("a", "c"),), order=("c",)))

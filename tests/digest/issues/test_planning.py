from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.catalogue.values import Tool
from digest.issues.planning import IssuePlan, plan_issue
from digest.week import Week
from tests.factories import FRIDAY, PANEL, tool

WEEK = Week.parse("2026-W47")


def plan(tools: list[Tool], **changes: Any) -> IssuePlan:
    history: dict[str, Any] = {"featured": (), "met": (), "compared": ()}
    arguments = history | {"panel": PANEL, "as_of": FRIDAY, "size": 16}
    return plan_issue(WEEK, tools, **(arguments | changes))


def test_a_week_becomes_an_issue_with_subject_and_preheader() -> None:
    content = plan([tool("Loupe", 88, 78, 82, 52), tool("Lantern", 88, 82, 85, 79)]).content
    assert content is not None
    assert "Lantern" in content.subject
    assert content.preheader


def test_a_week_with_one_new_tool_has_no_issue_and_says_why() -> None:
    alone = plan([tool("Loupe")])
    assert alone.content is None
    assert alone.left_out == ["Loupe has nobody to meet and waits for the next week"]


def test_no_more_matchups_than_the_issue_holds_and_the_rest_waits() -> None:
    made = plan([tool(f"T{number}") for number in range(7)], size=2)
    assert made.content is not None
    assert len(made.content.matchups) == 2
    assert len(made.waiting) == 3


def test_when_every_new_tool_needs_a_rival_the_size_still_holds() -> None:
    new = [tool(f"New {number}") for number in range(4)]
    old = [tool(f"Old {number}") for number in range(4)]
    met = {frozenset((one.slug, other.slug)) for one in new for other in new if one is not other}
    made = plan([*new, *old], featured={one.slug for one in old}, met=met, size=2)
    assert made.content is not None
    assert len(made.content.matchups) == 2
    assert len(made.waiting) == 2


@given(
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from("ABC")), unique_by=lambda pair: pair[0]),
    st.randoms(),
)
@settings(max_examples=50, deadline=None)
def test_the_same_data_and_seed_give_the_same_issue_in_any_order(
    wanted: list[tuple[int, str]], random: Any
) -> None:
    tools = [tool(f"T{number}", 80, 40, category=category) for number, category in wanted]
    shuffled = random.sample(tools, len(tools))
    assert plan(tools, seed=7) == plan(shuffled, seed=7)

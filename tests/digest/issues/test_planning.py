import json
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.catalogue.values import Tool, name_key
from digest.errors import BadInput
from digest.issues.planning import IssuePlan, plan_issue
from digest.issues.values import IssueContent, Overrides, Sponsor
from digest.week import Week
from tests.factories import FRIDAY, PANEL, tool

WEEK = Week.parse("2026-W47")


def plan(tools: Sequence[Tool], **changes: Any) -> IssuePlan:
    history: dict[str, Any] = {"featured": (), "met": (), "compared": ()}
    arguments = history | {"panel": PANEL, "as_of": FRIDAY, "size": 16, "min_takes": 0}
    return plan_issue(WEEK, tools, **(arguments | changes))


def content_of(made: IssuePlan) -> IssueContent:
    assert made.content is not None
    return made.content


def pairs(made: IssuePlan) -> list[tuple[str, str]]:
    return [(one.left.slug, one.right.slug) for one in (made.content.matchups if made.content else ())]


def tools_of(names: str, **values: Any) -> list[Tool]:
    return [tool(name, 80, 40, **values) for name in names]


def test_a_week_becomes_an_issue_with_subject_and_preheader() -> None:
    content = content_of(plan([tool("Loupe", 88, 78, 82, 52), tool("Lantern", 88, 82, 85, 79)]))
    assert "Lantern" in content.subject
    assert content.preheader
    assert content.panel == PANEL


def test_a_week_with_one_new_tool_has_no_issue_and_says_why() -> None:
    alone = plan([tool("Loupe")])
    assert alone.content is None
    assert [str(one) for one in alone.left_out] == ["Loupe has nobody to meet and waits for the next week"]


def test_a_week_without_tools_has_no_issue() -> None:
    assert plan([]) == IssuePlan(None, (), ())


def test_no_more_matchups_than_the_issue_holds_and_the_rest_waits() -> None:
    made = plan(tools_of("ABCDEFG"), size=2)
    assert len(content_of(made).matchups) == 2
    full = [one.reason for one in made.left_out if "the issue is full" in one.reason]
    assert len(full) == 2
    assert len(made.left_out) == 3


def test_the_best_pairs_come_in_first_and_a_pinned_one_before_them() -> None:
    alike = [tool(name, category="X", price_tier="Free") for name in "AB"]
    unlike = [tool("C", category="Y"), tool("D", category="Y")]
    assert pairs(plan([*alike, *unlike], size=1)) == [("a", "b")]
    assert pairs(plan([*alike, *unlike], size=1, overrides=Overrides(pins=("c",)))) == [("c", "d")]


def test_who_waits_long_enough_goes_before_a_better_pair() -> None:
    fresh = [tool(name, category="X", price_tier="Free") for name in "AB"]
    waited = [tool(name, category="Y") for name in "CD"]
    since = dict.fromkeys("cd", FRIDAY - timedelta(70))
    assert pairs(plan([*fresh, *waited], size=1, since=since)) == [("c", "d")]


def test_a_back_catalogue_that_came_in_today_does_not_push_the_weeks_tools_aside() -> None:
    old = [tool(name, published_on=FRIDAY - timedelta(700)) for name in "ABCD"]
    new = [tool(name) for name in "WXYZ"]
    since = {one.slug: FRIDAY for one in (*old, *new)}
    shown = {slug for pair in pairs(plan([*old, *new], size=2, since=since)) for slug in pair}
    assert shown == {"w", "x", "y", "z"}


def test_a_pin_that_finds_no_place_is_refused_and_not_dropped() -> None:
    with pytest.raises(BadInput, match="pins: c finds no place"):
        plan(tools_of("ABC"), size=1, overrides=Overrides(pairs=(("a", "b"),), pins=("c",)))


def test_when_every_new_tool_needs_a_rival_the_size_still_holds() -> None:
    new, old = tools_of("ABCD"), tools_of("KLMN")
    met = {frozenset((one.slug, other.slug)) for one in new for other in new if one is not other}
    made = plan([*new, *old], featured={one.slug for one in old}, met=met, size=2)
    assert len(content_of(made).matchups) == 2
    assert {one.slug for one in made.left_out} <= {"a", "b", "c", "d"}
    assert len(made.left_out) == 2


def test_an_editors_pairs_run_as_written_and_bans_do_not() -> None:
    overrides = Overrides(pairs=(("d", "a"), ("d", "b")), bans=(("e", "c"),))
    made = plan(tools_of("ABCDEF"), met={frozenset("ad")}, overrides=overrides)
    assert {("d", "a"), ("d", "b")} <= set(pairs(made))
    assert not {("c", "e"), ("e", "c")} & set(pairs(made))
    assert [one.forced for one in made.pairs if "d" in (one.left, one.right)] == [True, True]


def test_an_editors_order_goes_before_the_lead_rule() -> None:
    tools = [*tools_of("AB", category="X"), *tools_of("CD", category="Y"), *tools_of("EF", category="Z")]
    assert pairs(plan(tools, overrides=Overrides(order=("f", "c")))) == [("e", "f"), ("c", "d"), ("a", "b")]


def test_what_the_editor_leaves_out_or_cannot_have_is_said() -> None:
    tools = [*tools_of("ABC"), tool("Secret", embargoed_until=date(2027, 1, 1))]
    made = plan(tools, overrides=Overrides(leave_out=("c",)))
    assert [one.slug for one in made.left_out] == ["c", "secret"]
    with pytest.raises(BadInput, match="under embargo until 2027-01-01"):
        plan(tools, overrides=Overrides(pairs=(("a", "secret"),)))


def test_an_editors_words_take_the_place_of_ours() -> None:
    sponsor = Sponsor("Acme", "Buy *less*.")
    words = Overrides(
        subject="A and B, at last", preheader="Both were late.", intro="Hello.", sponsor=sponsor
    )
    made = plan(tools_of("AB"), overrides=words)
    content = content_of(made)
    assert (content.subject, content.preheader) == ("A and B, at last", "Both were late.")
    assert (content.intro, content.sponsor) == ("Hello.", sponsor)


def test_every_pair_is_explained_in_the_issues_order() -> None:
    made = plan(tools_of("ABCD"), compared={("c", "b")})
    assert [(one.left, one.right) for one in made.pairs] == pairs(made)
    why = json.loads(json.dumps(made.explanation))
    assert why["pairs"][0]["weight"] == sum(why["pairs"][0]["parts"].values())
    assert {"compared": 40} in [{"compared": one["parts"].get("compared")} for one in why["pairs"]]
    assert why["left_out"] == []


@st.composite
def catalogues(draw: st.DrawFn) -> list[Tool]:
    numbers = draw(st.lists(st.integers(0, 30), unique=True, max_size=12))
    return [
        tool(
            f"T{number % 25}",  # a few share a name
            *draw(st.lists(st.sampled_from([30, 80]), min_size=0, max_size=3)),
            slug=f"t-{number}",
            category=draw(st.sampled_from(["X", "Y", None])),
            published_on=FRIDAY + timedelta(draw(st.sampled_from([-30, 0, 3]))),
            embargoed_until=draw(st.sampled_from([None, None, None, date(2027, 1, 1)])),
            excluded=draw(st.sampled_from([None, None, None, "spam"])),
            pinned=draw(st.booleans()),
        )
        for number in numbers
    ]


@st.composite
def decisions(draw: st.DrawFn, tools: list[Tool]) -> Overrides:
    """What an editor may say without contradicting anything."""
    free = [one.slug for one in tools if one.excluded is None and one.embargoed_until is None]
    if len(free) < 4:
        return Overrides()
    order = draw(st.permutations(free))
    return Overrides(
        pairs=draw(
            st.sampled_from([(), ((order[0], order[1]),), ((order[0], order[1]), (order[0], order[2]))])
        ),
        bans=draw(st.sampled_from([(), ((order[2], order[3]),)])),
        pins=draw(st.sampled_from([(), (order[2],)])),
        leave_out=draw(st.sampled_from([(), (order[3],)])),
        order=tuple(order[:2]),
    )


@given(catalogues(), st.data(), st.integers(2, 4), st.integers(0, 3))
@settings(max_examples=200, deadline=None)
def test_any_catalogue_gives_a_proper_issue_the_same_one_every_time(
    tools: list[Tool], data: st.DataObject, size: int, seed: int
) -> None:
    featured = {one.slug for one in tools[::3]}
    overrides = data.draw(decisions(tools))
    arguments: dict[str, Any] = {
        "featured": featured,
        "met": {frozenset((one.slug, other.slug)) for one, other in zip(tools, tools[3:], strict=False)},
        "size": size,
        "min_takes": 1,
        "overrides": overrides,
        "seed": seed,
    }
    try:
        made = plan(tools, **arguments)
    except BadInput as error:
        assert "finds no place" in str(error)
        return
    assert made == plan(data.draw(st.permutations(tools)), **arguments)

    shown = Counter(slug for pair in pairs(made) for slug in pair)
    unforced = [(one.left, one.right) for one in made.pairs if not one.forced]
    assert set(overrides.pairs) == {(one.left, one.right) for one in made.pairs if one.forced}
    assert all(left != right for left, right in pairs(made))
    assert len({frozenset(pair) for pair in pairs(made)}) == len(pairs(made)) <= size
    assert all(shown[slug] == 1 for pair in unforced for slug in pair)
    assert not {frozenset(pair) for pair in unforced} & (
        arguments["met"] | {frozenset(pair) for pair in overrides.bans}
    )
    forced = {slug for pair in overrides.pairs for slug in pair}
    names = [name_key(one.name) for one in tools if one.slug in shown and one.slug not in forced]
    assert len(names) == len(set(names))
    left_out = {one.slug for one in made.left_out}
    assert not left_out & set(shown)
    assert {one.slug for one in tools} <= left_out | set(shown) | featured
    assert not set(overrides.leave_out) & set(shown)

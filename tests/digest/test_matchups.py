from collections.abc import Iterator, Sequence
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.catalogue.values import Tool
from digest.issues.values import Depth, Matchup
from digest.matchups import Pair, pair_up, with_depths
from tests.factories import tool


def slugs(pairs: Sequence[tuple[Tool, Tool]]) -> set[Pair]:
    return {frozenset((left.slug, right.slug)) for left, right in pairs}


def pair(one: str, other: str) -> Pair:
    return frozenset((one, other))


def test_tools_of_one_category_meet_first() -> None:
    new = [
        tool("A", category="Design"),
        tool("B", category="Writing"),
        tool("C", category="design"),
        tool("D", category="Writing"),
    ]
    pairing = pair_up(new, [], met=(), compared=())
    assert slugs(pairing.pairs) == {pair("a", "c"), pair("b", "d")}


def test_a_pair_that_a_page_compared_is_preferred() -> None:
    new = [tool(name) for name in "ABCD"]
    pairing = pair_up(new, [], met=(), compared={("d", "a")})
    assert ["d", "a"] in [[one.slug for one in pair] for pair in pairing.pairs], "and as it was printed"


def test_category_comes_before_what_a_page_compared() -> None:
    new = [tool("A", category="X"), tool("B", category="X"), tool("C", category="Y"), tool("D", category="Y")]
    pairing = pair_up(new, [], met=(), compared={("a", "c"), ("b", "d")})
    assert slugs(pairing.pairs) == {pair("a", "b"), pair("c", "d")}


def test_a_pair_that_ran_before_never_runs_again() -> None:
    pairing = pair_up([tool("A"), tool("B")], [], met={pair("a", "b")}, compared=())
    assert pairing.pairs == ()
    assert [one.slug for one in pairing.unpaired] == ["a", "b"]


def test_the_odd_one_meets_a_rival_of_its_category_from_the_back_catalogue() -> None:
    new = [tool("A"), tool("B"), tool("C", category="Design")]
    back = [tool("Old dev"), tool("Old design", category="Design")]
    pairing = pair_up(new, back, met=(), compared=())
    assert slugs(pairing.pairs) == {pair("a", "b"), pair("c", "old-design")}
    assert pairing.unpaired == ()


def test_a_rival_is_never_met_again_either() -> None:
    pairing = pair_up([tool("A")], [tool("Old")], met={pair("a", "old")}, compared=())
    assert [one.slug for one in pairing.unpaired] == ["a"]


def test_without_a_back_catalogue_the_odd_one_waits() -> None:
    pairing = pair_up([tool("A"), tool("B"), tool("C")], [], met=(), compared=())
    assert len(pairing.pairs) == 1
    assert len(pairing.unpaired) == 1


def test_two_listings_of_one_name_never_meet() -> None:
    new = [tool("Same", slug="same"), tool("SAME", slug="same-2")]
    assert pair_up(new, [], met=(), compared=()).pairs == ()


def test_the_lead_is_the_pair_with_the_most_to_say_and_depth_falls() -> None:
    new = [
        tool("A", category="X"),
        tool("B", category="X"),
        tool("C", 88, 70, 40, 20),
        tool("D", 90, 80, 70, 61),
        tool("E", category="Y"),
        tool("F", category="Y"),
    ]
    matchups = with_depths([Matchup(*pair) for pair in pair_up(new, [], met=(), compared=()).pairs])
    assert {matchups[0].left.slug, matchups[0].right.slug} == {"c", "d"}
    assert [one.depth for one in matchups] == [Depth.FULL, Depth.SHORT, Depth.STUB]


names = st.lists(st.integers(0, 99), unique=True, max_size=7)
categories = st.sampled_from(["Design", "Writing", None])


@st.composite
def weeks(draw: st.DrawFn) -> tuple[list[Tool], list[Tool], set[Pair], set[tuple[str, str]]]:
    numbers = draw(names)
    tools = [tool(f"T{number:02d}", category=draw(categories)) for number in numbers]
    cut = draw(st.integers(0, len(tools)))
    possible = [pair(one.slug, other.slug) for one, other in combinations(tools, 2)]
    some = st.lists(st.sampled_from(possible), unique=True) if possible else st.just([])
    return tools[:cut], tools[cut:], set(draw(some)), {(min(pair), max(pair)) for pair in draw(some)}


@given(weeks(), st.integers(0, 5), st.randoms())
@settings(max_examples=200, deadline=None)
def test_any_week_gets_the_best_pairs_there_are(
    week: tuple[list[Tool], list[Tool], set[Pair], set[tuple[str, str]]], seed: int, random: object
) -> None:
    new, back, met, compared = week
    side_by_side = {frozenset(pair) for pair in compared}
    pairing = pair_up(new, back, met=met, compared=compared, seed=seed)
    shown = [one.slug for pair in pairing.pairs for one in pair]
    assert len(shown) == len(set(shown)), "no tool twice"
    assert not slugs(pairing.pairs) & met
    assert {one.slug for one in new} == {one.slug for one in pairing.unpaired} | set(shown) - {
        b.slug for b in back
    }

    fresh = {one.slug for one in new}
    assert merit(slugs(pairing.pairs), fresh, [*new, *back], side_by_side) == max(
        merit(choice, fresh, [*new, *back], side_by_side)
        for choice in every_matching([*new, *back], fresh, met)
    )
    again = pair_up(new[::-1], back[::-1], met=met, compared=compared, seed=seed)
    assert again.pairs == pairing.pairs, "the order of the tools plays no part"


def merit(pairs: set[Pair], fresh: set[str], tools: list[Tool], compared: set[Pair]) -> tuple[int, ...]:
    category = {one.slug: one.category for one in tools}
    return (
        sum(len(fresh & pair) for pair in pairs),
        sum(pair <= fresh for pair in pairs),
        sum(
            len({category[slug] for slug in pair}) == 1 and None not in {category[s] for s in pair}
            for pair in pairs
        ),
        sum(pair in compared for pair in pairs),
    )


def every_matching(tools: list[Tool], fresh: set[str], met: set[Pair]) -> Iterator[set[Pair]]:
    if not tools:
        yield set()
        return
    first, rest = tools[0], tools[1:]
    yield from every_matching(rest, fresh, met)
    for place, other in enumerate(rest):
        chosen = pair(first.slug, other.slug)
        if chosen not in met and chosen & fresh:
            for more in every_matching(rest[:place] + rest[place + 1 :], fresh, met):
                yield {chosen, *more}

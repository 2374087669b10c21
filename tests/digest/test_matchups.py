from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.catalogue.values import Tool
from digest.issues.values import Depth, Matchup, Overrides
from digest.matchups import Pair, Paired, Pairing, explain, lead_order, pair_up, with_depths
from digest.selection import candidates
from tests.factories import FRIDAY, tool


def pair(one: str, other: str) -> Pair:
    return frozenset((one, other))


def meet(
    new: Sequence[Tool], back: Sequence[Tool] = (), *, pins: Sequence[str] = (), **values: Any
) -> Pairing:
    who = candidates(
        [*new, *back],
        {one.slug for one in back},
        as_of=FRIDAY,
        min_takes=0,
        overrides=Overrides(pairs=tuple(values.pop("pairs", ())), pins=tuple(pins)),
    )
    return pair_up(who, as_of=FRIDAY, **values)


def slugs(pairing: Pairing) -> set[Pair]:
    return {one.slugs for one in pairing.pairs}


def test_tools_of_one_category_meet_first() -> None:
    new = [
        tool("A", category="Design"),
        tool("B", category="Writing"),
        tool("C", category="design"),
        tool("D", category="Writing"),
    ]
    assert slugs(meet(new)) == {pair("a", "c"), pair("b", "d")}


def test_a_pair_that_a_page_compared_is_preferred_and_stands_as_it_was_printed() -> None:
    pairing = meet([tool(name) for name in "ABCD"], compared={("d", "a")})
    assert ("d", "a") in [(one.left.slug, one.right.slug) for one in pairing.pairs]


def test_category_comes_before_what_a_page_compared() -> None:
    new = [tool("A", category="X"), tool("B", category="X"), tool("C", category="Y"), tool("D", category="Y")]
    assert slugs(meet(new, compared={("a", "c"), ("b", "d")})) == {pair("a", "b"), pair("c", "d")}


def test_tools_that_do_the_same_meet_rather_than_others_of_their_category() -> None:
    new = [
        tool("A", tagline="transcribes meetings"),
        tool("B", tagline="draws pictures"),
        tool("C", tagline="meeting transcripts"),
        tool("D", tagline="pictures to draw"),
    ]
    assert slugs(meet(new)) == {pair("a", "c"), pair("b", "d")}


def test_a_barred_pair_does_not_run() -> None:
    pairing = meet([tool("A"), tool("B")], barred=[("b", "a")])
    assert pairing.pairs == ()
    assert [one.slug for one in pairing.unpaired] == ["a", "b"]


def test_the_odd_one_meets_the_best_incumbent_of_its_category() -> None:
    new = [tool("A"), tool("B"), tool("C", category="Design")]
    back = [
        tool("Old dev", 90, 90),
        tool("Weak design", 20, 20, category="Design"),
        tool("Strong design", 90, 90, category="Design"),
    ]
    pairing = meet(new, back)
    assert slugs(pairing) == {pair("a", "b"), pair("c", "strong-design")}
    assert pairing.unpaired == ()


def test_a_rival_that_was_met_before_is_not_met_again() -> None:
    back = [tool("Old"), tool("Other", 20, 20)]
    assert slugs(meet([tool("A")], back, barred=[pair("a", "old")])) == {pair("a", "other")}


def test_two_left_over_in_two_categories_meet_before_a_rival_of_a_third() -> None:
    new = [tool("A", category="X"), tool("B", category="Y")]
    assert slugs(meet(new, [tool("Old", category="Z")])) == {pair("a", "b")}


def test_who_has_nobody_at_home_meets_a_rival_of_another_category() -> None:
    assert slugs(meet([tool("A", category="X")], [tool("Old", category="Z")])) == {pair("a", "old")}


def test_without_a_back_catalogue_the_odd_one_waits_and_it_is_not_the_pinned_one() -> None:
    for pinned in "abc":
        pairing = meet([tool(name) for name in "ABC"], pins=[pinned])
        assert len(pairing.pairs) == 1
        assert [one.slug for one in pairing.unpaired] != [pinned]


def test_the_odd_one_is_not_the_one_that_waits_already() -> None:
    new = [tool("A"), tool("B"), tool("C")]
    assert [one.slug for one in meet(new, since={"a": FRIDAY - timedelta(40)}).unpaired] != ["a"]


def test_forced_pairs_run_as_they_stand_even_if_barred_or_twice() -> None:
    new, back = [tool("A"), tool("B"), tool("C")], [tool("Old")]
    pairing = meet(new, back, pairs=[("b", "a"), ("b", "old")], barred=[pair("a", "b")])
    forced = [(one.left.slug, one.right.slug) for one in pairing.pairs if one.forced]
    assert forced == [("b", "a"), ("b", "old")]
    assert [one.slug for one in pairing.unpaired] == ["c"]


def test_in_front_are_forced_pairs_then_pinned_tools_then_the_best_pairs() -> None:
    new = [tool(name, category=category) for name, category in zip("ABCDEFGH", "VVWWXXYY", strict=True)]
    pairing = meet(new, pairs=[("g", "h")], pins=["f"], compared={("c", "d")})
    assert [one.slugs for one in pairing.pairs] == [
        pair("g", "h"),
        pair("e", "f"),
        pair("c", "d"),
        pair("a", "b"),
    ]


def test_a_pair_is_explained_by_its_parts() -> None:
    pairing = meet([tool("A", 90, 90), tool("B", 90, 20)], [tool("Old")], pairs=[("a", "old")])
    told = explain(pairing.pairs, seen={"old"}, compared=[("a", "old")], as_of=FRIDAY)
    assert dict(told[0])["compared"] == 40
    assert all(points > 0 for parts in told for _, points in parts)


def test_the_lead_is_the_pair_with_the_most_to_say_and_depth_falls() -> None:
    new = [
        tool("A", category="X"),
        tool("B", category="X"),
        tool("C", 88, 70, 40, 20),
        tool("D", 90, 80, 70, 61),
        tool("E", category="Y"),
        tool("F", category="Y"),
    ]
    pairs = sorted(meet(new).pairs, key=lead_order)
    matchups = with_depths([Matchup(one.left, one.right) for one in pairs])
    assert {matchups[0].left.slug, matchups[0].right.slug} == {"c", "d"}
    assert [one.depth for one in matchups] == [Depth.FULL, Depth.SHORT, Depth.STUB]


def test_another_seed_decides_otherwise_between_equals() -> None:
    new = [tool(name, tagline="alike") for name in "ABCDEFGH"]
    assert len({frozenset(slugs(meet(new, seed=seed))) for seed in range(8)}) > 1


@dataclass(frozen=True)
class AWeek:
    new: list[Tool]
    back: list[Tool]
    barred: set[Pair]
    compared: set[tuple[str, str]]
    pins: list[str]

    def meet(self, *more: Tool, seed: int = 0) -> Pairing:
        return meet(
            [*self.new, *more],
            self.back,
            pins=self.pins,
            barred=self.barred,
            compared=self.compared,
            seed=seed,
        )


@st.composite
def tools(draw: st.DrawFn, name: str, categories: str) -> Tool:
    return tool(
        name,
        *draw(st.lists(st.sampled_from([20, 90]), max_size=3)),
        category=draw(st.sampled_from([*categories, None])),
        tagline=draw(st.sampled_from(["draws pictures", "writes pictures", "writes letters", None])),
        price_tier=draw(st.sampled_from(["Free", None])),
        published_on=FRIDAY - timedelta(draw(st.sampled_from([0, 3, 30]))),
    )


@st.composite
def weeks(draw: st.DrawFn, categories: str = "XY", most: int = 7) -> AWeek:
    numbers = draw(st.lists(st.integers(0, 99), unique=True, max_size=most))
    everybody = [draw(tools(f"T{number:02}", categories)) for number in numbers]
    cut = draw(st.integers(0, len(everybody)))
    new = everybody[:cut]
    possible = [pair(one.slug, other.slug) for one, other in combinations(everybody, 2)]
    some = st.lists(st.sampled_from(possible), unique=True, max_size=6) if possible else st.just([])
    pins = draw(st.lists(st.sampled_from([one.slug for one in new]), max_size=2)) if new else []
    compared = {(min(one), max(one)) for one in draw(some)}
    return AWeek(new, everybody[cut:], set(draw(some)), compared, pins)


@given(weeks(), st.integers(0, 5))
@settings(max_examples=200, deadline=None)
def test_nobody_is_in_two_pairs_or_lost_and_the_order_of_the_tools_plays_no_part(
    week: AWeek, seed: int
) -> None:
    pairing = week.meet(seed=seed)
    shown = [slug for one in pairing.pairs for slug in one.slugs]
    assert len(shown) == len(set(shown)) == 2 * len(pairing.pairs)
    assert not slugs(pairing) & week.barred
    back = {one.slug for one in week.back}
    assert {one.slug for one in week.new} == (set(shown) - back) | {one.slug for one in pairing.unpaired}
    backwards = AWeek(week.new[::-1], week.back[::-1], week.barred, week.compared, week.pins)
    assert backwards.meet(seed=seed) == pairing


@given(weeks(categories="X"))
@settings(max_examples=200, deadline=None)
def test_a_category_gets_the_best_pairs_there_are(week: AWeek) -> None:
    home = [one for one in week.new if one.category == "X"]
    rivals = [one for one in week.back if one.category == "X"]
    here = {one.slug for one in [*home, *rivals]}
    found = {one for one in slugs(week.meet()) if one <= here}
    points = points_of([*home, *rivals], week)
    fresh = {one.slug for one in home}

    def merit(pairs: set[Pair]) -> tuple[int, ...]:
        return (
            sum(len(one & set(week.pins)) for one in pairs),
            sum(len(one & fresh) for one in pairs),
            -sum(not one <= fresh for one in pairs),
            sum(points[one] for one in pairs),
        )

    assert merit(found) == max(merit(choice) for choice in every_matching(here, fresh, week.barred))


@given(weeks(categories="XYZ", most=12), st.data())
@settings(max_examples=200, deadline=None)
def test_a_tool_more_changes_no_pair_of_another_category(week: AWeek, data: st.DataObject) -> None:
    added = data.draw(tools("Added", "XYZ"))
    category = {one.slug: one.category for one in [*week.new, *week.back]} | {"added": added.category}

    def elsewhere(pairing: Pairing) -> set[Pair]:
        homes = ((one, {category[slug] for slug in one}) for one in slugs(pairing))
        return {one for one, home in homes if len(home) == 1 and added.category not in home}

    assert elsewhere(week.meet(added)) == elsewhere(week.meet())


def points_of(tools: list[Tool], week: AWeek) -> dict[Pair, int]:
    every = [Paired(one, other) for one, other in combinations(tools, 2)]
    seen = {one.slug for one in week.back}
    told = explain(every, seen=seen, compared=week.compared, as_of=FRIDAY)
    return {one.slugs: sum(points for _, points in parts) for one, parts in zip(every, told, strict=True)}


def every_matching(left: set[str], fresh: set[str], barred: set[Pair]) -> Iterator[set[Pair]]:
    if not left:
        yield set()
        return
    first, *rest = sorted(left)
    yield from every_matching(set(rest), fresh, barred)
    for other in rest:
        chosen = pair(first, other)
        if chosen not in barred and chosen & fresh:
            for more in every_matching(set(rest) - {other}, fresh, barred):
                yield {chosen, *more}

from collections.abc import Sequence
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from digest.catalogue.values import Tool
from digest.matching import Table, draw_lots
from digest.weighing import Scale, neighbours
from tests.factories import FRIDAY, tool

VERBS = ("writes", "draws", "sings", "reads", "plans", "sorts", "mends", "paints")


def crowd(count: int) -> list[Tool]:
    """Tools of one category that suit each other more or less, the same ones every time."""
    return [
        tool(
            f"T{at:03}",
            40 + at * 7 % 60,
            40 + at * 11 % 60,
            tagline=f"{VERBS[at % 8]} {VERBS[at * 3 % 7]} {VERBS[at // 8 % 8]} number{at % 5}",
        )
        for at in range(count)
    ]


def table(tools: Sequence[Tool], barred: Sequence[tuple[str, str]] = (), **values: int) -> Table:
    slugs = [one.slug for one in tools]
    return Table(
        Scale(tools, as_of=FRIDAY), neighbours(slugs, barred), (), draw_lots(slugs, seed=0), **values
    )


def total(pairs: list[tuple[int, int, int]]) -> int:
    return sum(points for _, _, points in pairs)


def test_a_large_category_is_placed_whole_and_loses_next_to_nothing() -> None:
    tools = crowd(121)
    new, rivals = list(range(120)), [120]
    exact = table(tools).best_pairs(new, rivals)
    sparse = table(tools, exact_up_to=50).best_pairs(new, rivals)
    assert len(sparse) == len(exact) == 60
    assert total(exact) * 0.99 <= total(sparse) <= total(exact)


def test_the_odd_one_of_a_large_category_gets_the_rival() -> None:
    pairs = table(crowd(60), exact_up_to=10).best_pairs(list(range(59)), [59])
    assert len(pairs) == 30
    assert sum(59 in pair[:2] for pair in pairs) == 1


def test_nobody_and_nobody_to_meet() -> None:
    assert table([]).best_pairs([], []) == []
    assert table(crowd(1)).best_pairs([0], []) == []
    assert table(crowd(2), [("t000", "t001")]).best_pairs([0, 1], []) == []


def test_who_may_meet_nobody_new_finds_rivals_for_all() -> None:
    tools = crowd(8)
    strangers = [(one.slug, other.slug) for one, other in combinations(tools[:4], 2)]
    pairs = table(tools, strangers).best_pairs([0, 1, 2, 3], [4, 5, 6, 7])
    assert sorted(one for one, _, _ in pairs) == [0, 1, 2, 3]
    assert sorted(other for _, other, _ in pairs) == [4, 5, 6, 7]


@given(st.integers(), st.lists(st.text(), unique=True))
def test_lots_depend_on_seed_and_slug_alone(seed: int, slugs: list[str]) -> None:
    together = draw_lots(slugs, seed).tolist()
    assert together == [draw_lots([slug], seed).tolist()[0] for slug in slugs]

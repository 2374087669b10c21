"""A source's votes and ours, added up."""

from __future__ import annotations

from digest.catalogue.values import Community
from digest.votes.values import together


def test_counts_add_up() -> None:
    assert together(Community(ships=78, skips=50), 3, 1) == Community(ships=81, skips=51)


def test_a_share_without_counts_gives_way_to_the_first_vote() -> None:
    stated = Community(percent=61)
    assert together(stated, 0, 0) == stated
    assert together(stated, 0, 1) == Community(ships=0, skips=1)


def test_a_share_beside_counts_is_not_true_of_more_votes() -> None:
    assert together(Community(78, 50, 61), 1, 0) == Community(79, 50, None)


def test_without_any_vote_nothing_is_made_up() -> None:
    assert together(None, 0, 0) is None
    assert together(None, 2, 0) == Community(ships=2, skips=0)

import pytest

from digest.catalogue.pages.reader import read_page
from digest.errors import BadInput
from tests.pagetext import labelled_page, lantern, loupe

PAGE = labelled_page(lantern(), loupe())


def refused(old: str, new: str) -> str:
    assert old in PAGE
    with pytest.raises(BadInput) as caught:
        read_page(PAGE.replace(old, new, 1).encode(), "page.txt")
    assert caught.value.line is not None
    return str(caught.value).partition(": ")[2]


def test_names_in_the_table_are_those_of_the_cards() -> None:
    message = "expected “Loupe” in the table's head, found “Lupe”"
    assert refused("Lantern\nLoupe\nPanel verdict", "Lantern\nLupe\nPanel verdict") == message


def test_a_row_nobody_knows_is_refused() -> None:
    message = "expected Panel verdict, Community, Pricing, Best for, Category once each, found “Weight”"
    assert refused("Best for\n", "Weight\n") == message


def test_a_dash_or_two_missing_values_state_nothing() -> None:
    dashed = read_page(labelled_page(lantern(pricing=None), loupe()).encode(), "page.txt")
    assert (dashed.left.pricing, dashed.right.pricing) == (None, "Paid / $20 a month")
    blank = PAGE.replace("Free / Team plan $9 a seat\nPaid / $20 a month\n", "")
    assert read_page(blank.encode(), "page.txt").left.pricing is None


def test_one_value_for_two_tools_is_left_out_and_said() -> None:
    text = PAGE.replace("Free / Team plan $9 a seat\n", "")
    page = read_page(text.encode(), "page.txt")
    assert (page.left.pricing, page.right.pricing) == (None, None)
    line = text.split("\n").index("Pricing") + 1
    [warning] = page.warnings
    assert warning.startswith(f"page.txt:{line}: Pricing has one value for two tools")


def test_a_value_may_read_like_a_label() -> None:
    left = lantern(category="Community", best_for="Pricing")
    assert read_page(labelled_page(left, loupe()).encode(), "page.txt").left.best_for == "Pricing"

import pytest

from digest.catalogue.pages.reader import read_page
from digest.catalogue.pages.side import price_tier
from digest.errors import BadInput
from tests.pagetext import labelled_page, lantern, loupe

PAGE = labelled_page(lantern(), loupe())


def warnings(old: str, new: str) -> list[str]:
    assert old in PAGE
    page = read_page(PAGE.replace(old, new, 1).encode(), "page.txt")
    assert page.left.takes == lantern().takes
    return [warning.partition(": ")[2] for warning in page.warnings]


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        ("75%", "100%", "the card of Lantern says 100%, its takes say 3 ship / 1 skip and count"),
        (
            "Ship\n\n75%",
            "Skip\n\n75%",
            "the card of Lantern says skip, its takes say 3 ship / 1 skip and count",
        ),
        (
            "Ship · 3 ship / 1 skip",
            "Ship · 4 ship / 0 skip",
            "the table says 4 ship / 0 skip of Lantern, its takes say 3 ship / 1 skip and count",
        ),
        (
            "Ship · 3 ship / 1 skip",
            "Skip · 3 ship / 1 skip",
            "the table says skip of Lantern, its takes say 3 ship / 1 skip and count",
        ),
        (
            "No community votes yet",
            "Lots of love",
            "expected votes like 12 ship / 3 skip, found “Lots of love”; left out",
        ),
    ],
)
def test_figures_that_contradict_the_takes_are_said_and_the_takes_count(
    old: str, new: str, warning: str
) -> None:
    assert warnings(old, new) == [warning]


def test_a_rounded_percentage_and_any_word_for_an_even_panel_are_fine() -> None:
    thirds = lantern(takes=(*lantern().takes[:2], lantern().takes[3]), stated_percent=66)
    even = loupe(takes=(lantern().takes[0], lantern().takes[3]), stated_percent=50)
    assert read_page(labelled_page(thirds, even).encode(), "page.txt").warnings == ()


def test_a_panel_verdict_that_is_none_is_refused() -> None:
    with pytest.raises(BadInput, match="expected a panel verdict like Ship · 3 ship / 1 skip, found “Loved”"):
        read_page(PAGE.replace("Ship · 3 ship / 1 skip", "Loved").encode(), "page.txt")


def test_a_category_that_is_not_the_cards_is_refused() -> None:
    text = PAGE.replace("\nDeveloper Tools\nDeveloper", "\nDesign\nDeveloper")
    line = text.split("\n").index("Design") + 1
    with pytest.raises(BadInput) as caught:
        read_page(text.encode(), "page.txt")
    assert str(caught.value) == (
        f"page.txt:{line}: expected the category of Lantern, “Developer Tools”, as on its card; "
        "found “Design”"
    )


def test_the_price_tier_is_the_entry_price_else_the_first_part_of_the_pricing_line() -> None:
    assert price_tier("Free", "Paid / $20") == "Free"
    assert price_tier(None, "Freemium / Team plan / More") == "Freemium"
    assert price_tier(None, None) is None

from collections.abc import Callable

import pytest

from digest.catalogue.pages.reader import read_page
from digest.catalogue.values import Tool
from digest.errors import BadInput
from tests.pagetext import compact_page, labelled_page, lantern, loupe

PAGES = {"labelled": labelled_page(lantern(), loupe()), "compact": compact_page(lantern(), loupe())}


def refused(layout: str, old: str, new: str) -> str:
    assert old in PAGES[layout]
    with pytest.raises(BadInput) as caught:
        read_page(PAGES[layout].replace(old, new, 1).encode(), "page.txt")
    assert caught.value.line is not None
    return str(caught.value).partition(": ")[2]


@pytest.mark.parametrize("make", [labelled_page, compact_page])
def test_a_card_may_leave_entry_percentage_and_description_open_with_a_dash(
    make: Callable[[Tool, Tool], str],
) -> None:
    bare = lantern(entry=None, description=None, stated_percent=None)
    card = read_page(make(bare, loupe()).encode(), "page.txt").left
    assert (card.entry, card.description, card.stated_percent) == (None, None, None)


@pytest.mark.parametrize("layout", PAGES)
def test_both_cards_may_leave_out_what_neither_says(layout: str) -> None:
    lines = PAGES[layout].split("\n")
    silent = {line for one in (lantern(), loupe()) for line in (one.entry, one.description)} | {"—"}
    page = read_page("\n".join(line for line in lines if line not in silent).encode(), "page.txt")
    for card in (page.left, page.right):
        assert (card.entry, card.description, card.community) == (None, None, None)


@pytest.mark.parametrize("layout", PAGES)
def test_a_card_that_lacks_the_description_the_other_has_lost_a_line(layout: str) -> None:
    message = "expected a description or “—” on this card, as on the other; found "
    assert refused(layout, f"{lantern().description}\n", "").startswith(message)


@pytest.mark.parametrize("layout", PAGES)
def test_an_entry_price_may_be_missing_on_one_card(layout: str) -> None:
    page = read_page(PAGES[layout].replace("Free\n", "", 1).encode(), "page.txt")
    assert (page.left.entry, page.right.entry) == (None, loupe().entry)


def test_a_compact_card_that_lacks_the_others_share_lost_a_line() -> None:
    message = "expected a community share or “—” on this card, as on the other; found “Community”"
    assert refused("compact", "Panel ship\n—\n", "Panel ship\n") == message


@pytest.mark.parametrize(
    "category",
    ["L", "🏮", "👩\u200d💻", "Reads every receipt.", "All that reads small print in bad light, so far"],
)
def test_an_initial_or_a_description_is_no_category(category: str) -> None:
    for layout in PAGES:
        message = f"expected category, name, tagline; “{category[:40]}"
        assert refused(layout, "Developer Tools", category).startswith(message)


def test_paragraphs_of_a_description_are_joined() -> None:
    page = PAGES["labelled"].replace("phone. It", "phone.\n\nIt")
    assert read_page(page.encode(), "page.txt").left.description == lantern().description


@pytest.mark.parametrize("layout", PAGES)
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("75%", "175%", "expected a percentage from 0% to 100%, found “175%”"),
        ("75%", "most", "expected a percentage from 0% to 100%, found “most”"),
        ("Community\n", "", "expected “Community” on a card, found "),
        ("Entry\n", "", "expected “Entry” on a card, found "),
    ],
)
def test_a_card_that_is_not_one_is_refused(layout: str, old: str, new: str, message: str) -> None:
    assert refused(layout, old, new).startswith(message)


def test_the_cards_verdict_is_a_verdict() -> None:
    message = "expected the card's verdict, Ship or Skip, found “Hmm”"
    assert refused("labelled", "\n\nShip\n\n75%", "\n\nHmm\n\n75%") == message


def test_a_card_without_a_tagline_is_refused() -> None:
    message = "expected a whole card before “Panel ship”: category, name, tagline and percentage"
    assert refused("compact", "Reads receipts in the dark\n", "") == message

import pytest

from digest.catalogue.pages.reader import read_page
from digest.errors import BadInput
from tests.pagetext import compact_page, labelled_page, lantern, loupe

PAGES = {"labelled": labelled_page(lantern(), loupe()), "compact": compact_page(lantern(), loupe())}


def refused(layout: str, old: str, new: str) -> str:
    assert old in PAGES[layout]
    with pytest.raises(BadInput) as caught:
        read_page(PAGES[layout].replace(old, new, 1).encode(), "page.txt")
    assert caught.value.line is not None
    return str(caught.value).partition(": ")[2]


def test_a_card_may_leave_community_entry_percentage_and_description_open() -> None:
    bare = lantern(entry=None, description=None, stated_percent=None, price_tier="Free")
    for page in (labelled_page(bare, loupe()), compact_page(loupe(), bare)):
        read = read_page(page.encode(), "page.txt")
        card = read.left if read.left.name == "Lantern" else read.right
        assert (card.entry, card.description, card.stated_percent) == (None, None, None)


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

import pytest

from digest.catalogue.pages.reader import read_page
from digest.errors import BadInput
from tests.pagetext import BOX, compact_page, lantern, loupe

PAGE = compact_page(lantern(), loupe())


def refused(old: str, new: str) -> str:
    assert old in PAGE
    with pytest.raises(BadInput) as caught:
        read_page(PAGE.replace(old, new, 1).encode(), "page.txt")
    assert caught.value.line is not None
    return str(caught.value).partition(": ")[2]


def test_takes_go_left_and_right_in_the_panels_order_without_scores() -> None:
    left = read_page(PAGE.encode(), "page.txt").left
    assert [take.reviewer for take in left.takes] == ["Builder", "Skeptic", "Futurist", "Founder"]
    assert {(take.score, take.verdict) for take in left.takes} == {(None, None)}


def test_no_panel_take_keeps_the_places_of_the_others() -> None:
    left = lantern(takes=lantern().takes[:3])
    page = read_page(compact_page(left, loupe()).encode(), "page.txt")
    assert [take.reviewer for take in page.left.takes] == ["Builder", "Skeptic", "Futurist"]
    assert len(page.right.takes) == 4


@pytest.mark.parametrize("quoted", ['"Nobody pays for a lamp."', "“Nobody pays\n\nfor a lamp.”"])
def test_quotation_marks_may_be_straight_and_takes_have_paragraphs(quoted: str) -> None:
    page = read_page(PAGE.replace("“Nobody pays for a lamp.”", quoted).encode(), "page.txt")
    assert page.left.takes[3].text == "Nobody pays for a lamp."


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("“Nobody pays for a lamp.”\n", "", "expected a take on each tool in turn; the last one is missing"),
        (
            "“Nobody pays for a lamp.”",
            "Nobody pays",
            "expected a take in quotation marks, found “Nobody pays”",
        ),
        ("“Nobody pays for a lamp.”", "“”", "expected a take in quotation marks, found nothing between them"),
        (
            "stayed.”\n" + BOX[0],
            "stayed.\n" + BOX[0],
            "expected a take in quotation marks; the closing mark is missing",
        ),
        (
            "\n" + BOX[0],
            "\n“a”\n“b”\n“c”\n“d”\n" + BOX[0],
            "expected at most 5 takes on each tool; whose the others are, nobody says",
        ),
    ],
)
def test_what_cannot_be_a_take_is_refused(old: str, new: str, message: str) -> None:
    assert refused(old, new) == message


def test_a_scorecard_without_takes_is_refused() -> None:
    start, end = PAGE.index("“"), PAGE.index(BOX[0])
    assert refused(PAGE[start:end], "") == "expected takes under “Reviewer scorecard”, found none"

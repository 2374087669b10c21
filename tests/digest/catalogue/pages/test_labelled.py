import pytest

from digest.catalogue.pages.reader import read_page
from digest.catalogue.values import Take, Verdict
from digest.errors import BadInput
from tests.pagetext import labelled_page, lantern, loupe

CREATOR = Take("Creator", "I drew with it for an hour.", 45, Verdict.SKIP)
PAGE = labelled_page(lantern(), loupe())


def refused(old: str, new: str) -> str:
    assert old in PAGE
    with pytest.raises(BadInput) as caught:
        read_page(PAGE.replace(old, new, 1).encode(), "page.txt")
    assert caught.value.line is not None
    return str(caught.value).partition(": ")[2]


def test_a_reviewer_may_have_no_take_on_one_of_the_two() -> None:
    right = loupe(takes=(*loupe().takes[:3], CREATOR))
    page = read_page(labelled_page(lantern(), right).encode(), "page.txt")
    assert (page.left.takes, page.right.takes) == (lantern().takes, right.takes)


def test_any_reviewer_may_sit_on_the_panel() -> None:
    left = lantern(takes=(*lantern().takes, Take("Night Nurse", "It hums.", 60, Verdict.SHIP)))
    assert read_page(labelled_page(left, loupe()).encode(), "p").left.takes[-1].reviewer == "Night Nurse"


def test_paragraphs_of_a_take_are_joined() -> None:
    page = read_page(PAGE.replace("ran. It", "ran.\n\nIt").encode(), "p")
    assert page.left.takes == lantern().takes


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("52/100 · skip", "152/100 · skip", "expected a score from 0 to 100, found “152”"),
        ("52/100 · skip", "-5/100 · skip", "expected a score from 0 to 100, found “-5”"),
        ("52/100 · skip", "52/100 · maybe", "expected ship or skip after the score, found “maybe”"),
        ("52/100 · skip", "52/100", "expected ship or skip after the score, found “”"),
        ("Nobody pays for a lamp.\n", "\n", "expected Founder's take after the score, found none"),
        ("Skeptic\n", "Builder\n", "expected each reviewer once, found Builder again"),
    ],
)
def test_what_cannot_be_a_take_is_refused(old: str, new: str, message: str) -> None:
    assert refused(old, new) == message


def test_a_missing_cell_does_not_swallow_the_next_reviewer() -> None:
    cell = "88/100 · ship\n\nThe Builder looked twice and stayed.\n\n"
    message = "expected Builder's score or “No panel take” for the tool on the right, found “Skeptic”"
    assert refused(cell, "") == message

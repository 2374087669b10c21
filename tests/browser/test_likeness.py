"""When two pictures are alike: tried on pixels drawn by hand; test_screenshots.py tries it on mails."""

from __future__ import annotations

import numpy as np
import pytest

from tests.browser.likeness import difference, halved, marked
from tests.browser.png import Pixels

INK, PAPER, GREEN = (20, 24, 28), (255, 255, 255), (0, 102, 77)


def page(*boxes: tuple[int, int, int, int, tuple[int, int, int]], height: int = 120) -> Pixels:
    """Return white paper with boxes on it, each (left, top, width, height, colour)."""
    pixels = np.full((height, 160, 3), PAPER, np.uint8)
    for left, top, wide, high, colour in boxes:
        pixels[top : top + high, left : left + wide] = colour
    return pixels


RULE, CHIP = (10, 40, 140, 1, INK), (10, 60, 20, 10, GREEN)


def test_a_picture_is_like_itself() -> None:
    found = difference(page(RULE, CHIP), page(RULE, CHIP))

    assert found.said == ""
    assert not found.where.any()


def test_what_is_drawn_half_a_pixel_further_on_is_alike() -> None:
    large = page((21, 20, 60, 40, INK), height=240)
    further = page((22, 20, 60, 40, INK), height=240)

    assert difference(halved(large), halved(further)).said == ""


@pytest.mark.parametrize(
    "other",
    [page(RULE), page(CHIP), page(RULE, (10, 60, 20, 10, (0, 134, 77))), page(RULE, (10, 64, 20, 10, GREEN))],
    ids=["without the chip", "without the rule", "another green", "the chip lower"],
)
def test_what_a_person_sees_is_found_whichever_of_the_two_has_it(other: Pixels) -> None:
    assert "pixels are not alike" in difference(page(RULE, CHIP), other).said
    assert "pixels are not alike" in difference(other, page(RULE, CHIP)).said


def test_a_page_that_grew_by_a_line_is_told_by_its_size() -> None:
    assert difference(page(height=130), page()).said == "it is 160 by 130 pixels, not 160 by 120"
    assert difference(page(height=121), page()).said == ""


def test_the_marks_are_red_on_a_pale_picture() -> None:
    found = difference(page(RULE, CHIP), page(RULE))
    shown = marked(page(RULE, CHIP), found.where)

    assert tuple(shown[65, 20]) == (220, 0, 0)
    assert tuple(shown[40, 100]) == (197, 198, 199)
    assert tuple(shown[0, 0]) == PAPER

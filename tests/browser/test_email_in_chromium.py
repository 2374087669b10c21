"""The issue as a reader's screen draws it."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import Literal

import pytest

from digest.catalogue.values import Take, Verdict
from digest.issues.values import Depth
from digest.rendering.issue import render_issue
from digest.rendering.values import Words
from tests.browser.conftest import ShowPage
from tests.browser.measuring import overflow, worst_contrast
from tests.digest.rendering.samples import (
    FERRY,
    IDENTITY,
    INTRO,
    LANTERN,
    LOUPE,
    MOTH,
    SENTINEL,
    SPONSOR,
    TUG,
    WASP,
    content,
    pair,
    rendered,
)
from tests.factories import FRIDAY, tool

pytestmark = pytest.mark.browser

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = (320, 375, 640)


@cache
def every_state() -> str:
    """An issue with ships, skips, a split, no verdict, unknown scores and missing takes, at every depth.

    An editor and a sponsor have their say in it.
    """
    lone = tool("Lone", None, stated_percent=None, tagline=None, category=None)
    return rendered(
        pair(LOUPE, LANTERN),
        pair(MOTH, WASP),
        pair(lone, tool("Coin", 80, 30)),
        pair(FERRY, TUG, Depth.SHORT),
        pair(MOTH, lone, Depth.STUB),
        pair(tool("Reed", 70, 20), WASP, Depth.STUB),
        intro=INTRO,
        sponsor=SPONSOR,
    ).html


@cache
def unbroken() -> str:
    """Long words without a place to break, in every field."""
    word = "Supercalifragilistic" * 10
    takes = tuple(Take(word, word, 100, Verdict.SHIP) for word in (word, f"B{word}"))
    wide = replace(LOUPE, name=word, category=word, tagline=word, best_for=word, pricing=word, takes=takes)
    again = replace(wide, slug="again")
    pairs = [pair(wide, again, depth) for depth in (Depth.FULL, Depth.SHORT, Depth.STUB)]
    return rendered(*pairs, intro=word, sponsor=replace(SPONSOR, name=word, text=word)).html


def without_styles(html: str) -> str:
    return re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_overflows(show: ShowPage, width: int) -> None:
    assert overflow(show(every_state(), width=width)) <= 0


@pytest.mark.parametrize("width", WIDTHS)
def test_long_unbroken_words_do_not_break_the_layout(show: ShowPage, width: int) -> None:
    assert overflow(show(unbroken(), width=width)) <= 0


@pytest.mark.parametrize("width", WIDTHS)
def test_it_stands_where_a_mail_program_drops_the_style_element(show: ShowPage, width: int) -> None:
    assert overflow(show(without_styles(every_state()), width=width)) <= 0


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [375, 640])
def test_text_can_be_read_in_light_and_dark(
    show: ShowPage, scheme: Literal["light", "dark"], width: int
) -> None:
    ratio, text = worst_contrast(show(every_state(), width=width, scheme=scheme))
    assert ratio >= 4.5, text


def test_the_dark_sheet_is_dark(show: ShowPage) -> None:
    ground = "getComputedStyle(document.querySelector('.sheet')).backgroundColor"
    assert show(every_state(), scheme="light").evaluate(ground) == "rgb(255, 255, 255)"
    assert show(every_state(), scheme="dark").evaluate(ground) == "rgb(21, 25, 28)"


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_sponsors_block_stands_on_a_ground_of_its_own_without_a_border(
    show: ShowPage, width: int, scheme: Literal["light", "dark"]
) -> None:
    box = (
        show(every_state(), width=width, scheme=scheme).locator("td:has(> h2:has-text('Sponsored by'))").last
    )
    ground, border = box.evaluate(
        "at => [getComputedStyle(at).backgroundColor, getComputedStyle(at).borderTopWidth]"
    )
    assert ground == {"light": "rgb(242, 244, 245)", "dark": "rgb(34, 40, 45)"}[scheme]
    assert border == "0px"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_editors_links_are_ink_and_underlined(show: ShowPage, scheme: Literal["light", "dark"]) -> None:
    link = show(every_state(), scheme=scheme).get_by_role("link", name="receipts")
    colour, line = link.evaluate(
        "at => [getComputedStyle(at).color, getComputedStyle(at).textDecorationLine]"
    )
    assert colour == {"light": "rgb(20, 24, 28)", "dark": "rgb(241, 243, 244)"}[scheme]
    assert line == "underline"


@pytest.mark.parametrize("width", WIDTHS)
def test_the_two_cards_stand_side_by_side(show: ShowPage, width: int) -> None:
    page = show(every_state(), width=width)
    left = page.get_by_text("3 of 4 reviewers ship").first.bounding_box()
    right = page.get_by_text("4 of 4 reviewers ship").first.bounding_box()
    assert left is not None
    assert right is not None
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] < right["x"]


def test_on_a_phone_the_takes_stack_and_name_their_tool(show: ShowPage) -> None:
    takes = [Take("Builder", f"{side} side of it.", 80, Verdict.SHIP) for side in ("This", "That")]
    html = rendered(pair(replace(LOUPE, takes=(takes[0],)), replace(LANTERN, takes=(takes[1],)))).html
    for width, stacked in ((375, True), (640, False)):
        page = show(html, width=width)
        one, other = (page.get_by_text(take.text).bounding_box() for take in takes)
        assert one is not None
        assert other is not None
        assert (one["y"] + one["height"] <= other["y"]) is stacked
        named = page.locator("td.on-phone", has_text="Loupe").first
        assert named.is_visible() is stacked


def test_on_a_phone_the_button_takes_the_whole_width(show: ShowPage) -> None:
    button = show(rendered().html, width=375).get_by_role("link", name="Read the full comparison").first
    box = button.bounding_box()
    assert box is not None
    assert box["width"] > 320
    assert box["height"] >= 42


@pytest.mark.parametrize("scheme", SCHEMES)
def test_nothing_is_loaded(show: ShowPage, requests: list[str], scheme: Literal["light", "dark"]) -> None:
    show(every_state(), scheme=scheme).wait_for_load_state("networkidle")
    assert requests == []


SMALLEST = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let smallest = [99, ''];
  while (walker.nextNode()) {
    const text = walker.currentNode, owner = text.parentElement;
    const size = parseFloat(getComputedStyle(owner).fontSize);
    if (text.data.trim() && owner.getClientRects().length && size > 1 && size < smallest[0])
      smallest = [size, text.data];
  }
  return smallest;
}"""


@pytest.mark.parametrize("width", WIDTHS)
def test_no_text_is_smaller_than_14_px(show: ShowPage, width: int) -> None:
    size, text = show(every_state(), width=width).evaluate(SMALLEST)
    assert size >= 14, text


@pytest.mark.parametrize(("width", "height"), [(375, 42), (640, 36)])
def test_the_two_buttons_of_a_readers_verdict_are_alike_and_can_be_hit(
    show: ShowPage, width: int, height: int
) -> None:
    page = show(rendered().html, width=width)
    boxes = [
        page.get_by_role("link", name=f"{word} Loupe", exact=True).locator("..").bounding_box()
        for word in ("Ship", "Skip")
    ]
    sizes = {(round(box["width"]), round(box["height"])) for box in boxes if box}
    assert len(sizes) == 1
    assert sizes.pop()[1] == height


@pytest.mark.parametrize("width", [375, 640])
def test_the_longest_words_of_a_verdict_have_room(show: ShowPage, width: int) -> None:
    loud = replace(IDENTITY, words=Words("MMMMMM", "WWWWW", "LEAVE IT", "WWWWWWWWWWWW"))
    html = render_issue(content(), loud, SENTINEL, date=FRIDAY).html
    assert overflow(show(html, width=width)) <= 0

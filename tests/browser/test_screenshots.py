"""Every mail we send as a screen draws it: measured, and beside the picture it has to look like."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser

from digest.lint.textsize import SMALLEST_TEXT
from tests.browser.likeness import difference, halved, marked
from tests.browser.mails import SAMPLES, Sample, html_of, shipped_mails
from tests.browser.measuring import clipped, overflow, small_targets, smallest_text, worst_contrast
from tests.browser.png import pixels_of, small_png
from tests.browser.screenshots import GOLDENS, UPDATE, Shot, shots
from tests.browser.stage import Look, Stage

pytestmark = pytest.mark.browser

# The smallest phone there is, a usual one, and the sheet's own width.
WIDTHS = (320, 375, 640)
# They are kept in git for ever, each time they change.
MOST_BYTES = 600_000

# One mail's tests run one after the other, so that it is loaded once.
each_mail = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name, scope="module")
each_width = pytest.mark.parametrize("width", WIDTHS)
each_shot = pytest.mark.parametrize("shot", shots(), ids=lambda shot: shot.name)


@pytest.fixture(scope="module")
def stage(browser: Browser) -> Iterator[Stage]:
    """One page for all pictures: a new one for each would take longer than the pictures."""
    stage = Stage(browser)
    yield stage
    stage.close()


def test_every_mail_has_a_sample() -> None:
    without = shipped_mails() - {sample.template for sample in SAMPLES}
    assert not without, f"add a sample of {without} to tests/browser/mails.py, then run {UPDATE}"


@each_width
@each_mail
def test_nothing_is_wider_than_the_screen_or_than_its_box(stage: Stage, sample: Sample, width: int) -> None:
    for look in (Look.LIGHT, Look.IMAGES_OFF):
        stage.show(html_of(sample), width=width, look=look)
        assert overflow(stage.page) <= 0
        assert clipped(stage.page) == []


@each_width
@each_mail
def test_all_text_can_be_read_in_light_dark_and_forced_dark(stage: Stage, sample: Sample, width: int) -> None:
    for look in (Look.LIGHT, Look.DARK, Look.INVERTED):
        stage.show(html_of(sample), width=width, look=look)
        ratio, text = worst_contrast(stage.page, inverted=look is Look.INVERTED)
        assert ratio >= 4.5, f"{text!r}, {look}"
        size, text = smallest_text(stage.page)
        assert size >= SMALLEST_TEXT, text


@each_width
@each_mail
def test_every_link_can_be_hit_with_a_finger(stage: Stage, sample: Sample, width: int) -> None:
    stage.show(html_of(sample), width=width)
    assert small_targets(stage.page) == []


@each_mail
def test_in_the_dark_the_window_round_the_sheet_is_dark_too(stage: Stage, sample: Sample) -> None:
    stage.show(html_of(sample), width=1000, look=Look.DARK)
    corners = stage.picture()[[0, -1]][:, [0, -1]]
    assert corners.max() < 64


@each_shot
def test_it_looks_like_its_picture(stage: Stage, shot: Shot, tmp_path: Path) -> None:
    assert shot.golden.exists(), f"there is no picture of it yet; take it with {UPDATE}"
    stage.show(html_of(shot.sample), width=shot.width, look=shot.look)
    actual = stage.picture()
    found = difference(actual, pixels_of(shot.golden.read_bytes()))
    if found.said:
        (tmp_path / "actual.png").write_bytes(small_png(actual))
        (tmp_path / "unlike.png").write_bytes(small_png(marked(actual, found.where)))
    assert not found.said, f"{found.said}; see {tmp_path}, and if it is meant run {UPDATE}"


def test_the_pictures_are_few_and_small() -> None:
    kept = set(GOLDENS.glob("*.png"))

    assert kept == {shot.golden for shot in shots()}
    assert sum(picture.stat().st_size for picture in kept) < MOST_BYTES


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Builder", "Bolder"),
        ("<b>SHIP</b></td><td", "</td><td"),
        ("#00664D", "#00864D"),
        ("<h1", "<h1 hidden"),
    ],
    ids=["another word", "an empty chip", "another green", "no heading"],
)
def test_a_change_that_a_reader_would_see_is_seen(stage: Stage, old: str, new: str) -> None:
    html = html_of(SAMPLES[0])
    assert old in html
    stage.show(html, width=640)
    before = stage.picture()
    stage.show(html.replace(old, new), width=640)
    assert difference(stage.picture(), before).said


def test_a_picture_is_like_its_small_copy_and_like_itself_in_heavier_letters(stage: Stage) -> None:
    html = html_of(SAMPLES[0])
    stage.show(html, width=640)
    drawn = stage.picture()
    heavier = html.replace("</head>", "<style>*{-webkit-text-stroke:.1px}</style></head>", 1)
    stage.show(heavier, width=640)
    assert difference(stage.picture(), drawn).said == ""
    assert difference(stage.decoded(small_png(drawn)), drawn).said == ""


def test_pictures_are_read_as_the_browser_reads_them(stage: Stage) -> None:
    stage.show(html_of(SAMPLES[0]), width=375)
    drawn = stage.picture()
    assert np.array_equal(drawn, halved(stage.decoded(stage.page.screenshot(full_page=True))))
    assert np.array_equal(pixels_of(small_png(drawn)), stage.decoded(small_png(drawn)))

"""What each segment of readers gets of an issue."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.errors import BadInput
from digest.issues.editions import (
    MAIN,
    Segment,
    edition_name,
    edition_of,
    edition_title,
    editions_of,
)
from digest.issues.planning import content_from
from digest.issues.rendered import Renderer
from digest.issues.values import Depth, Former, IssueContent, Matchup, Overrides
from digest.matchups import with_depths
from digest.settings import Settings
from digest.week import Week
from tests.factories import PANEL, tool

WEEK = Week(2026, 47)
NOBODY = Former()


def issue(overrides: Overrides | None = None, former: Former = NOBODY) -> IssueContent:
    """Return an issue of four matchups in three categories, one of them between two."""
    pairs = [
        Matchup(tool("Loupe", 88, 78, 82, 52), tool("Lantern", 88, 82, 85, 79)),
        Matchup(
            tool("Ferry", 81, 82, 83, 84, category="Travel"), tool("Tug", 40, 75, 45, 30, category="Travel")
        ),
        Matchup(
            tool("Moth", 50, 61, 40, 30, category="Music"), tool("Wasp", 20, 30, 40, 80, category="Music")
        ),
        Matchup(tool("Quill", 70, 71, 72, 73, category="Music"), tool("Inkwell", 20, 30, 40, 50)),
    ]
    return content_from(WEEK, with_depths(pairs), PANEL, overrides or Overrides(), former)


def names(content: IssueContent) -> list[str]:
    return [pair.left.name for pair in content.matchups]


def test_who_chose_nothing_gets_the_issue_itself() -> None:
    assert edition_name(issue(), Segment()) == MAIN
    assert editions_of(issue(), [Segment()], NOBODY) == {}


@pytest.mark.parametrize(
    ("interests", "name"),
    [
        (("Travel",), "en-2"),
        (("music",), "en-3-4"),
        (("Travel", "Music"), "en-2-3-4"),
        (("Developer Tools",), "en-1-4"),
        (("Gardening",), "en"),
        (("Developer Tools", "Music", "Travel"), "en"),
    ],
)
def test_an_edition_is_named_by_the_matchups_that_lead(interests: tuple[str, ...], name: str) -> None:
    assert edition_name(issue(), Segment("en", interests)) == name


def test_a_language_that_nobody_taught_us_is_english() -> None:
    assert edition_name(issue(), Segment("tlh")) == MAIN


def test_segments_that_come_to_the_same_share_one_edition() -> None:
    segments = [Segment("en", ("Travel",)), Segment("en", ("Gardening", "Travel")), Segment("de")]
    assert list(editions_of(issue(), segments, NOBODY)) == ["en-2", "de"]


def test_chosen_matchups_come_first_and_deeper_in_the_issues_own_order() -> None:
    edition = edition_of(issue(), "en-3-4", NOBODY)
    assert names(edition) == ["Moth", "Quill", "Loupe", "Ferry"]
    assert [pair.depth for pair in edition.matchups] == [Depth.FULL, Depth.SHORT, Depth.STUB, Depth.STUB]


def test_the_others_stay_stubs_however_much_room_there_is() -> None:
    renderer = Renderer.of(Settings(), "a secret for tests only")
    shown, _ = renderer.fitted(edition_of(issue(), "en-2", NOBODY))
    assert [pair.depth for pair in shown.matchups] == [Depth.FULL, *[Depth.STUB] * 3]


def test_an_edition_is_called_by_its_own_lead() -> None:
    edition = edition_of(issue(), "en-2", NOBODY)
    assert edition.subject.startswith("Ferry")
    assert edition.preheader != issue().preheader


def test_the_issue_before_counts_for_an_edition_too() -> None:
    former = Former("Ferry vs Tug: the panel picks Ferry", "Only the Skeptic ships Tug.")
    edition = edition_of(issue(former=former), "en-2", former)
    assert edition.subject.startswith("Ferry")


def test_an_editors_own_words_stand_in_every_edition() -> None:
    words = Overrides(subject="What we shipped", preheader="And what we did not")
    edition = edition_of(issue(words), "de-2", NOBODY)
    assert (edition.subject, edition.preheader) == ("What we shipped", "And what we did not")


def test_another_language_changes_the_frame_only() -> None:
    assert edition_of(issue(), "de", NOBODY) == replace(issue(), language="de")


@pytest.mark.parametrize("name", ["", "fr", "en-0", "en-5", "en-2-1", "en-2-2", "en-x", "en-²", "de--2"])
def test_a_name_that_no_edition_has_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="has no edition"):
        edition_of(issue(), name, NOBODY)


def test_an_edition_has_a_title_for_people() -> None:
    assert [edition_title(name) for name in ("de", "en-2", "de-1-3")] == [
        "Deutsch",
        "English, matchup 2 first",
        "Deutsch, matchups 1, 3 first",
    ]

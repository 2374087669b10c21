from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given

from digest.catalogue.values import Tool, Verdict
from digest.issues.values import Matchup
from digest.panel import panels_pick, tally
from digest.words import SUBJECT_LIMIT, subject_for, subjects_for, weigh_subject
from tests.digest.panels import pairs, stated
from tests.factories import tool

LOUPE = tool("Loupe", 88, 78, 82, 52)
LANTERN = tool("Lantern", 88, 82, 85, 79)
LEAD = [Matchup(LOUPE, LANTERN)]


def notes(text: str, former: str | None = None) -> str:
    """Return what the rules say of a subject for Loupe and Lantern."""
    return "; ".join(weigh_subject(text, LEAD, former=former).notes)


@pytest.mark.parametrize(
    ("left", "right", "subject"),
    [
        (LOUPE, LANTERN, "Loupe vs Lantern: the panel picks Lantern"),
        (LANTERN, replace(LANTERN, slug="lamp", name="Lamp"), "Lantern vs Lamp: the panel ships both"),
        (tool("Fog", 20, 30), tool("Mist", 20, 30), "Fog vs Mist: the panel skips both"),
        (tool("Fog", 20, 30), tool("Coin", 80, 30), "Fog vs Coin: the panel ships neither"),
        (tool("Dime", 20, 80), tool("Coin", 80, 30), "Dime vs Coin: a split panel on both"),
        (stated("Moth", None), LANTERN, "Moth vs Lantern: side by side"),
    ],
)
def test_the_subject_names_the_lead_first_and_tells_its_outcome(
    left: Tool, right: Tool, subject: str
) -> None:
    assert subject_for([Matchup(left, right)]) == subject


def test_there_are_several_each_with_the_reasons_for_its_place() -> None:
    found = subjects_for([*LEAD, Matchup(tool("Ferry", 80), tool("Tug", 80))])
    assert [candidate.text for candidate in found] == [
        "Loupe vs Lantern: the panel picks Lantern",
        "Lantern over Loupe, 100% of the panel to 75%",
        "Loupe meets Lantern: the panel picks Lantern",
        "Loupe vs Lantern, and one more matchup",
        "Loupe vs Lantern",
    ]
    assert found[0].points == 70
    assert found[0].notes == (
        "+20: 41 characters; 30 to 60 are read at a glance",
        "+15: begins with a tool’s name",
        "+15: names both tools in full",
        "+20: says how it came out",
    )


def test_of_two_at_the_same_share_it_is_the_scores_that_decide() -> None:
    texts = [found.text for found in subjects_for([Matchup(LANTERN, tool("Lamp", 60, 60, 60))])]
    assert "Lantern over Lamp, by the panel’s scores" in texts


def test_a_subject_is_not_phrased_like_the_one_of_the_week_before() -> None:
    former = "Ferry vs Tug: the panel picks Tug"
    assert subject_for(LEAD, former=former) == "Lantern over Loupe, 100% of the panel to 75%"
    assert "is phrased like the one before" in notes(subject_for(LEAD), former)
    assert "before" not in notes(subject_for(LEAD), "Ferry over Tug, 80% of the panel to 60%")


def test_a_subject_gives_up_its_turn_of_phrase_before_a_letter_of_a_name() -> None:
    left = replace(LOUPE, name="Loupe for Very Large Documents")
    right = replace(LANTERN, name="Lantern Research")
    subject = subject_for([Matchup(left, right)])
    assert left.name in subject
    assert right.name in subject
    longer = replace(left, name="Loupe " * 30)
    assert all(len(found.text) <= SUBJECT_LIMIT for found in subjects_for([Matchup(longer, right)]))


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("Loupe vs Lantern: the panel picks Lantern", "+20: 41 characters"),
        ("Loupe vs Lantern", "+6: 16 characters"),
        ("Loupe vs Lantern, and how the panel came to pick Lantern this time", "+14: 66 characters"),
        ("Loupe and Lantern " * 5, "-100: 90 characters, and mail programs cut it at 78"),
        ("Lantern it is", "+15: begins with a tool’s name"),
        ("This week: Lantern and Loupe", "+15: names both tools in full"),
        ("Loupe vs Lantern: three of four ship", "+20: says how it came out"),
        ("Loupe: act now, it is risk-free", "-50: filters look for: act now, risk-free"),
        ("Loupe vs Lantern!", "-100: shouts: !"),
        ("Loupe vs Lantern: SHIP", "-100: shouts: SHIP"),
        ("Lantern is the best", "-100: claims more than a panel can say: best"),
    ],
)
def test_every_rule_says_what_it_gave_or_took(text: str, note: str) -> None:
    assert note in notes(text)


def test_rules_that_do_not_apply_are_silent() -> None:
    said = notes("This week")
    for words in ("begins", "in full", "came out", "filters", "shouts", "claims", "before"):
        assert words not in said


def test_what_a_tool_is_called_is_not_held_against_a_subject() -> None:
    lead = Matchup(tool("BEST OCR!", 80, 80), tool("Lens", 80, 40))
    assert subject_for([lead]) == "BEST OCR! vs Lens: the panel picks BEST OCR!"
    assert not [note for note in subjects_for([lead])[0].notes if note.startswith("-")]


def false_words(subject: str, left: Tool, right: Tool) -> bool:
    """Read a subject again, and hold it against the tallies."""
    subject = re.sub("[\u2068\u2069]", "", subject)
    own, other = tally(left), tally(right)
    pick = panels_pick(left, right)
    outcomes = {
        "the panel ships both": own.verdict is other.verdict is Verdict.SHIP,
        "the panel skips both": own.verdict is other.verdict is Verdict.SKIP,
        "a split panel on both": own.verdict is other.verdict is Verdict.SPLIT,
        "the panel ships neither": Verdict.SHIP not in (own.verdict, other.verdict),
        f"the panel picks {pick.name if pick else ''}": pick is not None,
        "side by side": None in (own.verdict, other.verdict),
    }
    if match := re.fullmatch(r"Aster (?:vs|meets) Birch: (.+)", subject):
        return not outcomes[match[1]]
    if match := re.fullmatch(r"(\w+) over (\w+), (\d+)% of the panel to (\d+)%", subject):
        shares = {"Aster": own.percent, "Birch": other.percent}
        said = [shares[match[1]], shares[match[2]]]
        return said != [int(match[3]), int(match[4])] or int(match[3]) <= int(match[4])
    if match := re.fullmatch(r"(\w+) over (\w+), by the panel’s scores", subject):
        return pick is None or pick.name != match[1] or own.percent != other.percent
    return subject != "Aster vs Birch"


@given(pairs())
def test_no_candidate_says_what_the_panels_do_not_bear_out(pair: tuple[Tool, Tool]) -> None:
    for found in subjects_for([Matchup(*pair)]):
        assert not false_words(found.text, *pair), found.text
        assert len(found.text) <= SUBJECT_LIMIT
        assert not [note for note in found.notes if note.startswith("-")]


@given(pairs())
def test_the_candidates_stand_in_order_and_the_first_is_taken(pair: tuple[Tool, Tool]) -> None:
    found = subjects_for([Matchup(*pair)])
    assert [each.points for each in found] == sorted((each.points for each in found), reverse=True)
    assert len({each.text for each in found}) == len(found)
    assert subject_for([Matchup(*pair)]) == found[0].text

from digest.catalogue.takes import in_order, named, other_takes, paired
from digest.catalogue.values import Take, Verdict
from tests.factories import REVIEWERS

GUESS = Take("Founder", "It draws well.")
KNOWN = Take("Creator", "It draws well.", 70, Verdict.SHIP)
BUILDER = Take("Builder", "It runs.", 80, Verdict.SHIP)


def test_the_same_text_is_the_same_take_whoever_was_guessed_to_say_it() -> None:
    assert list(paired([GUESS, BUILDER], [BUILDER, KNOWN])) == [(GUESS, KNOWN), (BUILDER, BUILDER)]
    assert named(GUESS, KNOWN).reviewer == named(KNOWN, GUESS).reviewer == "Creator"


def test_takes_without_a_partner_stand_alone() -> None:
    assert list(paired([GUESS], [BUILDER])) == [(GUESS, None), (None, BUILDER)]


def test_two_reviewers_of_one_mind_stay_two() -> None:
    both = [Take("Builder", "Yes."), Take("Skeptic", "Yes.")]
    assert list(paired(both, both[::-1])) == [(both[0], both[0]), (both[1], both[1])]


def test_another_text_by_the_same_reviewer_is_found() -> None:
    assert other_takes([BUILDER], [Take("Builder", "It crawls.")]) == ["Builder"]
    assert other_takes([GUESS], [KNOWN, Take("Founder", "Who pays?", 40, Verdict.SKIP)]) == []


def test_takes_stand_in_the_panels_order() -> None:
    guest = Take("Guest", "Hm.")
    assert in_order([guest, KNOWN, BUILDER], REVIEWERS) == (BUILDER, KNOWN, guest)

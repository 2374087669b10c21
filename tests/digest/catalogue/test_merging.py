from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.catalogue.merging import RULES, Listing, Meeting, Outcome, Rule, meet, overwrite
from digest.catalogue.pages.reader import read_page
from digest.catalogue.values import Community, Take, Tool, Verdict
from tests.factories import REVIEWERS
from tests.pagetext import as_compact, compact_page, labelled_page, lantern, loupe


def met(old: Tool, new: Tool, *, update: bool = False) -> Meeting:
    return meet(new, [Listing(old, "old.txt")], "new.txt", REVIEWERS, update=update)


def test_every_field_of_a_tool_has_a_rule() -> None:
    assert set(RULES) == {field.name for field in fields(Tool)}


@pytest.mark.parametrize(
    "field", [field for field, rule in RULES.items() if rule in (Rule.FACT, Rule.IDENTITY)]
)
def test_a_missing_fact_is_filled_and_a_known_one_never_erased(field: str) -> None:
    known = lantern(community=Community(12, 3), link="https://example.com/lamp")
    nothing: dict[str, Any] = {field: None}
    gap = replace(known, **nothing)
    filled, kept = met(gap, known), met(known, gap, update=True)
    assert (filled.outcome, getattr(filled.tool, field)) == (Outcome.FILLED, getattr(known, field))
    assert (kept.outcome, kept.tool) == (Outcome.UNCHANGED, known)


DIFFERENT: dict[str, Any] = {
    "category": "Design",
    "description": "Another text.",
    "pricing": "Paid",
    "entry": "From $5",
    "best_for": "Moths",
    "link": "https://example.com/lantern",
    "stated_percent": 50,
    "community": Community(1, 1),
}


@pytest.mark.parametrize("field", [field for field, rule in RULES.items() if rule is Rule.FACT])
def test_a_fact_that_differs_is_said_and_only_an_update_takes_it(field: str) -> None:
    known = lantern(community=Community(12, 3), link="https://example.com/lamp")
    other = replace(known, **{field: DIFFERENT[field]})
    kept, taken = met(known, other), met(known, other, update=True)
    assert (kept.outcome, kept.tool) == (Outcome.UNCHANGED, known)
    assert kept.remarks[0].startswith(f"{field.replace('_', ' ')} stays “")
    assert (taken.outcome, getattr(taken.tool, field)) == (Outcome.UPDATED, DIFFERENT[field])
    assert " replaces “" in taken.remarks[0]


def test_a_score_that_differs_is_said_and_kept() -> None:
    first, *rest = lantern().takes
    other = lantern(takes=(replace(first, score=20, verdict=Verdict.SKIP), *rest))
    assert met(lantern(), other).remarks == (
        "the Builder's score stays “88”; this source says “20”",
        "the Builder's verdict stays “ship”; this source says “skip”",
    )
    assert met(lantern(), other, update=True).tool.takes == other.takes


@pytest.mark.parametrize(
    "other",
    [
        lantern(tagline="Something else entirely"),
        lantern(takes=(Take("Builder", "It never ran.", 10, Verdict.SKIP),)),
        lantern(takes=(Take("Builder", "It never ran."),)),
    ],
    ids=["tagline", "take", "compact take"],
)
def test_another_review_is_kept_apart_unless_updating(other: Tool) -> None:
    apart = met(lantern(), other)
    assert (apart.outcome, apart.met) == (Outcome.APART, None)
    assert apart.remarks[0].startswith("lantern holds a different review (")
    update = met(lantern(), other, update=True)
    assert (update.outcome, update.met) == (Outcome.UPDATED, 0)
    assert (update.tool.tagline, update.tool.takes) == (other.tagline, other.takes)
    assert update.tool.pricing == lantern().pricing


def test_printing_differences_make_no_other_review() -> None:
    first, *rest = lantern().takes
    other = lantern(
        tagline="reads  receipts in the dark",
        takes=(replace(first, text=first.text.replace("“", '"')), *rest),
    )
    assert met(lantern(), other) == Meeting(Outcome.UNCHANGED, lantern(), 0)


def test_of_several_listings_the_one_with_the_same_takes_is_meant() -> None:
    bare = lantern(slug="lantern-2", takes=(), tagline=None)
    meeting = meet(lantern(), [Listing(bare, "a"), Listing(lantern(), "b")], "c", REVIEWERS)
    assert (meeting.outcome, meeting.met) == (Outcome.UNCHANGED, 1)


def test_an_update_replaces_the_listing_that_came_from_the_same_file() -> None:
    other = lantern(slug="lantern-2", tagline="Burns oil", takes=())
    edited = lantern(tagline="Burns gas", takes=())
    meeting = meet(
        edited, [Listing(lantern(), "a.txt"), Listing(other, "b.txt")], "b.txt", REVIEWERS, update=True
    )
    assert (meeting.met, meeting.tool.tagline) == (1, "Burns gas")


def test_the_editors_file_says_all_there_is_to_say() -> None:
    old = replace(lantern(), slug="lamp", compared_with=("loupe",))
    new = lantern(pricing=None, takes=lantern().takes[:1])
    meeting = overwrite(Listing(old, "lantern.yaml"), new, "lantern.yaml", REVIEWERS)
    assert meeting == Meeting(Outcome.UPDATED, replace(new, slug="lamp", compared_with=("loupe",)), 0)
    again = overwrite(Listing(meeting.tool, "lantern.yaml"), new, "lantern.yaml", REVIEWERS)
    assert again.outcome is Outcome.UNCHANGED


facts = st.fixed_dictionaries(
    {
        "entry": st.sampled_from([None, "Free", "From $5"]),
        "pricing": st.sampled_from([None, "Paid / $20", "Free"]),
        "best_for": st.sampled_from([None, "Moths"]),
        "description": st.sampled_from([None, "A lamp."]),
        "community": st.sampled_from([None, Community(78, 50), Community(percent=61)]),
        "stated_percent": st.sampled_from([None, 75]),
        "takes": st.lists(st.sampled_from([*REVIEWERS, "Guest"]), min_size=1, max_size=5, unique=True).map(
            lambda who: tuple(Take(name, f"{name} says so.", 70, Verdict.SHIP) for name in who)
        ),
    }
)


@given(facts)
@settings(deadline=None)
def test_labelled_and_compact_make_one_listing_in_either_order(known: dict[str, Any]) -> None:
    full = lantern(**known)
    shown = replace(full, community=Community(percent=61)) if full.community else full
    labelled = read_page(labelled_page(full, loupe()).encode(), "labelled.txt").left
    compact = read_page(compact_page(shown, loupe()).encode(), "compact.txt").left
    assert compact.takes == as_compact(full).takes

    def brought_in(*tools: Tool) -> Tool:
        tool = meet(tools[0], [], "first.txt", REVIEWERS).tool
        for other in tools[1:]:
            meeting = met(tool, other)
            assert meeting.outcome in (Outcome.FILLED, Outcome.UNCHANGED)
            assert not meeting.remarks
            tool = meeting.tool
        return tool

    one = brought_in(labelled, compact)
    assert one == brought_in(compact, labelled)
    assert one == brought_in(compact, labelled, compact, labelled)
    assert {take.reviewer for take in one.takes} == {take.reviewer for take in full.takes}
    assert all(take.score == 70 for take in one.takes)

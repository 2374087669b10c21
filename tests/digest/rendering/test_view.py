from __future__ import annotations

from dataclasses import replace
from datetime import date

from digest.catalogue.values import Take, Tool, Verdict
from digest.issues.values import Depth
from digest.rendering.slots import mark
from digest.rendering.view import IssueView, compare_url, dissenting_take, issue_view
from tests.digest.rendering.samples import FERRY, IDENTITY, LANTERN, LOUPE, MOTH, SENTINEL, TUG, content, pair
from tests.factories import tool


def view(*matchups: tuple[Tool, Tool, Depth]) -> IssueView:
    pairs = [pair(*matchup) for matchup in matchups]
    return issue_view(content(*pairs), IDENTITY, SENTINEL, date=date(2026, 11, 20))


def test_dates_are_in_words() -> None:
    issue = view()
    assert (issue.week, issue.date, issue.weekday) == ("2026-W47", "Friday 20 November 2026", "Friday")


def test_links_lead_to_pages_and_personal_ones_hold_a_mark() -> None:
    issue = view()
    assert issue.matchups[0].url == "https://digest.example.com/compare/loupe-vs-lantern"
    assert issue.links.browser == "https://digest.example.com/issues/2026-W47"
    assert issue.links.unsubscribe.endswith(f"/unsubscribe/{mark(SENTINEL, 'unsubscribe')}")
    assert issue.links.preferences.endswith(f"/preferences/{mark(SENTINEL, 'preferences')}")


def test_a_slug_cannot_leave_its_place_in_an_address() -> None:
    assert compare_url("https://x.example", replace(LOUPE, slug='a"b?c'), LANTERN) == (
        "https://x.example/compare/a%22b%3Fc-vs-lantern"
    )


def test_only_the_panels_pick_is_picked() -> None:
    lead = view((LOUPE, LANTERN, Depth.FULL)).matchups[0]
    assert (lead.left.pick, lead.right.pick) == (False, True)
    even = view((LANTERN, replace(LANTERN, slug="twin"), Depth.FULL)).matchups[0]
    assert (even.left.pick, even.right.pick) == (False, False)


def test_the_meter_has_a_box_per_reviewer_ships_first() -> None:
    assert view((LOUPE, LANTERN, Depth.FULL)).matchups[0].left.meter == ("ship", "ship", "ship", "skip")


def test_where_only_a_share_is_known_there_is_no_meter_but_a_percentage() -> None:
    moth = view((MOTH, LANTERN, Depth.FULL)).matchups[0].left
    assert (moth.verdict, moth.percent, moth.meter) == ("split", "50%", ())
    assert moth.caption == "50% of the panel ships"


def test_a_tool_without_a_panel_has_neither_verdict_nor_percentage() -> None:
    lone = view((tool("Lone"), LANTERN, Depth.STUB)).matchups[0].left
    assert (lone.verdict, lone.percent) == ("", "")


def test_reviewers_stand_in_pairs_with_a_gap_where_one_did_not_speak() -> None:
    ferry = view((FERRY, TUG, Depth.SHORT)).matchups[0]
    assert [reviewer.name for reviewer in ferry.reviewers] == [
        "Builder",
        "Skeptic",
        "Futurist",
        "Founder",
        "Creator",
    ]
    assert ferry.reviewers[2].right is None
    assert ferry.reviewers[4].left is None
    assert ferry.reviewers[0].question == "Would I build on it?"


def test_the_short_form_quotes_the_dissent_and_drops_what_its_cards_say() -> None:
    ferry = view((FERRY, TUG, Depth.SHORT)).matchups[0]
    assert ferry.dissent is not None
    assert (ferry.dissent.reviewer, ferry.dissent.tool) == ("Creator", "Tug")
    assert [fact.label for fact in ferry.facts] == ["Community", "Pricing", "Best for"]
    assert ferry.left.tagline == ""


def test_the_dissent_is_the_take_furthest_from_its_panel() -> None:
    found = dissenting_take(tool("Reed", 90, 90, 55), tool("Rush", 90, 90, 10))
    assert found is not None
    assert (found[0].name, found[1].score) == ("Rush", 10)
    assert dissenting_take(LANTERN, tool("Coin", 90, 10)) is None


def test_the_full_form_has_every_fact_and_words_for_gaps() -> None:
    facts = {fact.label: (str(fact.left), str(fact.right)) for fact in view().matchups[0].facts}
    assert facts == {
        "Panel verdict": ("Ship, 3 to 1", "Ship, 4 to 0"),
        "Community": ("No votes yet", "61% ship, 128 votes"),
        "Pricing": ("Free, open weights", "Not stated"),
        "Best for": ("Reading receipts", "Not stated"),
        "Category": ("Developer Tools", "Developer Tools"),
    }


def test_takes_are_shorter_where_more_reviewers_speak() -> None:
    def longest(reviewers: int) -> int:
        spoke = tuple(Take(f"R{n}", "word " * 100, 80, Verdict.SHIP) for n in range(reviewers))
        lead = view((tool("Long", takes=spoke), tool("Mute"), Depth.FULL)).matchups[0]
        return max(len(reviewer.left.text) for reviewer in lead.reviewers if reviewer.left)

    assert 130 < longest(4) <= 160
    assert longest(5) <= 125


def test_every_text_is_cut_to_its_place() -> None:
    long = "word " * 2000
    huge = replace(
        LOUPE, name=long, category=long, tagline=long, best_for=long, pricing=long, price_tier=long
    )
    lead = view((huge, LANTERN, Depth.FULL)).matchups[0]
    assert len(lead.left.name) <= 60
    assert len(lead.left.category) <= 40
    assert len(lead.left.tagline) <= 140
    assert all(len(str(fact.left)) <= 160 for fact in lead.facts)
    assert len(lead.sentence) <= 130


def test_a_usual_week_lists_all_and_a_long_one_its_first() -> None:
    stub = (LOUPE, LANTERN, Depth.STUB)
    assert len(view(*[stub] * 8).listed) == 8
    assert view(*[stub] * 8).unlisted == ""
    long = view(*[stub] * 16)
    assert len(long.listed) == 4
    assert long.unlisted == "And twelve more matchups, under “Also this week”."

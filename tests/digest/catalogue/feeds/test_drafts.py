from datetime import date
from typing import Any

import pytest

from digest.catalogue.feeds.drafts import draft_of, split_title
from digest.catalogue.feeds.values import FeedEntry
from tests.factories import FRIDAY


@pytest.mark.parametrize(
    ("title", "name", "tagline"),
    [
        ("Loupe", "Loupe", None),
        ("Loupe – reads a page", "Loupe", "reads a page"),
        ("Loupe — reads a page", "Loupe", "reads a page"),
        ("Loupe - reads a page", "Loupe", "reads a page"),
        ("Loupe: reads a page", "Loupe", "reads a page"),
        ("Show HN: Loupe – reads a page", "Loupe", "reads a page"),
        ("Introducing Loupe 2B: small eyes", "Loupe 2B", "small eyes"),
        ("Loupe: the lens – reads a page", "Loupe: the lens", "reads a page"),
        ("Mistral-Next 22B", "Mistral-Next 22B", None),
        ("Loupe: 2.0", "Loupe: 2.0", None),
        ("Release 10:30", "Release 10:30", None),
        ("– a dash", "– a dash", None),
        (
            "Why we never again want to see this: a story",
            "Why we never again want to see this: a story",
            None,
        ),
        ("Show HN:", "Show HN:", None),
    ],
)
def test_a_title_is_a_name_and_what_it_is(title: str, name: str, tagline: str | None) -> None:
    assert split_title(title) == (name, tagline)


def test_a_title_that_is_a_whole_sentence_is_cut() -> None:
    assert len(split_title("word " * 60)[0]) <= 100


def draft(title: str = "Loupe", **values: Any) -> dict[str, object]:
    return draft_of(FeedEntry("1", title, **values), category=None, today=FRIDAY)


def test_the_first_sentence_is_the_tagline_when_the_title_has_none() -> None:
    found = draft(summary="Reads one page at a time. Then it rests.")
    assert found["tagline"] == "Reads one page at a time"
    assert found["description"] == "Reads one page at a time. Then it rests."


def test_one_sentence_is_not_said_twice() -> None:
    found = draft(summary="Reads one page at a time.")
    assert (found["tagline"], found["description"]) == ("Reads one page at a time", None)


def test_a_tagline_in_the_title_leaves_the_summary_whole() -> None:
    found = draft("Loupe – reads a page", summary="Small and quick.")
    assert (found["tagline"], found["description"]) == ("reads a page", "Small and quick.")


def test_a_long_first_sentence_is_no_tagline() -> None:
    found = draft(summary="word " * 100)
    assert found["tagline"] is None
    assert found["description"]


def test_the_category_of_the_settings_wins() -> None:
    assert draft(category="Vision")["category"] == "Vision"
    entry = FeedEntry("1", "Loupe", category="Vision")
    assert draft_of(entry, category="Agents", today=FRIDAY)["category"] == "Agents"


@pytest.mark.parametrize(
    ("day", "kept"),
    [
        (date(2026, 11, 17), date(2026, 11, 17)),
        (FRIDAY, FRIDAY),
        (date(2026, 11, 21), None),
        (date(2999, 1, 1), None),
        (date(1970, 1, 1), None),
        (None, None),
    ],
)
def test_a_day_in_the_future_or_before_the_web_is_a_mistake(day: date | None, kept: date | None) -> None:
    assert draft(published_on=day)["published_on"] == kept

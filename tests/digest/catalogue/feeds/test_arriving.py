"""What becomes of the tools that a feed brings, in a real catalogue."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.catalogue import store as catalogue
from digest.catalogue.feeds.arriving import Overtaken, Taken, take_in
from digest.catalogue.feeds.values import Arrival, FeedContent
from digest.catalogue.importing import ImportReport, import_contents
from digest.catalogue.model import ToolModel
from digest.catalogue.rows import FeedEntryRow, TakeRow, ToolRow
from tests.factories import FRIDAY, RULES
from tests.stock import NOW

LATER = NOW + timedelta(hours=6)
LATEST = NOW + timedelta(hours=12)


def model(name: str, **values: Any) -> ToolModel:
    return ToolModel.model_validate({"name": name, **values}, context=RULES)


def bring(session: Session, *tools: tuple[str, ToolModel], now: datetime = NOW, feed: str = "news") -> Taken:
    content = FeedContent(tuple(Arrival(key, tool) for key, tool in tools))
    return take_in(session, feed, content, rules=RULES, now=now)


def edit(session: Session, slug: str, now: datetime = NOW, **values: Any) -> None:
    """Change a tool as the desk would, by its own file."""
    known = catalogue.load_tool(session, slug)
    written = model(values.pop("name", known.name), slug=slug, **values)
    import_contents(session, [("desk.yaml", written)], rules=RULES, published=FRIDAY, now=now)


def slugs(session: Session) -> list[str]:
    return list(session.scalars(select(ToolRow.slug).order_by(ToolRow.slug)))


def test_a_new_entry_becomes_a_draft_that_names_its_feed(session: Session) -> None:
    taken = bring(session, ("1", model("Loupe", tagline="reads a page", link="https://loupe.test/")))
    assert taken == Taken(new=("loupe",))
    row = session.scalars(select(ToolRow)).one()
    assert (row.source, row.imported_at, row.published_on) == ("feed:news", NOW, FRIDAY)
    tool = catalogue.load_tool(session, "loupe")
    assert (tool.tagline, tool.link, tool.takes) == ("reads a page", "https://loupe.test/", ())


def test_an_entry_is_taken_once(session: Session) -> None:
    entry = ("1", model("Loupe", tagline="reads a page"))
    bring(session, entry)
    assert bring(session, entry, now=LATER) == Taken(unchanged=1)
    assert slugs(session) == ["loupe"]
    assert session.scalars(select(ToolRow.updated_at)).one() == NOW


def test_a_changed_entry_updates_its_draft_again_and_again(session: Session) -> None:
    bring(session, ("1", model("Loupe", tagline="reads a page")))
    assert bring(session, ("1", model("Loupe", tagline="reads two")), now=LATER) == Taken(changed=("loupe",))
    renamed = ("1", model("Loupe 2B", tagline="reads three"))
    assert bring(session, renamed, now=LATEST) == Taken(changed=("loupe",))
    tool = catalogue.load_tool(session, "loupe")
    assert (tool.name, tool.tagline, tool.published_on) == ("Loupe 2B", "reads three", FRIDAY)


def test_once_the_desk_wrote_a_tool_the_feed_leaves_it(session: Session) -> None:
    bring(session, ("1", model("Loupe", tagline="reads a page")))
    edit(session, "loupe", now=LATER, tagline="our words")
    assert bring(session, ("1", model("Loupe", tagline="reads two")), now=LATEST) == Taken(unchanged=1)
    assert catalogue.load_tool(session, "loupe").tagline == "our words"


def test_once_the_panel_spoke_the_feed_leaves_the_tool(session: Session) -> None:
    bring(session, ("1", model("Loupe", tagline="reads a page")))
    row = session.scalars(select(ToolRow)).one()
    row.takes.append(TakeRow(position=0, reviewer="Builder", text="Good.", score=80, verdict="ship"))
    session.flush()
    assert bring(session, ("1", model("Loupe", tagline="reads two")), now=LATER) == Taken(unchanged=1)
    assert catalogue.load_tool(session, "loupe").tagline == "reads a page"


def test_a_tool_that_the_desk_removed_does_not_come_back(session: Session) -> None:
    entry = ("1", model("Loupe"))
    bring(session, entry)
    session.delete(session.scalars(select(ToolRow)).one())
    session.flush()
    session.expire_all()
    assert bring(session, entry, now=LATER) == Taken(unchanged=1)
    assert slugs(session) == []


def test_a_tool_that_is_there_already_is_linked_and_left_alone(session: Session) -> None:
    edited = model("Loupe", tagline="our words")
    import_contents(session, [("desk.yaml", edited)], rules=RULES, published=FRIDAY, now=NOW)
    taken = bring(session, ("1", model("LOUPE", tagline="their words")))
    assert taken == Taken(unchanged=1, remarks=("LOUPE is in the catalogue as loupe; not taken again",))
    assert bring(session, ("1", model("LOUPE", tagline="other words")), now=LATER) == Taken(unchanged=1)
    assert catalogue.load_tool(session, "loupe").tagline == "our words"


def test_two_entries_of_one_name_make_one_tool_that_stays_as_the_first_made_it(session: Session) -> None:
    one, other = ("1", model("Loupe", tagline="first")), ("2", model("Loupe", tagline="second"))
    taken = bring(session, one, other)
    assert (taken.new, taken.unchanged) == (("loupe",), 1)
    assert bring(session, one, other, now=LATER) == Taken(unchanged=2)
    assert catalogue.load_tool(session, "loupe").tagline == "first"


def test_two_feeds_do_not_fight_over_a_tool(session: Session) -> None:
    bring(session, ("1", model("Loupe", tagline="first")), feed="news")
    bring(session, ("1", model("Loupe", tagline="second")), feed="other")
    bring(session, ("1", model("Loupe", tagline="third")), feed="other", now=LATER)
    assert catalogue.load_tool(session, "loupe").tagline == "first"
    assert bring(session, ("1", model("Loupe", tagline="fourth")), now=LATEST).changed == ("loupe",)


def test_names_that_ask_for_one_slug_are_two_tools(session: Session) -> None:
    taken = bring(session, ("1", model("A.I")), ("2", model("A I")))
    assert taken.new == ("a-i", "a-i-2")
    assert bring(session, ("3", model("A-I")), now=LATER).new == ("a-i-3",)


def test_a_whole_tool_comes_with_its_takes_and_follows_its_source(session: Session) -> None:
    take = {"reviewer": "Builder", "score": 80, "verdict": "ship", "text": "Good."}
    bring(session, ("loupe", model("Loupe", slug="loupe", takes=[take])))
    better = model("Loupe", slug="loupe", takes=[take | {"score": 90}])
    assert bring(session, ("loupe", better), now=LATER).changed == ("loupe",)
    assert catalogue.load_tool(session, "loupe").takes[0].score == 90


def test_a_whole_tool_never_overwrites_one_of_ours_with_its_slug(session: Session) -> None:
    edited = model("Our Loupe", slug="loupe", tagline="our words")
    import_contents(session, [("desk.yaml", edited)], rules=RULES, published=FRIDAY, now=NOW)
    taken = bring(session, ("loupe", model("Their Loupe", slug="loupe", tagline="their words")))
    assert taken.remarks == ("Their Loupe is in the catalogue as loupe; not taken again",)
    assert catalogue.load_tool(session, "loupe").tagline == "our words"


def test_a_tool_that_somebody_else_brings_in_at_the_same_moment_is_noticed(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(session: Session, *given: Any, **terms: Any) -> ImportReport:
        import_contents(session, [("desk.yaml", model("Loupe"))], rules=RULES, published=FRIDAY, now=NOW)
        return import_contents(session, *given, **terms)

    monkeypatch.setattr("digest.catalogue.feeds.arriving.import_contents", overtaken)
    with pytest.raises(Overtaken, match="it is tried again later"):
        bring(session, ("1", model("Loupe")))


def test_the_days_of_drafts_stay_what_they_were_when_first_seen(session: Session) -> None:
    bring(session, ("1", model("Loupe")))
    bring(session, ("1", model("Loupe", tagline="reads a page")), now=LATER + timedelta(days=30))
    assert catalogue.load_tool(session, "loupe").published_on == FRIDAY


@pytest.mark.parametrize("count", [0, 1_200])
def test_any_number_of_entries_is_taken(session: Session, count: int) -> None:
    entries = [(str(number), model(f"Tool {number}")) for number in range(count)]
    assert len(bring(session, *entries).new) == count
    assert bring(session, *entries, now=LATER) == Taken(unchanged=count)
    assert len(session.scalars(select(FeedEntryRow)).all()) == count

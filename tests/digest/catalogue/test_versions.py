from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from digest.catalogue import store
from digest.catalogue.values import Community, Tool
from digest.catalogue.versions import Change, changes, history
from tests.factories import FRIDAY, take, tool

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
LAMP = tool("Lamp", 88, 52, community=Community(3, 1))


def change(session: Session, new: Tool, *, hours: int) -> None:
    [row] = store.rows_named(session, [], ["lamp"])
    store.update_tool(row, new, f"source {hours}", NOW + timedelta(hours=hours))


def test_each_version_says_until_when_whose_it_was_and_what_changed(session: Session) -> None:
    store.add_tools(session, [(LAMP, "lamp.yaml")], NOW)
    second = replace(LAMP, tagline="Burns", best_for="Caves")
    change(session, second, hours=1)
    change(session, replace(second, takes=second.takes[:1]), hours=2)
    latest, first = history(session, store.load_tool(session, "lamp"))
    assert (first.tool, first.source, first.until) == (LAMP, "lamp.yaml", NOW + timedelta(hours=1))
    assert first.changes == (
        Change("tagline", "Lamp does one thing", "Burns"),
        Change("best_for", LAMP.best_for, "Caves"),
    )
    assert (latest.source, [change.field for change in latest.changes]) == ("source 1", ["takes.Skeptic"])


@pytest.mark.parametrize("day", [FRIDAY + timedelta(days=1), date(2027, 1, 1)])
def test_a_tool_that_is_not_out_yet_keeps_no_version(session: Session, day: date) -> None:
    store.add_tools(session, [(replace(LAMP, published_on=day), "lamp.yaml")], NOW)
    change(session, LAMP, hours=1)
    assert history(session, store.load_tool(session, "lamp")) == []


def test_saying_the_same_again_is_no_change(session: Session) -> None:
    store.add_tools(session, [(LAMP, "lamp.yaml")], NOW)
    change(session, replace(LAMP, compared_with=("loupe",)), hours=1)
    assert history(session, store.load_tool(session, "lamp")) == []


def test_what_the_desk_decides_on_a_tool_the_tool_did_not_say(session: Session) -> None:
    store.add_tools(session, [(LAMP, "lamp.yaml")], NOW)
    marked = replace(LAMP, pinned=True, excluded="the company is gone", embargoed_until=FRIDAY)
    change(session, marked, hours=1)
    change(session, LAMP, hours=2)
    assert history(session, store.load_tool(session, "lamp")) == []
    change(session, replace(marked, tagline="Burns"), hours=3)
    [version] = history(session, store.load_tool(session, "lamp"))
    assert [change.field for change in version.changes] == ["tagline"]


def test_changes_are_told_in_words() -> None:
    builder, skeptic = LAMP.takes
    new = replace(
        LAMP,
        community=Community(percent=70),
        published_on=None,
        takes=(replace(builder, score=None, verdict=None, text="Hm."), skeptic, take("Guest", 60, "Fine.")),
    )
    assert list(changes(LAMP, new)) == [
        Change("published_on", "2026-11-20", None),
        Change("community", "3 ship / 1 skip", "70% ship"),
        Change("takes.Builder", f"88/100 · ship · {builder.text}", "score not stated · Hm."),
        Change("takes.Guest", None, "60/100 · ship · Fine."),
    ]
    assert list(changes(LAMP, replace(LAMP, takes=(skeptic, builder)))) == []

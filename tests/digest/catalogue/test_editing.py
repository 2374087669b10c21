"""One tool at a time: what is said stands."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from digest.catalogue import editing, store
from digest.catalogue.editing import Editor
from digest.catalogue.model import TakeModel, ToolModel
from digest.catalogue.values import Tool
from digest.errors import NotFound, WrongState
from tests.factories import FRIDAY, REVIEWERS
from tests.stock import NOW

BY = Editor("api:website", REVIEWERS, NOW, FRIDAY)


def said(**values: Any) -> ToolModel:
    return ToolModel.model_validate({"name": "Loupe"} | values)


def take(reviewer: str, text: str = "It works.") -> TakeModel:
    return TakeModel(reviewer=reviewer, text=text)


def anything(tool: Tool | None) -> None:
    """A guard that lets every change through."""


def refuse(tool: Tool | None) -> None:
    raise WrongState(f"not {tool.name}" if tool else "not yet")


def put(session: Session, **values: Any) -> Tool:
    return editing.put(session, "loupe", said(**values), BY, anything).tool


def test_a_tool_without_a_day_is_published_today(session: Session) -> None:
    assert editing.add(session, said(), BY).published_on == FRIDAY


def test_takes_are_kept_in_the_order_of_the_panel(session: Session) -> None:
    tool = editing.add(session, said(takes=[take("Founder"), take("Builder")]), BY)
    assert [take.reviewer for take in tool.takes] == ["Builder", "Founder"]


def test_who_said_it_is_its_source(session: Session) -> None:
    editing.add(session, said(), BY)
    assert store.load_record(session, "loupe").source == "api:website"


def test_a_slug_is_taken_once(session: Session) -> None:
    editing.add(session, said(), BY)
    with pytest.raises(WrongState, match="there is a tool loupe already"):
        editing.add(session, said(name="Loupe!"), BY)


def test_put_adds_under_its_slug_and_then_replaces(session: Session) -> None:
    first = editing.put(session, "lens", said(tagline="Sees"), BY, anything)
    second = editing.put(session, "lens", said(category="Vision"), BY, anything)

    assert (first.created, second.created) == (True, False)
    assert (second.tool.slug, second.tool.tagline, second.tool.category) == ("lens", None, "Vision")


def test_what_others_decide_on_stays_unless_it_is_said(session: Session) -> None:
    put(
        session,
        published_on="2026-11-01",
        embargoed_until="2026-12-01",
        excluded="twice here",
        pinned=True,
        community={"ships": 3, "skips": 1},
    )

    left_out = put(session)
    assert (left_out.published_on, left_out.excluded, left_out.pinned) == (
        date(2026, 11, 1),
        "twice here",
        True,
    )
    assert left_out.embargoed_until == date(2026, 12, 1)
    assert left_out.community is not None

    unsaid = put(
        session, published_on=None, embargoed_until=None, excluded=None, pinned=False, community=None
    )
    assert (unsaid.published_on, unsaid.excluded, unsaid.pinned) == (date(2026, 11, 1), None, False)
    assert (unsaid.embargoed_until, unsaid.community) == (None, None)


def test_another_slug_in_what_is_said_is_a_conflict(session: Session) -> None:
    with pytest.raises(WrongState, match="this is the place of loupe, but the tool says slug: lens"):
        put(session, slug="lens")


def test_compared_with_is_set_as_said_and_stays_when_left_out(session: Session) -> None:
    for name in ("Lens", "Lamp"):
        editing.add(session, said(name=name), BY)
    put(session, compared_with=["lens", "lamp"])

    assert put(session).compared_with == ("lamp", "lens")
    assert put(session, compared_with=["lamp"]).compared_with == ("lamp",)
    assert store.load_tool(session, "lens").compared_with == ()
    assert put(session, compared_with=[]).compared_with == ()


@pytest.mark.parametrize("slug", ["lens", "loupe"])
def test_a_tool_is_compared_only_with_others_that_are_there(session: Session, slug: str) -> None:
    with pytest.raises(WrongState, match=f"there is no other tool {slug}; add it first"):
        put(session, compared_with=[slug])


def test_saying_the_same_again_changes_nothing(session: Session) -> None:
    put(session, tagline="Sees")
    before = store.load_record(session, "loupe")

    editing.put(session, "loupe", said(tagline="Sees"), Editor("api:other", REVIEWERS, NOW, FRIDAY), anything)

    assert store.load_record(session, "loupe") == before


def test_a_guard_holds_back_every_change(session: Session) -> None:
    with pytest.raises(WrongState, match="not yet"):
        editing.put(session, "loupe", said(), BY, refuse)
    put(session, takes=[take("Builder")])
    for change in (
        lambda: editing.put(session, "loupe", said(tagline="New"), BY, refuse),
        lambda: editing.put_take(session, "loupe", "Builder", take("Builder", "New."), BY, refuse),
        lambda: editing.remove_take(session, "loupe", "Builder", BY, refuse),
        lambda: editing.remove(session, "loupe", refuse),
    ):
        with pytest.raises(WrongState, match="not Loupe"):
            change()


def test_a_take_is_added_replaced_and_removed(session: Session) -> None:
    put(session, takes=[take("Founder")])

    added = editing.put_take(session, "loupe", "Builder", take("Builder"), BY, anything)
    replaced = editing.put_take(session, "loupe", "Builder", take("Builder", "It broke."), BY, anything)
    editing.remove_take(session, "loupe", "Founder", BY, anything)

    assert (added.created, replaced.created) == (True, False)
    assert [take.reviewer for take in added.tool.takes] == ["Builder", "Founder"]
    assert [take.text for take in store.load_tool(session, "loupe").takes] == ["It broke."]


def test_a_second_take_of_a_reviewer_is_a_conflict(session: Session) -> None:
    put(session, takes=[take("Builder")])
    with pytest.raises(WrongState, match="the Builder has a take on loupe already"):
        editing.add_take(session, "loupe", take("Builder"), BY)


def test_what_is_not_there_cannot_be_changed(session: Session) -> None:
    for change in (
        lambda: editing.remove(session, "loupe", anything),
        lambda: editing.add_take(session, "loupe", take("Builder"), BY),
        lambda: editing.remove_take(session, "loupe", "Builder", BY, anything),
    ):
        with pytest.raises(NotFound, match="there is no tool loupe"):
            change()
    put(session)
    with pytest.raises(NotFound, match="loupe has no take by “Builder”"):
        editing.remove_take(session, "loupe", "Builder", BY, anything)

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from digest.catalogue import store
from digest.catalogue.marking import mark
from digest.errors import NotFound
from tests.factories import tool

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def test_marks_are_put_on_and_taken_off_and_the_rest_stays(session: Session) -> None:
    store.add_tools(session, [(tool("Lamp", 88), "lamp.yaml")], NOW)
    mark(session, "lamp", {"pinned": True, "embargoed_until": date(2026, 12, 1)}, LATER)
    marked = mark(session, "lamp", {"embargoed_until": None, "excluded": "sold"}, LATER)
    assert marked == tool("Lamp", 88, pinned=True, excluded="sold") == store.load_tool(session, "lamp")
    record = store.load_record(session, "lamp")
    assert (record.source, record.updated_at) == ("lamp.yaml", LATER)


def test_what_is_marked_so_already_is_left_alone(session: Session) -> None:
    store.add_tools(session, [(tool("Lamp"), "lamp.yaml")], NOW)
    mark(session, "lamp", {"pinned": False}, LATER)
    assert store.load_record(session, "lamp").updated_at == NOW


def test_a_tool_that_is_not_there_is_named(session: Session) -> None:
    with pytest.raises(NotFound, match="there is no tool lamp"):
        mark(session, "lamp", {"pinned": True}, NOW)

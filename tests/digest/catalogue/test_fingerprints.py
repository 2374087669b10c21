from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from digest.catalogue import store
from digest.catalogue.fingerprints import Fingerprints, Seen, forget, forget_files, remember, seen
from tests.factories import RULES, tool

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_the_same_bytes_mean_something_else_to_another_panel() -> None:
    mine = Fingerprints.under(RULES)
    theirs = Fingerprints.under(replace(RULES, reviewers=tuple(reversed(RULES.reviewers))))
    assert mine.of(b"name: x") == Fingerprints.under(RULES).of(b"name: x")
    assert len({mine.of(b"name: x"), mine.of(b"name: y"), theirs.of(b"name: x")}) == 3


def test_a_file_is_known_until_it_is_forgotten_or_its_tool_changes(session: Session) -> None:
    ids = store.add_tools(session, [(tool(name), "f") for name in ("Lamp", "Loupe", "Mirror")], NOW)
    remember(session, [(f"/{slug}.yaml", "abc", tool_id, NOW) for slug, tool_id in ids.items()])
    files = ["/lamp.yaml", "/loupe.yaml", "/mirror.yaml", "/prism.yaml"]
    assert seen(session, files)["/lamp.yaml"] == Seen("abc", "lamp")
    forget_files(session, ["/lamp.yaml"])
    forget(session, [ids["loupe"]])
    assert list(seen(session, files)) == ["/mirror.yaml"]
    [row] = store.rows_named(session, [], ["mirror"])
    store.update_tool(row, tool("Mirror", 70), "api", NOW + timedelta(hours=1))
    assert seen(session, files) == {}


def test_a_tool_that_is_removed_takes_its_file_along(session: Session) -> None:
    ids = store.add_tools(session, [(tool("Lamp"), "f")], NOW)
    remember(session, [("/lamp.yaml", "abc", ids["lamp"], NOW)])
    store.remove_tools(session, ["lamp"])
    assert seen(session, ["/lamp.yaml"]) == {}

import pytest
from sqlalchemy.orm import Session

from digest.catalogue import store
from digest.catalogue.missing import no_such_tool
from digest.errors import NotFound
from tests.factories import tool
from tests.stock import stock_tools


@pytest.mark.parametrize(
    ("slug", "hint"),
    [
        ("wordtroug", "did you mean wordtrough?"),
        ("nothere", "digest catalogue list shows them all"),
        ("", "digest catalogue list shows them all"),
        ("%", "digest catalogue list shows them all"),
    ],
)
def test_a_mistyped_tool_is_answered_with_the_likely_one(session: Session, slug: str, hint: str) -> None:
    stock_tools(session, tool("Wordtrough"), tool("Otter"))
    assert no_such_tool(session, slug) == f"there is no tool {slug}; {hint}"


def test_every_way_to_a_tool_says_so(session: Session) -> None:
    stock_tools(session, tool("Wordtrough"))
    with pytest.raises(NotFound, match="did you mean wordtrough"):
        store.load_tool(session, "wordtroug")
    with pytest.raises(NotFound, match="did you mean wordtrough"):
        store.remove_tools(session, ["wordtroug"])

"""Tools in the project's own JSON, as ``digest catalogue list --json`` and the API print them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from digest.catalogue.feeds.feedform import short_key
from digest.catalogue.feeds.values import Arrival, FeedContent
from digest.catalogue.json import tool_from_json
from digest.catalogue.model import Rules, ToolModel
from digest.catalogue.naming import slug_of
from digest.errors import BadInput
from digest.yamlmodel import message_of, path_of

# They are stored in one transaction, which must not keep a sender waiting.
MOST_TOOLS = 2_000
# Another desk's word on its own issues says nothing about ours.
_THEIRS = {"pinned", "excluded"}
_COMPUTED = {"source", "imported_at", "updated_at"}
_PROBLEMS = 3


def is_tools(value: object) -> bool:
    """Whether JSON is a list, or has one under ``tools``."""
    return isinstance(value, list) or (isinstance(value, Mapping) and isinstance(value.get("tools"), list))


def read_tools(value: Any, rules: Rules) -> FeedContent:
    """Return the tools of such a list; one that does not hold is refused with a line, the others stand.

    A tool's key is its slug, or the one its name asks for. Raises BadInput for what is no such list.
    """
    if not is_tools(value):
        raise BadInput("expected a list of tools, or one under “tools”")
    items = value if isinstance(value, list) else value["tools"]
    if len(items) > MOST_TOOLS:
        raise BadInput(f"has {len(items):,} tools; expected at most {MOST_TOOLS:,} from one source")
    arrivals: dict[str, Arrival] = {}
    refused = []
    for place, item in enumerate(items):
        try:
            arrival = _arrival(item, rules)
        except ValidationError as error:
            refused.append(f"{_label(item, place)}: {problems(error)}")
            continue
        if arrivals.setdefault(arrival.key, arrival) is not arrival:
            refused.append(f"{_label(item, place)}: {arrival.key} is there twice; the first one counts")
    return FeedContent(tuple(arrivals.values()), tuple(refused))


def _arrival(item: Any, rules: Rules) -> Arrival:
    if isinstance(item, Mapping):
        item = {key: value for key, value in item.items() if key not in _THEIRS | _COMPUTED}
    model = tool_from_json(item, rules)
    return Arrival(short_key(model.slug or slug_of(model.name)), model)


def _label(item: Any, place: int) -> str:
    name = item.get("slug") or item.get("name") if isinstance(item, Mapping) else None
    return f"tools[{place}]" + (f" ({name[:40]})" if name and isinstance(name, str) else "")


def problems(error: ValidationError) -> str:
    """Return the first few things that are wrong, each with its place, in one line."""
    return "; ".join(_said(problem) for problem in error.errors(include_url=False)[:_PROBLEMS])


def _said(problem: Any) -> str:
    where, message = problem["loc"], message_of(problem, problem["loc"], ToolModel)
    return f"{path_of(where)}: {message}" if where else message

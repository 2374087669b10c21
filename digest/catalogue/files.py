"""Tools as YAML files, one tool a file: the editor's own way into the catalogue."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from digest import yamlmodel
from digest.catalogue.cleaning import decoded
from digest.catalogue.json import tool_from_json
from digest.catalogue.model import Rules, ToolModel, WrittenTool, odd_day, odd_takes
from digest.catalogue.values import Tool
from digest.catalogue.yamltree import Place, Tree, read_tree
from digest.errors import BadInput

FILE_LIMIT = 1_000_000
# What the catalogue knows of a tool besides what the tool says.
_KEPT_BY_CATALOGUE = ("source", "imported_at", "updated_at", "history")


def read_tool_file(data: bytes, source: str, rules: Rules) -> ToolModel:
    """Return what a YAML file says of a tool; raise BadInput for the first thing wrong with it."""
    return yamlmodel.read_as(ToolModel, _tree(data, source), source, rules)


def read_written_tool(data: bytes, source: str, rules: Rules) -> WrittenTool:
    """Return the same as a value, with ``file:line:column: …`` on what looks like a slip."""
    tree = _tree(data, source)
    written = WrittenTool.of(yamlmodel.read_as(ToolModel, tree, source, rules))
    odd = tuple(
        str(yamlmodel.problem_at(tree, place, sentence, source))
        for place, sentence in _odd_places(written.tool, rules)
    )
    return replace(written, warnings=odd) if odd else written


def read_any_tool(data: bytes, source: str, rules: Rules) -> ToolModel:
    """Return the one tool in a text, as YAML or as the JSON that ``digest catalogue show --json`` prints.

    Raises BadInput for the first thing wrong with it.
    """
    try:
        value = json.loads(decoded(data, source, limit=FILE_LIMIT))
    except ValueError:
        return read_tool_file(data, source, rules)
    if isinstance(value, dict):
        value = {key: part for key, part in value.items() if key not in _KEPT_BY_CATALOGUE}
    try:
        return tool_from_json(value, rules)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        message = yamlmodel.message_of(first, first["loc"], ToolModel)
        where = yamlmodel.path_of(first["loc"])
        raise BadInput(f"{where}: {message}" if where else message, source=source) from None


def problems_in(data: bytes, source: str, rules: Rules) -> list[BadInput]:
    """Return everything that is wrong with a YAML file, in the order of its lines."""
    try:
        tree = _tree(data, source)
    except BadInput as error:
        return [error]
    return yamlmodel.problems_in(ToolModel, tree, source, rules)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a tool's file, for editors that check while one types."""
    return yamlmodel.json_schema(ToolModel, "A tool")


def _tree(data: bytes, source: str) -> Tree:
    return read_tree(decoded(data, source, limit=FILE_LIMIT), source)


def _odd_places(tool: Tool, rules: Rules) -> Iterator[tuple[Place, str]]:
    for number, sentence in odd_takes(tool):
        yield ("takes", number, "verdict"), sentence
    if tool.published_on is not None and tool.published_on > rules.today:
        yield ("published_on",), odd_day(tool.published_on)

"""Tools as YAML files, one tool a file: the editor's own way into the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from digest.catalogue.cleaning import decoded
from digest.catalogue.model import CommunityModel, Rules, TakeModel, ToolModel
from digest.catalogue.yamltree import Place, Tree, read_tree
from digest.errors import BadInput

FILE_LIMIT = 1_000_000


def read_tool_file(data: bytes, source: str, rules: Rules) -> ToolModel:
    """Return what a YAML file says of a tool; raise BadInput for the first thing wrong with it."""
    tree = read_tree(decoded(data, source, limit=FILE_LIMIT), source)
    try:
        return ToolModel.model_validate(tree.value, context=rules)
    except ValidationError as error:
        raise next(_problems(error, tree, source)) from None


def problems_in(data: bytes, source: str, rules: Rules) -> list[BadInput]:
    """Return everything that is wrong with a YAML file, in the order of its lines."""
    try:
        tree = read_tree(decoded(data, source, limit=FILE_LIMIT), source)
        ToolModel.model_validate(tree.value, context=rules)
    except BadInput as error:
        return [error]
    except ValidationError as error:
        return sorted(_problems(error, tree, source), key=lambda problem: problem.line or 0)
    return []


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a tool's file, for editors that check while one types."""
    schema = ToolModel.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "A tool"}


def _problems(error: ValidationError, tree: Tree, source: str) -> Iterator[BadInput]:
    for problem in error.errors(include_url=False):
        where = tuple(problem["loc"])
        message = f"{_path(where)}: {_message(problem, where)}" if where else _message(problem, where)
        yield BadInput(message, source=source, line=tree.line(where))


def _message(problem: Any, where: Place) -> str:
    match problem["type"]:
        case "extra_forbidden":
            known = _model_at(where).model_fields
            near = get_close_matches(str(where[-1]), known, n=1)
            meant = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(known)}"
            return f"there is no such key; {meant}"
        case "missing":
            return "is missing"
        case "model_type":
            return "expected keys and values, such as name: …"
        case "list_type":
            return "expected a list, each item after a hyphen"
        case "string_pattern_mismatch":
            return f"expected lower-case letters, digits and single hyphens, found “{problem['input'][:40]}”"
        case "too_short" | "string_too_short" | "string_type":
            return "expected a text"
        case "value_error":
            return str(problem["ctx"]["error"])
        case _:
            found = f", found “{str(problem['input'])[:40]}”" if isinstance(problem["input"], str) else ""
            message: str = problem["msg"]
            return message[:1].lower() + message[1:] + found


def _model_at(where: Place) -> type[BaseModel]:
    if len(where) == 1:
        return ToolModel
    return TakeModel if where[0] == "takes" else CommunityModel


def _path(where: Place) -> str:
    """Return ``takes[0].score`` for ``("takes", 0, "score")``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where).lstrip(".")

"""YAML checked against a pydantic model: what is wrong is said in plain words, with file, line and column.

The model stays the one description of a file; this turns pydantic's complaints into the sentences that a
person who edits the file can act on.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from digest.catalogue.yamltree import Place, Tree
from digest.errors import BadInput

_Model = TypeVar("_Model", bound=BaseModel)
_WEB = "^https?:"
_MOST_ERRORS = 100


def read_as(model: type[_Model], tree: Tree, source: str, context: object = None) -> _Model:
    """Return what the tree says; raise BadInput for the topmost thing wrong with it."""
    try:
        return model.model_validate(tree.value, context=context)
    except ValidationError as error:
        raise _problems(error, model, tree, source)[0] from None


def problems_in(model: type[BaseModel], tree: Tree, source: str, context: object = None) -> list[BadInput]:
    """Return everything that is wrong with the tree, in the order of its lines."""
    try:
        model.model_validate(tree.value, context=context)
    except ValidationError as error:
        return _problems(error, model, tree, source)
    return []


def json_schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    """Return the model's JSON Schema (draft 2020-12), for editors that check while one types."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **model.model_json_schema(),
        "title": title,
    }


def path_of(where: Place) -> str:
    """Return ``takes[0].score`` for ``("takes", 0, "score")``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where).lstrip(".")


def problem_at(tree: Tree, where: Place, message: str, source: str) -> BadInput:
    """Return the complaint about one place of the tree, such as one that only the database can make."""
    line, column = tree.mark(where)
    said = f"{path_of(where)}: {message}" if where else message
    return BadInput(said, source=source, line=line, column=column)


def by_place(problem: BadInput) -> tuple[int, int]:
    """Sort key: the order in which a person meets the problems in their file."""
    return problem.line or 0, problem.column or 0


def _problems(error: ValidationError, model: type[BaseModel], tree: Tree, source: str) -> list[BadInput]:
    found = [
        problem_at(tree, problem["loc"], message_of(problem, problem["loc"], model), source)
        for problem in first_errors(error)
    ]
    return sorted(found, key=by_place)


def first_errors(error: ValidationError) -> list[Any]:
    """Return pydantic's complaints, so many as a person reads; a flood of them takes long to be worded."""
    return error.errors(include_url=False)[:_MOST_ERRORS]


def message_of(problem: Any, where: Place, model: type[BaseModel]) -> str:
    """Return one of pydantic's complaints about a ``model`` as a sentence that a person can act on."""
    match problem["type"]:
        case "extra_forbidden":
            return _no_such_key(str(where[-1]), _model_at(model, where[:-1]))
        case "missing":
            return "is missing"
        case "model_type":
            return f"expected keys and values, such as {next(iter(_model_at(model, where).model_fields))}: …"
        case "list_type" | "tuple_type":
            return "expected a list, each item after a hyphen"
        case "string_pattern_mismatch":
            web = problem["ctx"]["pattern"].startswith(_WEB)
            form = (
                "a link like https://example.com/" if web else "lower-case letters, digits and single hyphens"
            )
            return f"expected {form}, found “{problem['input'][:40]}”"
        case "string_too_long":
            most, length = problem["ctx"]["max_length"], len(problem["input"])
            return f"expected at most {most:,} characters, found {length:,}"
        case "too_long":
            return f"expected at most {problem['ctx']['max_length']} items"
        case "too_short" | "string_too_short" | "string_type":
            return "expected a text"
        case "less_than_equal":
            return f"expected at most {problem['ctx']['le']:,}, found {str(problem['input'])[:40]}"
        case "greater_than_equal":
            return f"expected at least {problem['ctx']['ge']:,}, found {str(problem['input'])[:40]}"
        case "value_error":
            return str(problem["ctx"]["error"])
        case _:
            found = f", found “{problem['input'][:40]}”" if isinstance(problem["input"], str) else ""
            message: str = problem["msg"]
            return message[:1].lower() + message[1:] + found


def _no_such_key(key: str, model: type[BaseModel]) -> str:
    near = get_close_matches(key, model.model_fields, n=1)
    meant = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(model.model_fields)}"
    return f"there is no such key; {meant}"


def _model_at(model: type[BaseModel], where: Place) -> type[BaseModel]:
    """Return the model that a place below ``model`` is checked against."""
    for part in where:
        field = model.model_fields.get(part) if isinstance(part, str) else None
        if field is not None:
            model = next(_models_in(field.annotation), model)
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)

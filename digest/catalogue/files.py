"""Tools as YAML files, one tool a file: the editor's own way into the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)

from digest.catalogue.cleaning import decoded, is_visible, paragraph
from digest.catalogue.naming import slug_of
from digest.catalogue.pages.side import price_tier
from digest.catalogue.values import Community, Take, Tool, Verdict
from digest.catalogue.yamltree import Place, Tree, read_tree
from digest.errors import BadInput

FILE_LIMIT = 1_000_000


def _clean(value: object) -> object:
    return paragraph(value) if isinstance(value, str) else value


def _clean_or_none(value: object) -> object:
    return (paragraph(value) or None) if isinstance(value, str) else value


def _visible(value: str) -> str:
    if not is_visible(value):
        raise ValueError("expected a text that can be seen; it has only invisible characters")
    return value


def _iso_date(value: object) -> object:
    # Left to itself, pydantic also reads a bare number as seconds since 1970.
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"expected a date like 2026-11-17, found “{value[:40]}”") from None


Text = Annotated[str, BeforeValidator(_clean), Field(min_length=1), AfterValidator(_visible)]
OptionalText = Annotated[str | None, BeforeValidator(_clean_or_none)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]
Percent = Annotated[int, Field(ge=0, le=100)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TakeFile(_Section):
    """One reviewer's take."""

    reviewer: Annotated[
        str, BeforeValidator(_clean), Field(min_length=1, max_length=40), AfterValidator(_visible)
    ]
    score: Percent | None = None
    verdict: Literal["ship", "skip"] | None = None
    text: Text


class CommunityFile(_Section):
    """Readers' votes."""

    ships: Annotated[int, Field(ge=0)]
    skips: Annotated[int, Field(ge=0)]


class ToolFile(_Section):
    """One tool. Whatever is left out is unknown."""

    name: Text
    slug: Slug | None = Field(None, description="Left out: made from the name.")
    category: OptionalText = None
    tagline: OptionalText = None
    description: OptionalText = None
    pricing: OptionalText = None
    price_tier: OptionalText = Field(None, description="Left out: entry, or pricing up to its first ' / '.")
    entry: OptionalText = None
    best_for: OptionalText = None
    published_on: Annotated[date | None, BeforeValidator(_iso_date)] = Field(
        None, description="Left out: the day of the import."
    )
    panel_percent: Percent | None = Field(None, description="Only needed while verdicts are missing.")
    community: CommunityFile | None = None
    takes: list[TakeFile] = []
    compared_with: list[Slug] = Field([], description="Slugs of tools to the right of this one.")

    @field_validator("takes")
    @classmethod
    def _one_take_each(cls, takes: list[TakeFile]) -> list[TakeFile]:
        reviewers = [take.reviewer for take in takes]
        twice = sorted({name for name in reviewers if reviewers.count(name) > 1})
        if twice:
            raise ValueError(f"{twice[0]} has more than one take")
        return takes

    def tool(self) -> Tool:
        """Return the tool as a value."""
        votes = self.community
        return Tool(
            slug=self.slug or slug_of(self.name),
            name=self.name,
            category=self.category,
            tagline=self.tagline,
            description=self.description,
            pricing=self.pricing,
            price_tier=self.price_tier or price_tier(self.entry, self.pricing),
            entry=self.entry,
            best_for=self.best_for,
            published_on=self.published_on,
            stated_percent=self.panel_percent,
            community=Community(votes.ships, votes.skips) if votes and votes.ships + votes.skips else None,
            takes=tuple(
                Take(take.reviewer, take.text, take.score, Verdict(take.verdict) if take.verdict else None)
                for take in self.takes
            ),
            compared_with=tuple(dict.fromkeys(self.compared_with)),
        )


def read_tool_file(data: bytes, source: str) -> ToolFile:
    """Return what a YAML file says of a tool; raise BadInput for the first thing wrong with it."""
    tree = read_tree(decoded(data, source, limit=FILE_LIMIT), source)
    try:
        return ToolFile.model_validate(tree.value)
    except ValidationError as error:
        raise next(_problems(error, tree, source)) from None


def problems_in(data: bytes, source: str) -> list[BadInput]:
    """Return everything that is wrong with a YAML file, in the order of its lines."""
    try:
        tree = read_tree(decoded(data, source, limit=FILE_LIMIT), source)
        ToolFile.model_validate(tree.value)
    except BadInput as error:
        return [error]
    except ValidationError as error:
        return sorted(_problems(error, tree, source), key=lambda problem: problem.line or 0)
    return []


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a tool's file, for editors that check while one types."""
    schema = ToolFile.model_json_schema()
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
        return ToolFile
    return TakeFile if where[0] == "takes" else CommunityFile


def _path(where: Place) -> str:
    """Return ``takes[0].score`` for ``("takes", 0, "score")``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where).lstrip(".")

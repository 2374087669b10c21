"""Asking a person in a terminal for a tool, one question at a time; each answer is checked at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import click
from pydantic import BaseModel, ValidationError

from digest.catalogue.model import SHIPS_FROM, Rules, TakeModel, ToolModel
from digest.catalogue.naming import slug_of
from digest.panel import Panel, Reviewer
from digest.yamlmodel import message_of

_QUESTIONS = {
    "name": "Name",
    "category": "Category",
    "tagline": "Tagline, one line",
    "description": "Description, a sentence or two; what is alike is found by it",
    "pricing": "Pricing, such as Free / Team plan $9 a seat",
    "link": "Link to its own page",
    "published_on": "Day it came out, such as 2026-11-17, empty for today",
}


def ask_tool(panel: Panel, rules: Rules, is_taken: Callable[[str], bool]) -> ToolModel:
    """Ask for a tool and the panel's takes on it; an empty answer leaves open what may be left open.

    ``is_taken`` says whether a slug is; only then is one asked for. Raises click.Abort at the end of input.
    """
    values: dict[str, Any] = {}
    for field, question in _QUESTIONS.items():
        values[field] = _ask(question, field, ToolModel, {"name": "x"}, rules)
        if field == "name" and is_taken(slug_of(values["name"])):
            click.echo(f"There is a tool {slug_of(values['name'])} already.")
            values["slug"] = _ask_slug(is_taken, rules)
    takes = (_ask_take(reviewer, rules) for reviewer in panel.reviewers)
    values["takes"] = [take for take in takes if take]
    return ToolModel.model_validate(values, context=rules)


def _ask_slug(is_taken: Callable[[str], bool], rules: Rules) -> str:
    while True:
        slug: str = _ask("Another slug for this one", "slug", ToolModel, {"name": "x"}, rules)
        if slug and not is_taken(slug):
            return slug
        click.echo("Error: that one is taken, too" if slug else "Error: a slug is needed")


def _ask_take(reviewer: Reviewer, rules: Rules) -> dict[str, Any] | None:
    """Return one reviewer's take, or None where they have none."""
    click.echo(f"\n{reviewer.name}: {reviewer.brief}")
    rest = {"reviewer": reviewer.name, "text": "x"}
    score = _ask("  Score 0-100, empty for no take", "score", TakeModel, rest, rules)
    if score is None:
        return None
    proposed = "ship" if int(score) >= SHIPS_FROM else "skip"
    verdict = _ask("  Verdict", "verdict", TakeModel, rest, rules, default=proposed)
    text = _ask("  Text", "text", TakeModel, rest, rules)
    return {"reviewer": reviewer.name, "score": score, "verdict": verdict, "text": text}


def _ask(
    question: str,
    field: str,
    model: type[BaseModel],
    rest: Mapping[str, str],
    rules: Rules,
    *,
    default: str = "",
) -> Any:
    """Return an answer that ``model`` takes for this field beside ``rest``; None for an empty one."""
    required = model.model_fields[field].is_required()

    def checked(answer: str) -> str | None:
        value = answer.strip() or (answer if required else None)
        for problem in _problems(model, {**rest, field: value}, rules):
            raise click.UsageError(problem)
        return value

    return click.prompt(question, default=default, show_default=bool(default), value_proc=checked)


def _problems(model: type[BaseModel], values: Mapping[str, object], rules: Rules) -> Iterator[str]:
    try:
        model.model_validate(values, context=rules)
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            yield message_of(problem, problem["loc"], model)

"""``digest catalogue …``: tools in and out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path

import click

from digest.catalogue import store
from digest.catalogue.files import json_schema
from digest.catalogue.importing import ImportReport, import_paths
from digest.catalogue.json import tool_json
from digest.catalogue.reading import check_paths
from digest.catalogue.values import Take, Tool
from digest.cli import App, json_option, pass_app, print_json, print_rows
from digest.desk import Desk
from digest.errors import DigestError
from digest.panel import tally

paths_argument = click.argument(
    "paths", metavar="PATH…", nargs=-1, required=True, type=click.Path(path_type=Path)
)


class CheckFailed(DigestError):
    """Checking found something wrong."""

    exit_code = 3


@click.group()
def catalogue() -> None:
    """Tools in and out."""


@catalogue.command("import")
@paths_argument
@click.option(
    "--published",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day new tools came out, if their source names none; left out: today. A day to come keeps them "
    "out of issues until then.",
)
@click.option("--update", is_flag=True, help="Let the files win over what the catalogue says.")
@json_option
@pass_app
def import_(
    app: App, paths: tuple[Path, ...], published: datetime | None, update: bool, as_json: bool
) -> None:
    """Bring in saved comparison pages and YAML tools, from files and folders: all or nothing."""
    now, today = app.clock.now(), _today(app)
    day = published.date() if published else today
    with app.database.writing() as session:
        rules = Desk.of(app.settings).rules(today)
        report = import_paths(session, paths, rules=rules, published=day, now=now, update=update)
    if as_json:
        print_json(asdict(report))
        return
    click.echo(_summary(report))
    for warning in report.warnings:
        click.echo(warning, err=True)


def _summary(report: ImportReport) -> str:
    groups = {
        "added": report.added,
        "filled": report.filled,
        "updated": report.updated,
        "kept apart": report.kept_apart,
        "unchanged": report.unchanged,
    }
    lines = [", ".join(f"{len(slugs)} {what}" for what, slugs in groups.items() if slugs or what == "added")]
    lines += [f"  {what}: {slug}" for what, slugs in groups.items() if what != "unchanged" for slug in slugs]
    return "\n".join(lines)


@catalogue.command("list")
@click.option("--after", metavar="SLUG", help="Go on after this tool.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=1_000, show_default=True)
@json_option
@pass_app
def list_(app: App, after: str | None, limit: int, as_json: bool) -> None:
    """List the tools by slug."""
    with app.database.reading() as session:
        found = store.listing_page(session, after, limit + 1)
    tools = found[:limit]
    if as_json:
        print_json([tool_json(tool) for tool in tools])
    else:
        columns = ("slug", "name", "panel", "price_tier", "published_on")
        empty = "No tools yet; digest catalogue import PATH brings some in."
        print_rows([_row(tool) for tool in tools], columns, empty=empty)
    if len(found) > limit:
        click.echo(f"There are more; go on with --after {tools[-1].slug}", err=True)


def _row(tool: Tool) -> dict[str, object]:
    panel = tally(tool)
    return tool_json(tool) | {"panel": panel.verdict and f"{panel.verdict} {panel.percent}%"}


@catalogue.command()
@click.argument("slug")
@json_option
@pass_app
def show(app: App, slug: str, as_json: bool) -> None:
    """Show one tool with its takes."""
    with app.database.reading() as session:
        tool = store.load_tool(session, slug)
    if as_json:
        print_json(tool_json(tool))
        return
    click.echo("\n".join(_lines(tool)))


def _lines(tool: Tool) -> Iterator[str]:
    yield tool.name
    if tool.tagline:
        yield tool.tagline
    facts = {
        "Panel": _panel(tool),
        "Community": _votes(tool),
        "Category": tool.category,
        "Pricing": tool.pricing,
        "Price tier": tool.price_tier,
        "Best for": tool.best_for,
        "Published": tool.published_on,
        "Compared": ", ".join(tool.compared_with) or None,
    }
    for label, fact in facts.items():
        yield f"{label:<11}{fact or 'not stated'}"
    if tool.description:
        yield f"\n{tool.description}"
    for take in tool.takes:
        yield f"\n{_head(take)}\n{take.text}"


def _panel(tool: Tool) -> str | None:
    panel = tally(tool)
    if panel.verdict is None:
        return None
    counts = f", {panel.ships} ship / {panel.skips} skip" if panel.ships + panel.skips else ""
    return f"{panel.verdict} {panel.percent}%{counts}"


def _votes(tool: Tool) -> str:
    votes = tool.community
    if votes is None:
        return "no votes yet"
    return f"{votes.percent}% ship" if votes.ships is None else f"{votes.ships} ship / {votes.skips} skip"


def _head(take: Take) -> str:
    score = "score not stated" if take.score is None else f"{take.score}/100"
    return f"{take.reviewer}  {score}" + (f", {take.verdict}" if take.verdict else "")


@catalogue.command()
@paths_argument
@pass_app
def check(app: App, paths: tuple[Path, ...]) -> None:
    """Check saved pages and YAML tools without storing anything."""
    checked = check_paths(paths, Desk.of(app.settings).rules(_today(app)))
    for line in (*checked.warnings, *map(str, checked.problems)):
        click.echo(line)
    if checked.problems:
        raise CheckFailed(f"{_count(len(checked.problems), 'problem')} in {_count(checked.files, 'file')}")
    click.echo(f"{_count(checked.files, 'file')}, nothing wrong")


def _today(app: App) -> date:
    return app.clock.now().astimezone(app.settings.schedule.zone).date()


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


@catalogue.command()
def schema() -> None:
    """Print the JSON Schema of a tool's YAML file."""
    print_json(json_schema())

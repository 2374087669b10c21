"""``digest catalogue …``: tools in and out, many at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from digest.catalogue import cli_desk, store
from digest.catalogue.batch import gather
from digest.catalogue.feeds.cli import poll, sources
from digest.catalogue.files import json_schema
from digest.catalogue.importing import ImportReport, bring_in
from digest.catalogue.json import tool_json
from digest.catalogue.reading import check_paths
from digest.catalogue.showing import history_json, history_lines, record_json, record_lines
from digest.catalogue.values import Tool
from digest.catalogue.versions import history
from digest.cli import App, json_option, pass_app, print_json, print_rows
from digest.desk import Desk
from digest.errors import DigestError
from digest.panel import tally
from digest.text import counted

paths_argument = click.argument(
    "paths", metavar="PATH…", nargs=-1, required=True, type=click.Path(path_type=Path)
)

# So many slugs of one group an import prints, and so many whose files are gone.
_MOST_NAMED, _MOST_GONE = 30, 10


class CheckFailed(DigestError):
    """Checking found something wrong."""

    exit_code = 3


class SomeRefused(DigestError):
    """An import that kept going left something out."""


@click.group()
def catalogue() -> None:
    """Tools in and out."""


for command in (*cli_desk.COMMANDS, poll, sources):
    catalogue.add_command(command)


@catalogue.command("import")
@paths_argument
@click.option(
    "--published",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day new tools came out, if their source names none; left out: today. A day to come keeps them "
    "out of issues until then.",
)
@click.option("--update", is_flag=True, help="Let the files win over what the catalogue says.")
@click.option("--keep-going", is_flag=True, help="Store what can be, and list what was refused.")
@json_option
@pass_app
def import_(
    app: App,
    paths: tuple[Path, ...],
    published: datetime | None,
    update: bool,
    keep_going: bool,
    as_json: bool,
) -> None:
    """Bring in saved comparison pages and YAML tools, from files and folders: all or nothing."""
    now, today = app.clock.now(), cli_desk.today(app)
    rules = Desk.of(app.settings).rules(today)
    day = published.date() if published else today
    try:
        rules.check_day(day)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--published") from None
    # Read before the writing begins: a sender must not wait for a hundred thousand files.
    with app.database.reading() as session:
        batch = gather(session, paths, rules, update=update, keep_going=keep_going, track=_track)
    with app.database.writing() as session:
        report = bring_in(
            session,
            batch,
            rules=rules,
            published=day,
            now=now,
            update=update,
            keep_going=keep_going,
            track=_track,
        )
    if as_json:
        print_json(asdict(report))
    else:
        click.echo(_summary(report))
        for line in (*report.warnings, *report.refused):
            click.echo(line, err=True)
    if report.refused:
        raise SomeRefused(f"{counted(len(report.refused), 'file')} refused; all else is stored")


def _track(values: Sequence[Any], text: str) -> Iterable[Any]:
    """Show a bar while the values are worked through, if there is a person to see it."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return values
    from rich.progress import track

    return track(values, text, console=console, transient=True)


def _summary(report: ImportReport) -> str:
    groups = {
        "added": report.added,
        "filled": report.filled,
        "updated": report.updated,
        "kept apart": report.kept_apart,
        "unchanged": report.unchanged,
    }
    counts = [f"{len(slugs):,} {what}" for what, slugs in groups.items() if slugs or what == "added"]
    if report.refused:
        counts.append(f"{len(report.refused):,} refused")
    lines = [", ".join(counts)]
    for what, slugs in groups.items():
        if what != "unchanged":
            lines += _named(what, slugs, _MOST_NAMED)
    if report.parted:
        lines.append(f"  {counted(report.parted, 'pair')} no longer compared")
    if report.gone:
        lines += [_gone(len(report.gone)), *_named("gone", report.gone, _MOST_GONE)]
    return "\n".join(lines)


def _named(what: str, slugs: Sequence[str], most: int) -> list[str]:
    lines = [f"  {what}: {slug}" for slug in slugs[:most]]
    if len(slugs) > most:
        lines.append(f"  … and {len(slugs) - most:,} more (all in --json)")
    return lines


def _gone(number: int) -> str:
    said = "1 file is gone; its tool stays" if number == 1 else f"{number:,} files are gone; their tools stay"
    return f"{said}. To remove {'it' if number == 1 else 'one'}: digest catalogue remove SLUG"


@catalogue.command("list")
@click.option("--after", metavar="SLUG", help="Go on after this tool.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=1_000, show_default=True)
@click.option("--category", help="Only tools of this category.")
@click.option("--waiting", is_flag=True, help="Only tools that wait for their panel: too few takes.")
@click.option("--excluded", is_flag=True, help="Only tools that no issue shall take.")
@json_option
@pass_app
def list_(
    app: App,
    after: str | None,
    limit: int,
    category: str | None,
    waiting: bool,
    excluded: bool,
    as_json: bool,
) -> None:
    """List the tools by slug."""
    with app.database.reading() as session:
        found = store.listing_page(
            session,
            after,
            limit + 1,
            category=category,
            waiting_for=app.settings.selection.min_takes if waiting else None,
            excluded=True if excluded else None,
        )
    tools = found[:limit]
    if as_json:
        print_json([tool_json(tool) for tool in tools])
    else:
        columns = ["slug", "name", "panel", "price_tier", "published_on"]
        columns += ["takes"] if waiting else ["excluded"] if excluded else []
        narrowed = category or waiting or excluded
        empty = "No such tool." if narrowed else "No tools yet; digest catalogue import PATH brings some in."
        print_rows([_row(tool) for tool in tools], columns, empty=empty)
    if len(found) > limit:
        click.echo(f"There are more; go on with --after {tools[-1].slug}", err=True)


def _row(tool: Tool) -> dict[str, object]:
    panel = tally(tool)
    verdict = panel.verdict and f"{panel.verdict} {panel.percent}%"
    return tool_json(tool) | {"panel": verdict, "takes": len(tool.takes)}


@catalogue.command()
@click.argument("slug")
@click.option("--history", "with_history", is_flag=True, help="Show what it said before, and what changed.")
@json_option
@pass_app
def show(app: App, slug: str, with_history: bool, as_json: bool) -> None:
    """Show one tool with its takes, and where it came from."""
    with app.database.reading() as session:
        record = store.load_record(session, slug)
        versions = history(session, record.tool) if with_history else []
    if as_json:
        earlier = {"history": history_json(versions)} if with_history else {}
        print_json(record_json(record) | earlier)
        return
    click.echo("\n".join(history_lines(versions) if with_history else record_lines(record)))


@catalogue.command()
@paths_argument
@pass_app
def check(app: App, paths: tuple[Path, ...]) -> None:
    """Check saved pages and YAML tools without storing anything."""
    checked = check_paths(paths, Desk.of(app.settings).rules(cli_desk.today(app)), _track)
    for line in (*checked.warnings, *map(str, checked.problems)):
        click.echo(line)
    if checked.problems:
        raise CheckFailed(f"{counted(len(checked.problems), 'problem')} in {counted(checked.files, 'file')}")
    found = counted(len(checked.warnings), "warning") if checked.warnings else "nothing wrong"
    click.echo(f"{counted(checked.files, 'file')}, {found}")


@catalogue.command()
def schema() -> None:
    """Print the JSON Schema of a tool's YAML file."""
    print_json(json_schema())

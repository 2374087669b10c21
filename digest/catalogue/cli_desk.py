"""``digest catalogue add``, ``set`` and ``remove``: the desk's own hand, one tool at a time."""

from __future__ import annotations

from datetime import date, datetime

import click

from digest.catalogue import editing, store
from digest.catalogue.cleaning import is_visible, paragraph
from digest.catalogue.files import FILE_LIMIT, read_any_tool
from digest.catalogue.marking import Mark, mark
from digest.catalogue.model import oddities
from digest.catalogue.showing import tool_lines
from digest.catalogue.values import Tool
from digest.cli import App, pass_app
from digest.desk import Desk

BY_HAND = "by hand"
slugs_argument = click.argument("slugs", metavar="SLUG…", nargs=-1, required=True)


def today(app: App) -> date:
    """Return the day it is at the desk."""
    return Desk.of(app.settings).today(app.clock.now())


@click.command()
@click.option(
    "--from",
    "file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="One tool as YAML or JSON instead of answers; - reads it from the pipe.",
)
@pass_app
def add(app: App, file: str | None) -> None:
    """Add one tool: asks for what it needs, shows the result, and asks before storing it."""
    desk = Desk.of(app.settings)
    rules = desk.rules(today(app))
    if file is None:
        from digest.catalogue.asking import ask_tool

        model = ask_tool(desk.panel, rules, lambda slug: _is_taken(app, slug))
        click.echo("\n" + "\n".join(tool_lines(model.tool())) + "\n")
        click.confirm("Store it?", default=True, abort=True)
    else:
        with click.open_file(file, "rb") as opened:
            model = read_any_tool(opened.read(FILE_LIMIT + 1), file, rules)
    for sentence in oddities(model.tool(), rules.today):
        click.echo(f"{model.name}: {sentence}", err=True)
    by = editing.Editor(BY_HAND, rules.reviewers, app.clock.now(), rules.today)
    with app.database.writing() as session:
        tool = editing.add(session, model, by)
    click.echo(f"added: {tool.slug}")


@click.command("set")
@click.argument("slug")
@click.option("--pin/--unpin", "pinned", default=None, help="Take it in before all others, or not any more.")
@click.option(
    "--embargo", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="No issue takes it before this day."
)
@click.option("--no-embargo", is_flag=True, help="Lift the embargo.")
@click.option("--exclude", metavar="REASON", help="No issue ever takes it, and why.")
@click.option("--include", is_flag=True, help="Let issues take it again.")
@pass_app
def set_(
    app: App,
    slug: str,
    pinned: bool | None,
    embargo: datetime | None,
    no_embargo: bool,
    exclude: str | None,
    include: bool,
) -> None:
    """Say what issues may do with a tool: pin it, hold it back, or keep it out."""
    if (embargo and no_embargo) or (exclude is not None and include):
        raise click.UsageError("an option and its opposite cannot both be meant")
    if exclude is not None and not is_visible(exclude):
        raise click.UsageError("--exclude needs a reason, for those who ask later")
    marks: dict[str, Mark] = {}
    if pinned is not None:
        marks["pinned"] = pinned
    if embargo or no_embargo:
        marks["embargoed_until"] = embargo.date() if embargo else None
    if exclude or include:
        marks["excluded"] = paragraph(exclude) if exclude else None
    if not marks:
        raise click.UsageError("say what to set, such as --pin; see --help")
    with app.database.writing() as session:
        tool = mark(session, slug, marks, app.clock.now())
    click.echo(f"{tool.slug}: {_standing(tool)}")


@click.command()
@slugs_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_app
def remove(app: App, slugs: tuple[str, ...], yes: bool) -> None:
    """Remove tools with all their takes and earlier versions; tools that stand in an issue stay."""
    with app.database.reading() as session:
        names = [store.load_tool(session, slug).name for slug in slugs]
    if not yes:
        click.confirm(f"Remove {', '.join(names)} for good?", abort=True)
    with app.database.writing() as session:
        store.remove_tools(session, slugs)
    for slug in slugs:
        click.echo(f"removed: {slug}")


def _is_taken(app: App, slug: str) -> bool:
    # A session a question: a person may take an hour to answer.
    with app.database.reading() as session:
        return bool(store.ids_by_slug(session, [slug]))


def _standing(tool: Tool) -> str:
    marks = [
        "pinned" if tool.pinned else None,
        f"embargoed until {tool.embargoed_until}" if tool.embargoed_until else None,
        f"excluded, {tool.excluded}" if tool.excluded else None,
    ]
    return "; ".join(filter(None, marks)) or "as any other tool"


COMMANDS = (add, set_, remove)

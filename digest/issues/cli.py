"""``digest issue …``: the editor's half. ``jobs.cli.issue`` adds sending and what needs the deliveries."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import IO

import click

from digest.cli import App, pass_app, print_json
from digest.desk import Desk
from digest.errors import BadInput, DigestError
from digest.issues import building
from digest.issues.editing import kept_aside, save_overrides, text_to_edit
from digest.issues.overrides import from_stored, json_schema, oddities, overrides_file
from digest.issues.rendered import content_of
from digest.issues.values import IssueContent
from digest.issues.why import left_out_lines
from digest.week import Week

# So many of those left out are named after building; all are in digest issue show --why.
_MOST_LINES = 8


class _WeekType(click.ParamType[Week]):
    name = "WEEK"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Week:
        if isinstance(value, Week):
            return value
        try:
            return Week.parse(str(value))
        except BadInput as error:
            self.fail(str(error), param, ctx)


def _this_week(ctx: click.Context, param: click.Parameter, value: Week | None) -> Week:
    del param
    if value is not None:
        return value
    app: App = ctx.obj
    return Week.of(Desk.of(app.settings).today(app.clock.now()))


week_option = click.option(
    "--week", type=_WeekType(), callback=_this_week, help="Like 2026-W47; left out: the current week."
)


@click.group()
def issue() -> None:
    """A week's issue: build, look, approve, send."""


@issue.command()
@week_option
@click.option("--seed", type=int, default=0, help="Breaks ties between equally good pairs.")
@click.option("--size", type=click.IntRange(1, 40), help="The most matchups; left out: [selection] size.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Leave out tools published after this day.")
@pass_app
def build(app: App, week: Week, seed: int, size: int | None, as_of: datetime | None) -> None:
    """Pick the week's new tools and pair them up; the week's file in [issue] path has the last word."""
    day: date | None = as_of.date() if as_of else None
    desk = Desk.of(app.settings)
    if size:
        desk = replace(desk, size=size)
    with app.database.writing() as session:
        built = building.build_issue(session, week, desk, app.clock, seed=seed, as_of=day)
        content = content_of(session, built.issue, desk.panel)
        ignored = None if built.plan else building.ignored_file(session, built.issue, desk)
    if built.plan is None:
        and_file = f"; {ignored} is ignored" if ignored else ""
        click.echo(f"{week}  already {built.issue.status}; left as it is{and_file}")
    else:
        _print_built(built, content)


def _print_built(built: building.Built, content: IssueContent) -> None:
    tools = {tool.slug for pair in content.matchups for tool in (pair.left, pair.right)}
    click.echo(f"{content.week}  {len(tools)} tools, {len(content.matchups)} matchups")
    for place, pair in enumerate(content.matchups, start=1):
        click.echo(f"  {place:>2}  {pair.left.name} vs {pair.right.name}")
    for line in left_out_lines(built.plan.explanation, most=_MOST_LINES) if built.plan else ():
        click.echo(f"  {line}")
    click.echo(f"Subject: {content.subject}")
    for oddity in oddities(from_stored(built.issue.overrides)):
        click.echo(oddity, err=True)


@issue.command()
@week_option
@click.option(
    "--from",
    "source",
    type=click.File("rb"),
    metavar="FILE",
    help="Take the text from a file, or with - from standard input, instead of an editor.",
)
@pass_app
def edit(app: App, week: Week, source: IO[bytes] | None) -> None:
    """Decide on pairs, words or a sponsor of a week in $EDITOR; a draft follows at once."""
    desk = Desk.of(app.settings)
    with app.database.reading() as session:
        text = text_to_edit(session, week, desk)
    if source is not None:
        _save(app, week, desk, source.read(), getattr(source, "name", "<stdin>"))
        return
    while (edited := click.edit(text, extension=".yaml")) is not None:
        try:
            _save(app, week, desk, edited.encode())
        except BadInput as error:
            click.echo(f"{error}\nWhat you wrote is kept in {kept_aside(edited.encode(), week)}", err=True)
            if not click.confirm("Edit it again?", default=True, err=True):
                raise DigestError("nothing is saved") from None
            text = edited
        else:
            return
    click.echo(f"{week}  nothing was changed")


def _save(app: App, week: Week, desk: Desk, data: bytes, source: str | None = None) -> None:
    with app.database.writing() as session:
        built = save_overrides(session, week, desk, app.clock, data, source=source)
        content = content_of(session, built.issue, desk.panel) if built else None
    click.echo(f"{overrides_file(desk.folder, week)}  saved")
    if built and content:
        _print_built(built, content)
    else:
        click.echo(f"{week}  is no draft; take it in with: digest issue build --week {week}")


@issue.command()
def schema() -> None:
    """Print the JSON Schema of a week's file."""
    print_json(json_schema())


@issue.command()
@week_option
@pass_app
def reopen(app: App, week: Week) -> None:
    """Make an approved issue a draft again."""
    with app.database.writing() as session:
        building.reopen(session, week, app.clock.now())
    click.echo(f"{week}  is a draft again")

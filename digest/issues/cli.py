"""``digest issue …``: the editor's half. ``jobs.cli.issue`` adds sending and what needs the deliveries."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import click

from digest.cli import App, pass_app
from digest.desk import Desk
from digest.errors import BadInput
from digest.issues import building
from digest.issues.rendered import Renderer, content_of
from digest.secrets import secret_keys
from digest.week import Week


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
    return Week.of(app.clock.now().astimezone(app.settings.schedule.zone).date())


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
    """Pick the week's new tools and pair them up."""
    day: date | None = as_of.date() if as_of else None
    desk = Desk.of(app.settings)
    if size:
        desk = replace(desk, size=size)
    with app.database.writing() as session:
        built = building.build_issue(session, week, desk, app.clock, seed=seed, as_of=day)
        content = content_of(session, built.issue, desk.panel)
    if built.plan is None:
        click.echo(f"{week}  already {built.issue.status}; left as it is")
        return
    tools = {tool.slug for pair in content.matchups for tool in (pair.left, pair.right)}
    click.echo(f"{week}  {len(tools)} tools, {len(content.matchups)} matchups")
    for place, pair in enumerate(content.matchups, start=1):
        click.echo(f"  {place:>2}  {pair.left.name} vs {pair.right.name}")
    for line in built.plan.left_out:
        click.echo(f"  {line}")
    click.echo(f"Subject: {content.subject}")


@issue.command()
@week_option
@pass_app
def approve(app: App, week: Week) -> None:
    """Freeze the issue: exactly these bytes go out."""
    renderer = Renderer.of(app.settings, secret_keys(app.settings)[0])
    with app.database.writing() as session:
        row = building.approve(session, week, renderer, app.clock.now(), "approved by a person")
    assert row.html is not None and row.content_hash is not None
    click.echo(f"{week}  approved, {len(row.html.encode()):,} bytes of HTML, hash {row.content_hash[:12]}")


@issue.command()
@week_option
@pass_app
def reopen(app: App, week: Week) -> None:
    """Make an approved issue a draft again."""
    with app.database.writing() as session:
        building.reopen(session, week, app.clock.now())
    click.echo(f"{week}  is a draft again")

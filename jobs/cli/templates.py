"""``digest templates …``: the shipped templates, and own ones in their place."""

from __future__ import annotations

import click

from digest.cli import App, json_option, pass_app, print_json, print_rows
from digest.errors import SettingsError
from digest.templating import eject as copy_out
from digest.templating import template_names


@click.group()
def templates() -> None:
    """The templates of e-mails and pages: look, and take one over."""


@templates.command("list")
@json_option
@pass_app
def list_(app: App, as_json: bool) -> None:
    """List the shipped templates and which of them an own one stands in for."""
    own = app.settings.templates.path
    rows = [
        {"name": name, "own": str(own / name) if own and (own / name).is_file() else None}
        for name in template_names()
    ]
    if as_json:
        print_json(rows)
    else:
        print_rows(rows, ("name", "own"), empty="No templates are shipped; install the package again.")


@templates.command()
@click.argument("name")
@pass_app
def eject(app: App, name: str) -> None:
    """Copy a shipped template to [templates] path, to be changed there.

    NAME is a file such as email/parts/footer.html.j2, or a mail's name, such as issue, for its MJML and
    plain text.
    """
    folder = app.settings.templates.path
    if folder is None:
        raise SettingsError('name a folder first: in digest.toml, [templates] path = "templates"')
    for path in copy_out(name, folder):
        click.echo(path)

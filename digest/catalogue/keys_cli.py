"""``digest api-keys …``: who may use the API."""

from __future__ import annotations

import click

from digest.catalogue import keys
from digest.cli import App, json_option, pass_app, print_json, print_rows

_COLUMNS = ("name", "prefix", "created_at", "used_at", "revoked_at")


@click.group("api-keys")
def api_keys() -> None:
    """Keys to the API."""


@api_keys.command()
@click.argument("name")
@json_option
@pass_app
def create(app: App, name: str, as_json: bool) -> None:
    """Make a key and print it, this once; only its hash is kept."""
    with app.database.writing() as session:
        key, kept = keys.create_key(session, name, app.clock.now())
    if as_json:
        print_json(kept.as_json() | {"key": key})
        return
    click.echo(key)
    click.echo("Keep it safe: it is not shown again. Send it as “Authorization: Bearer KEY”.", err=True)


@api_keys.command("list")
@json_option
@pass_app
def list_(app: App, as_json: bool) -> None:
    """List the keys by name, and when each was last used."""
    with app.database.reading() as session:
        found = [key.as_json() for key in keys.listed_keys(session)]
    if as_json:
        print_json(found)
    else:
        print_rows(found, _COLUMNS, empty="No keys yet; make one with: digest api-keys create NAME")


@api_keys.command()
@click.argument("name")
@pass_app
def revoke(app: App, name: str) -> None:
    """Revoke a key for good; its next request is refused."""
    with app.database.writing() as session:
        key = keys.revoke_key(session, name, app.clock.now())
    click.echo(f"{key.name} was revoked at {key.revoked_at:%Y-%m-%d %H:%M} UTC; it opens nothing any more")

"""``digest bounces``: mail that came back, read by hand."""

from __future__ import annotations

import click
from sqlalchemy.orm import Session

from digest.cli import App, json_option, pass_app, print_json, print_rows
from digest.secrets import secret_keys
from subscribers.bounces.receiving import receive
from subscribers.bounces.values import Received
from subscribers.mailin import reading
from subscribers.mailin.doors import Doors
from subscribers.mailin.envelope import recipient_of
from subscribers.tokens import Tokens

_COLUMNS = ("file", "kind", "status", "done", "mail", "reader", "why")


@click.group()
def bounces() -> None:
    """Mail that came back: bounces and complaints."""


@bounces.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, allow_dash=True)
)
@click.option(
    "--to", "recipient", metavar="ADDR", help="The address it arrived for; else as its header says."
)
@click.option("--apply", is_flag=True, help="Act on it; without this, only say what would be done.")
@json_option
@pass_app
def read(app: App, files: tuple[str, ...], recipient: str | None, apply: bool, as_json: bool) -> None:
    """Read messages that came back (FILE.eml, or - for standard input) and say what follows from each."""
    said, doors = [], Doors.of(app.settings, app.settings.mail.bounces)
    for file in files:
        with click.open_file(file, "rb") as opened:
            message = opened.read()
        arrived_for = recipient or recipient_of(reading.read(message), doors) or ""
        # To look is to do it and take it back, as a writer: a reader who turns to writing has no turn to wait
        # for, and SQLite refuses it whenever anybody wrote meanwhile.
        with app.database.writing() as session:
            received = _receive(app, session, message, arrived_for)
            if not apply:
                session.rollback()
        said.append({"file": file, **received.as_json()})
    if as_json:
        print_json(said)
        return
    print_rows(said, _COLUMNS, empty="")
    if not apply:
        click.echo("nothing was changed; with --apply it is done")


def _receive(app: App, session: Session, message: bytes, recipient: str) -> Received:
    keys = secret_keys(app.settings)
    return receive(
        session,
        message,
        recipient,
        tokens=Tokens(keys, app.clock),
        clock=app.clock,
        keys=keys,
        settings=app.settings.bounces,
    )

"""``digest subscribers``: the list, for the operator."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime

import click

from digest.cli import App, json_option, pass_app, print_json, print_rows
from digest.errors import NotFound, WrongState
from digest.secrets import secret_keys
from subscribers import counting, joining, leaving, reconfirming, store
from subscribers.addresses import address_hashes, parse_address
from subscribers.consent import Form
from subscribers.history import history
from subscribers.joining import Answer
from subscribers.moving.cli import export, import_, status_option
from subscribers.values import Reader, Reason, Status

_TABLE = 100
_COLUMNS = ("email", "name", "status", "joined_at")
_SAID = {
    Answer.QUEUED: "a confirmation mail to {} is queued, and digest run sends it",
    Answer.ENOUGH_MAILS: "{} was asked a short while ago; nothing more is queued",
    Answer.ALREADY_CONFIRMED: "{} is on the list",
}


@click.group()
def subscribers() -> None:
    """The list: who reads the digest, who left, who must not be mailed."""


subscribers.add_command(import_)
subscribers.add_command(export)


@subscribers.command()
@click.argument("address")
@click.option("--name", help="How to call the reader.")
@click.option("--confirmed", is_flag=True, help="They have agreed already; you vouch for it.")
@pass_app
def add(app: App, address: str, name: str | None, confirmed: bool) -> None:
    """Add a reader; unless --confirmed, they are asked by e-mail and must say yes."""
    parsed, keys = parse_address(address), secret_keys(app.settings)
    with app.database.writing() as session:
        if confirmed:
            joining.add_reader(session, parsed, name=name, clock=app.clock, keys=keys)
            answer = Answer.ALREADY_CONFIRMED
        else:
            answer = joining.sign_up(
                session, parsed, name=name, clock=app.clock, keys=keys, form=Form.OPERATOR
            )
    if answer is Answer.SUPPRESSED:
        raise WrongState(f"{parsed.display} is suppressed and gets no mail; nothing was sent")
    click.echo(_SAID[answer].format(parsed.display))


@subscribers.command("list")
@status_option
@click.option("--limit", type=click.IntRange(min=1), help=f"Show at most N (a table shows {_TABLE}).")
@click.option("--after", metavar="ID", help="Go on after the reader with this id.")
@json_option
@pass_app
def list_(app: App, status: str | None, limit: int | None, after: str | None, as_json: bool) -> None:
    """List readers in the order they joined."""
    part, now = store.Part(None if status is None else Status(status)), app.clock.now()
    with app.database.reading() as session:
        start = 0 if after is None else store.place_of(session, after)
        if as_json:
            _print_json_array(store.readers(session, now, part, limit, start))
            return
        most = limit or _TABLE
        found = list(store.readers(session, now, part, most + 1, start))
    shown = found[:most]
    print_rows(
        [reader.as_json() for reader in shown],
        _COLUMNS,
        empty="no readers yet; add one with: digest subscribers add ADDRESS"
        if after is None
        else "no more readers",
    )
    if len(found) > most:
        click.echo(f"… and more: --after {shown[-1].id}, --limit N, or digest subscribers export")


@subscribers.command()
@click.argument("address")
@json_option
@pass_app
def show(app: App, address: str, as_json: bool) -> None:
    """Show one reader, and all that happened to them."""
    parsed, keys = parse_address(address), secret_keys(app.settings)
    with app.database.reading() as session:
        row = store.find(session, parsed.key)
        reason = next(iter(store.suppressions(session, address_hashes(keys, parsed.key)).values()), None)
        story = [] if row is None else history(session, row, app.issues_of(session, row.id))
    if row is None:
        suppressed = "" if reason is None else f"; it is suppressed ({reason.reason}, {reason.at:%Y-%m-%d})"
        raise NotFound(f"{parsed.display} is not on the list{suppressed}")
    reader = store.reader_of(row, app.clock.now()).as_json()
    if as_json:
        suppressed_as = None if reason is None else {"reason": reason.reason, "at": reason.at.isoformat()}
        timeline = [line.as_json() for line in story]
        print_json({**reader, "suppressed": suppressed_as, "timeline": timeline})
        return
    print_rows([reader], ("id", *_COLUMNS), empty="")
    click.echo()
    print_rows([line.as_row() for line in story], ("at", "what", "detail"), empty="")
    if reason is not None:
        click.echo(f"suppressed since {reason.at:%Y-%m-%d} ({reason.reason}); no mail goes to this address")


@subscribers.command()
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option(
    "--all-before", type=click.DateTime(["%Y-%m-%d"]), help="All who last said yes before this day."
)
@click.option("--yes", is_flag=True, help="Do not ask before many are asked.")
@pass_app
def reconfirm(app: App, addresses: tuple[str, ...], all_before: datetime | None, yes: bool) -> None:
    """Ask readers whether they still want it: silent ones, or imported ones.

    Nobody is asked twice in 30 days, and nobody is taken off the list by it.
    """
    if bool(addresses) == (all_before is not None):
        raise click.UsageError("name addresses, or give --all-before DATE")
    parsed = [parse_address(address) for address in addresses]
    day = None if all_before is None else all_before.replace(tzinfo=UTC)
    if day is not None and day > app.clock.now():
        raise click.UsageError(f"--all-before {day:%Y-%m-%d} is still to come: that is the whole list")
    if day is not None and not yes and sys.stdin.isatty() and sys.stdout.isatty():
        with app.database.reading() as session:
            many = reconfirming.count_before(session, day, clock=app.clock)
        click.confirm(f"Ask {many:,} readers whether they still want it?", abort=True)
    with app.database.writing() as session:
        if day is None:
            number = reconfirming.ask(session, parsed, clock=app.clock)
        else:
            number = reconfirming.ask_all_before(session, day, clock=app.clock)
    click.echo(f"{number:,} asked; digest run sends the mails")


@subscribers.command()
@click.argument("address")
@click.option(
    "--reason",
    type=click.Choice([Reason.OPERATOR.value, Reason.COMPLAINT.value, Reason.BOUNCE.value]),
    default=Reason.OPERATOR.value,
    show_default=True,
)
@pass_app
def suppress(app: App, address: str, reason: str) -> None:
    """Never mail an address again, whether it is on the list or not."""
    parsed, keys = parse_address(address), secret_keys(app.settings)
    with app.database.writing() as session:
        leaving.suppress(session, parsed, Reason(reason), clock=app.clock, keys=keys)
    click.echo(f"{parsed.display} is suppressed and gets no more mail")


@subscribers.command()
@click.argument("address")
@pass_app
def erase(app: App, address: str) -> None:
    """Forget a reader; only a keyed hash stays, so that the address cannot come back by import."""
    parsed, keys = parse_address(address), secret_keys(app.settings)
    with app.database.writing() as session:
        leaving.erase(session, parsed, clock=app.clock, keys=keys, forget=app.forget)
    app.database.fold()
    click.echo("erased; a keyed hash keeps the address from being mailed again")


@subscribers.command()
@json_option
@pass_app
def stats(app: App, as_json: bool) -> None:
    """Count readers by status, and suppressed addresses."""
    with app.database.reading() as session:
        by_status = counting.count_by_status(session, app.clock.now())
        suppressed = counting.count_suppressed(session)
    counted = {status.value: number for status, number in by_status.items()}
    numbers = {**counted, "total": sum(by_status.values()), "suppressed": suppressed}
    if as_json:
        print_json(numbers)
    else:
        rows = [{"status": word, "readers": f"{number:,}"} for word, number in numbers.items()]
        print_rows(rows, ("status", "readers"), empty="")


def _print_json_array(found: Iterable[Reader]) -> None:
    """Print readers as one JSON array, as they come: the list may be longer than the memory."""
    lead = "["
    for reader in found:
        click.echo(f"{lead}\n  {json.dumps(reader.as_json(), ensure_ascii=False)}", nl=False)
        lead = ","
    click.echo("[]" if lead == "[" else "\n]")

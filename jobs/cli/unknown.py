"""``digest issue unknown``: deliveries that may or may not have arrived, and a person's word on them."""

from __future__ import annotations

import sys

import click
from sqlalchemy.orm import Session

from digest.cli import App, json_option, pass_app, print_json, print_rows
from digest.errors import NotFound, WrongState
from digest.issues.cli import issue, week_option
from digest.issues.life import move, note
from digest.issues.rendered import identity_of
from digest.issues.rows import IssueRow
from digest.issues.store import get_issue
from digest.issues.values import Status
from digest.week import Week
from jobs.cli.entries import entries, settle_first
from jobs.deliveries import store
from jobs.deliveries.values import State
from jobs.outgoing import message_ids
from subscribers.store import find_by_public_id

# While an issue stands so, what is pending is sent.
_GOES_ON = (Status.SENDING, Status.PAUSED)


@issue.command()
@week_option
@click.option("--count-as-sent", is_flag=True, help="Take them for sent.")
@click.option("--send-again", is_flag=True, help="Send them once more: some get it twice.")
@click.option("--reader", "readers", metavar="PUBLIC_ID", multiple=True, help="Only this one's; repeatable.")
@click.option("--yes", is_flag=True, help="Do not ask, also in a terminal.")
@json_option
@pass_app
def unknown(
    app: App,
    week: Week,
    count_as_sent: bool,
    send_again: bool,
    readers: tuple[str, ...],
    yes: bool,
    as_json: bool,
) -> None:
    """List the deliveries that may or may not have arrived, or settle them.

    It is up to you: look into the relay's log for the Message-ID, or ask. Nothing is sent again by itself.
    """
    if count_as_sent and send_again:
        raise click.UsageError("choose one of --count-as-sent and --send-again; nothing was changed")
    settle_first(app, week)
    found = entries(app, week, State.UNKNOWN)
    if readers:
        known = {row["reader"] for row in found}
        if strange := [reader for reader in readers if reader not in known]:
            raise NotFound(f"{week} has no unknown delivery to {', '.join(strange)}; nothing was changed")
        found = [row for row in found if row["reader"] in readers]
    if count_as_sent or send_again:
        state = State.SENT if count_as_sent else State.PENDING
        _settle(app, week, state, readers, len(found), yes, as_json)
    elif as_json:
        print_json(found)
    else:
        columns = ("reader", "edition", "attempts", "relay", "updated_at", "reply")
        print_rows(found, columns, empty=f"{week} has no delivery that is unknown.")
        if found:
            named = message_ids(identity_of(app.settings), week)
            click.echo(f"Look in the relay's log for {named('READER')}, with the reader in its place.")


def _settle(
    app: App, week: Week, state: State, readers: tuple[str, ...], expected: int, yes: bool, as_json: bool
) -> None:
    if not expected:
        if as_json:
            print_json({"settled": 0})
            return
        click.echo(f"{week}  has no delivery that is unknown")
        return
    if not yes and sys.stdin.isatty() and sys.stdout.isatty():
        question = "Count {} as sent?" if state is State.SENT else "Send {} again?"
        click.confirm(f"{week}: {question.format(_many(expected))}", abort=True)
    with app.database.writing() as session:
        row = get_issue(session, week, lock=True)
        if state is State.PENDING and row.status not in (*_GOES_ON, Status.SENT):
            raise WrongState(f"issue {week} is {row.status}; nothing of it is sent any more")
        chosen = _ids(session, readers) if readers else None
        settled = store.settle_unknown(session, row.id, state, app.clock.now(), chosen)
        if settled:
            _note(app, session, row, state, settled)
        status = row.status
    if as_json:
        print_json({"settled": settled})
        return
    click.echo(f"{week}  {_many(settled)} {_DONE[state]}")
    if state is State.PENDING and settled:
        go_on = "resume" if status == Status.PAUSED else "send"
        click.echo(f"  digest issue {go_on} --week {week} goes on, and so does digest run")


def _many(count: int) -> str:
    return f"{count:,} unknown {'delivery' if count == 1 else 'deliveries'}"


_DONE = {State.SENT: "counted as sent", State.PENDING: "to be sent again"}


def _ids(session: Session, readers: tuple[str, ...]) -> list[int]:
    rows = [find_by_public_id(session, reader) for reader in readers]
    return [row.id for row in rows if row is not None]


def _note(app: App, session: Session, row: IssueRow, state: State, settled: int) -> None:
    """Write what a person decided on the issue's history; a sent one that is to go on is being sent again."""
    reason = f"{settled} unknown {_DONE[state]} by a person"
    if state is State.PENDING and row.status == Status.SENT:
        move(session, row, Status.SENDING, at=app.clock.now(), reason=reason)
    else:
        note(session, row, at=app.clock.now(), reason=reason)

"""``digest issue …``: the operator's half, which needs the deliveries."""

from __future__ import annotations

import sys
from typing import Any

import click
from sqlalchemy.orm import Session

from digest.cli import App, json_option, pass_app, print_json, print_rows
from digest.desk import Desk
from digest.errors import DigestError
from digest.issues import building, life
from digest.issues.cli import issue, week_option
from digest.issues.editions import MAIN, edition_title, frozen_editions
from digest.issues.json import issue_json
from digest.issues.rendered import content_of
from digest.issues.rows import IssueRow
from digest.issues.store import get_issue, issues_before
from digest.issues.values import IssueContent, Status
from digest.issues.why import explanation_of, left_out_lines, pair_rows, subject_lines
from digest.text import counted
from digest.week import Week
from jobs import starting
from jobs.cli import unknown
from jobs.cli.entries import entries, settle_first
from jobs.cli.progress import progress_bar
from jobs.cli.signals import stop_on_signal
from jobs.cli.tracing import trace_option, traced
from jobs.deliveries import store
from jobs.deliveries.values import State
from jobs.editions import readers_by_edition
from jobs.sendout import SendOut

__all__ = ["issue", "unknown"]


@issue.command("list")
@click.option("--before", metavar="WEEK", help="Only weeks before this one.")
@click.option("--limit", type=click.IntRange(1, 500), default=52, show_default=True)
@json_option
@pass_app
def list_(app: App, before: str | None, limit: int, as_json: bool) -> None:
    """List the issues, the latest week first."""
    panel = Desk.of(app.settings).panel
    with app.database.reading() as session:
        rows = [
            _json(session, row, content_of(session, row, panel))
            for row in issues_before(session, before, limit)
        ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        row["matchups"] = len(row["matchups"])
    columns = ("week", "status", "matchups", "audience", "sent", "failed", "unknown", "subject")
    print_rows(
        [{column: row.get(column) for column in columns} for row in rows],
        columns,
        empty="No issue yet; digest issue build makes the first.",
    )


@issue.command()
@week_option
@click.option(
    "--deliveries",
    type=click.Choice([state.value for state in State]),
    help="List the deliveries in this state instead.",
)
@click.option("--why", is_flag=True, help="Explain the pairs, the subject and who was left out instead.")
@json_option
@pass_app
def show(app: App, week: Week, deliveries: str | None, why: bool, as_json: bool) -> None:
    """Show one issue: matchups, life and deliveries."""
    settle_first(app, week)
    if deliveries is not None:
        _show_deliveries(app, week, State(deliveries), as_json)
        return
    if why:
        _show_why(app, week, as_json)
        return
    with app.database.reading() as session:
        row = get_issue(session, week)
        content = content_of(session, row, Desk.of(app.settings).panel)
        shown = _json(session, row, content)
        events = [(event.at, event.new, event.reason) for event in row.events]
    if as_json:
        print_json(shown)
        return
    click.echo(f"{week}  {shown['status']}\nSubject: {shown['subject']}\nPreheader: {shown['preheader']}")
    for place, pair in enumerate(content.matchups, start=1):
        click.echo(f"  {place:>2}  {pair.left.name} vs {pair.right.name}  ({pair.depth})")
    if "audience" in shown:
        click.echo("  ".join(f"{state} {shown[state]}" for state in _STATES))
    for at, new, reason in events:
        click.echo(f"  {at:%Y-%m-%d %H:%M:%S}Z  {new}: {reason}")


def _show_why(app: App, week: Week, as_json: bool) -> None:
    with app.database.reading() as session:
        why = explanation_of(session, get_issue(session, week), Desk.of(app.settings).panel)
    if as_json:
        print_json({"week": str(week), **why})
        return
    pairs = pair_rows(why)
    print_rows(pairs, list(pairs[0]) if pairs else [], empty=f"{week} has no pairs.")
    for title, lines in (("Subject", subject_lines(why)), ("Left out", left_out_lines(why))):
        if shown := list(lines):
            click.echo("\n".join(("", title, *(f"  {line}" for line in shown))))


def _show_deliveries(app: App, week: Week, state: State, as_json: bool) -> None:
    rows = entries(app, week, state)
    if as_json:
        print_json(rows)
    else:
        columns = ("reader", "edition", "state", "attempts", "code", "reply", "relay", "updated_at")
        print_rows(rows, columns, empty=f"{week} has no delivery that is {state}.")


_STATES = ("audience", "pending", "sending", "sent", "failed", "unknown")


def _json(session: Session, row: IssueRow, content: IssueContent) -> dict[str, Any]:
    counts = store.counts(session, row.id).json() if row.started_at else None
    return issue_json(row, content, counts)


@issue.command()
@week_option
@pass_app
def approve(app: App, week: Week) -> None:
    """Freeze the issue: exactly these bytes go out."""
    row = starting.approve(SendOut.of(app.settings, app.database, app.clock), week, "approved by a person")
    assert row.html is not None and row.content_hash is not None
    click.echo(f"{week}  approved, {len(row.html.encode()):,} bytes of HTML, hash {row.content_hash[:12]}")
    with app.database.reading() as session:
        content = content_of(session, row, Desk.of(app.settings).panel)
        readers = readers_by_edition(session, content, app.clock.now())
        frozen = (MAIN, *sorted(frozen_editions(session, row)))
    for name in frozen:
        click.echo(f"  {name}  {edition_title(name)}, {counted(readers[name], 'reader')}")


@issue.command()
@week_option
@click.option("--yes", is_flag=True, help="Do not ask, also in a terminal.")
@trace_option
@pass_app
def send(app: App, week: Week, yes: bool, trace: str | None) -> None:
    """Send the issue to every confirmed reader who does not have it yet."""
    work = SendOut.of(app.settings, app.database, app.clock)
    with app.database.reading() as session:
        row = get_issue(session, week)
        fresh = row.started_at is None
    if fresh and not yes and sys.stdin.isatty() and sys.stdout.isatty():
        click.confirm(f"Send {week} to {counted(starting.audience_size(work, week), 'reader')}?", abort=True)
    # A trace that cannot be written shall not find the issue half-way on its road.
    with traced(trace) as log:
        before = starting.start(work, week)
        if before.pending + before.sending == 0:
            click.echo(f"{week}  nobody is waiting for it: {before.summary()}")
            if row.status == Status.SENT:
                return
        with progress_bar(before) as progress, stop_on_signal() as stop:
            outcome = work.run(week, stop, progress, log)
    click.echo(f"{week}  {outcome.counts.summary()}")
    if outcome.counts.failed:
        click.echo(f"  why some failed: digest issue show --deliveries failed --week {week}")
    if outcome.counts.unknown:
        click.echo(
            f"  {outcome.counts.unknown} may or may not have arrived: the connection or this program broke "
            f"off at the wrong moment. They wait for your word: digest issue unknown --week {week}"
        )
    if outcome.too_many is not None:
        raise DigestError(outcome.too_many)
    if not outcome.counts.settled:
        pending = counted(outcome.counts.pending, "reader")
        with app.database.reading() as session:
            status = get_issue(session, week).status
        if status != Status.SENDING:
            click.echo(f"{week}  {status}; {pending} to go; go on with: digest issue resume")
            return
        if work.waiting_for_hour(week) == outcome.counts.pending:
            click.echo(
                f"  {pending} chose an hour that is still to come; digest run sends then, or "
                f"digest issue send --week {week} from {outcome.next_try_at:%Y-%m-%d %H:%M}Z on"
            )
            return
        due = outcome.next_try_at
        when = f", the next is due {due:%Y-%m-%d %H:%M:%S}Z" if due and due > app.clock.now() else ""
        stopped = "stopped; " if stop.is_set() else ""
        raise DigestError(
            f"{stopped}{pending} to go{when}; digest issue send --week {week} goes on, and so does digest run"
        )


@issue.command()
@week_option
@pass_app
def pause(app: App, week: Week) -> None:
    """Stop a running send-out after the messages in flight."""
    _step(app, week, Status.PAUSED, "paused by a person")


@issue.command()
@week_option
@pass_app
def resume(app: App, week: Week) -> None:
    """Let a paused issue go on; digest issue send, or digest run, then sends the rest."""
    _step(app, week, Status.SENDING, "resumed by a person")


@issue.command()
@week_option
@click.option("--online", is_flag=True, help="Try the links to other sites, too.")
@json_option
@pass_app
def lint(app: App, week: Week, online: bool, as_json: bool) -> None:
    """Find what readers would stumble over; exits with 3 for an error. The rules: docs/lint.md."""
    from digest.lint.running import LintFailed, summary
    from jobs.linting import lint_issue

    report = lint_issue(app, week, online=online)
    if as_json:
        print_json(report.json())
    for finding in () if as_json else report.findings:
        click.echo(f"{finding.severity}  {finding.rule}: {finding.where}")
        click.echo(f"    {finding.why}\n    → {finding.do}")
    silenced = f", {report.silenced} silenced" if report.silenced else ""
    if report.errors:
        raise LintFailed(f"issue {week}: {summary(report.findings)}{silenced}")
    if not as_json:
        click.echo(f"{week}  {summary(report.findings)} to mend{silenced}")


@issue.command()
@week_option
@pass_app
def cancel(app: App, week: Week) -> None:
    """Call the issue off, also while it is being sent; readers who already have it keep it."""
    settle_first(app, week)
    with app.database.writing() as session:
        row = building.cancel(session, week, app.clock.now())
        if row.started_at is not None and store.forget_unsent(session, row.id):
            row.started_at = None
    click.echo(f"{week}  cancelled")


def _step(app: App, week: Week, status: Status, reason: str) -> None:
    with app.database.writing() as session:
        row = get_issue(session, week, lock=True)
        if status is Status.SENDING and row.status != Status.PAUSED:
            raise DigestError(f"issue {week} is {row.status}, not paused")
        life.move(session, row, status, at=app.clock.now(), reason=reason)
    click.echo(f"{week}  {status}")


@issue.command("test-send")
@click.argument("address", metavar="ADDR")
@week_option
@trace_option
@pass_app
def test_send(app: App, address: str, week: Week, trace: str | None) -> None:
    """Send the issue as it stands to one address; no reader is involved, nothing is recorded."""
    work = SendOut.of(app.settings, app.database, app.clock)
    with traced(trace) as log:
        work.test(week, address, log)
    click.echo(f"{week}  sent to {address}")

"""``digest status``: the current issue, its progress and the next run."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from typing import Any, NamedTuple

import click
from sqlalchemy.orm import Session

from digest.cli import App, json_option, pass_app, print_json
from digest.issues.rows import IssueRow
from digest.issues.store import find_issue, issues_in
from digest.issues.values import Status
from digest.schedule import Slot
from digest.settings import ScheduleSettings
from digest.text import counted
from digest.week import Week
from jobs.deliveries import store as deliveries
from jobs.deliveries.values import Counts
from jobs.holding import held_because, last_step
from jobs.orphans import settle_orphans
from jobs.weekly import due_slot, schedule_of
from subscribers import notices
from subscribers.abuse import surge
from subscribers.mailin.receiving import count_not_understood

# A sender shows life every two seconds at least (jobs.sending.ledger).
_ALIVE = timedelta(seconds=5)


@click.command()
@json_option
@pass_app
def status(app: App, as_json: bool) -> None:
    """The current issue, its progress and the next run."""
    shown = _status(app)
    if as_json:
        print_json(shown)
        return
    click.echo(f"Issue      {shown['week']}  {shown['status'] or 'not built yet'}")
    if shown["held_back"] is not None:
        click.echo(f"Held back  {shown['held_back']}")
    if shown["paused_because"] is not None:
        click.echo(f"Paused     {shown['paused_because']}")
    for week in shown["also_paused"]:
        click.echo(f"Paused     {week} waits for your word: digest issue resume, or cancel, --week {week}")
    if shown["audience"] is not None:
        states = ("audience", "sent", "pending", "sending", "failed", "unknown")
        click.echo("Deliveries " + "  ".join(f"{state} {shown[state]}" for state in states))
    if shown["progress"] is not None:
        click.echo(f"Progress   {_progress_line(shown['progress'])}")
    if shown["waiting_for_hour"]:
        click.echo(
            f"Waiting    {counted(shown['waiting_for_hour'], 'reader')} chose an hour that is still to come"
        )
    click.echo(f"Next run   {_next_run(shown)}")
    if shown["mails_waiting"]:
        waiting = counted(sum(shown["mails_waiting"].values()), "single mail")
        since = datetime.fromisoformat(shown["mails_waiting_since"])
        click.echo(f"Mails      {waiting} to be sent since {since:%A %Y-%m-%d %H:%M %Z}")
    if shown["surge"] is not None:
        click.echo(f"Sign-ups   surge: {shown['surge']['sign_ups']} too many; confirmations go out slowly")
    if shown["mail_not_understood"]:
        click.echo(
            f"Mail in    {shown['mail_not_understood']} within a day not understood; see docs/mailin.md"
        )


def _next_run(shown: dict[str, Any]) -> str:
    if shown["due_now"]:
        return f"now: the slot of {shown['due_now']} is open, and digest run sends within a minute"
    if shown["next_run"] is None:
        return "none: [schedule] automatic is off"
    return f"{datetime.fromisoformat(shown['next_run']):%A %Y-%m-%d %H:%M %Z}"


def _progress_line(progress: dict[str, Any]) -> str:
    done = f"{progress['done']:,} of {progress['audience']:,} done"
    if not progress["sending_now"]:
        return f"{done}; nobody sends it now"
    left = progress["seconds_left"]
    to_go = f", about {timedelta(seconds=left)} to go" if left is not None else ""
    digits = 0 if progress["rate_per_second"] >= 10 else 1
    waits = f"; {progress['waits_for']}" if progress["waits_for"] else ""
    return f"{done}, {progress['rate_per_second']:,.{digits}f} a second{to_go}{waits}"


def _progress(session: Session, issue_id: int, counts: Counts, now: datetime) -> dict[str, Any] | None:
    """Return how far the send-out is by what its last run told; None if there was none yet."""
    told = deliveries.progress_of(session, issue_id)
    if told is None:
        return None
    # Either way: the clock of the machine that sends may be ahead of ours.
    alive = told.ended_at is None and abs(now - told.alive_at) < _ALIVE
    left = None
    if alive and told.per_second:
        left = ceil(deliveries.due_now(session, issue_id, now) / told.per_second)
    return {
        "sending_now": alive,
        "rate_per_second": round(told.per_second, 1) if alive else None,
        "seconds_left": left,
        "done": counts.audience - counts.pending - counts.sending,
        "audience": counts.audience,
        "waits_for": told.note if alive else None,
    }


class _Current(NamedTuple):
    """The week to tell of, its issue if there is one, and the slot that is open now."""

    week: Week
    issue: IssueRow | None
    due: Slot | None


def _current(session: Session, settings: ScheduleSettings, now: datetime) -> _Current:
    due = due_slot(session, settings, now)
    # An issue being sent is the current one even when the week has turned meanwhile.
    if under_way := issues_in(session, Status.SENDING):
        return _Current(Week.parse(under_way[-1].week), under_way[-1], due)
    if due is not None:
        return _Current(due.week, find_issue(session, due.week), due)
    schedule = schedule_of(settings)
    week, slot = Week.of(now.astimezone(schedule.zone).date()), schedule.latest(now)
    issue = find_issue(session, week)
    # The last slot's stays the current one for as long as it could have gone out, until the new week has one.
    if issue is None and now - slot.at <= settings.max_late and (last := find_issue(session, slot.week)):
        return _Current(slot.week, last, due)
    return _Current(week, issue, due)


def _status(app: App) -> dict[str, Any]:
    now = app.clock.now()
    schedule = schedule_of(app.settings.schedule)
    with app.database.reading() as session:
        looked_at = _current(session, app.settings.schedule, now).issue
    if looked_at is not None:
        settle_orphans(app.database, app.clock, looked_at.id)
    with app.database.reading() as session:
        week, issue, due = _current(session, app.settings.schedule, now)
        held = held_because(session, issue) if issue else None
        last = last_step(session, issue) if issue and issue.status == Status.PAUSED else None
        paused = last.reason if last else None
        elsewhere = [other.week for other in issues_in(session, Status.PAUSED) if other is not issue]
        found = surge.under_way(session, now)
        not_understood = count_not_understood(session, now)
        mails, since = notices.waiting(session, now, app.settings.sending.retry_first)
        started = issue if issue and issue.started_at else None
        counts = deliveries.counts(session, started.id) if started else None
        progress = _progress(session, started.id, counts, now) if started and counts else None
        waiting = deliveries.waiting_for_hour(session, started.id, now) if started else None
    empty = dict.fromkeys(("audience", "pending", "sending", "sent", "failed", "unknown"))
    following = schedule.following(now).at.astimezone(schedule.zone)
    return {
        "week": str(week),
        "status": issue.status if issue else None,
        "held_back": held,
        "paused_because": paused,
        "also_paused": elsewhere,
        **(counts.json() if counts else empty),
        "progress": progress,
        "waiting_for_hour": waiting,
        "due_now": due.at.astimezone(schedule.zone).isoformat() if due else None,
        "mail_not_understood": not_understood,
        "mails_waiting": mails,
        "mails_waiting_since": since.astimezone(schedule.zone).isoformat() if since else None,
        "surge": {"sign_ups": found.sign_ups, "until": found.until.isoformat()} if found else None,
        "next_run": following.isoformat() if app.settings.schedule.automatic else None,
    }

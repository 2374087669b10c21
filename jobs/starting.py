"""Beginning to send an issue: approve it if nobody did, freeze its audience, and set it on its way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from sqlalchemy.orm import Session

from digest.errors import WrongState
from digest.issues import building
from digest.issues.gate import Checked, Outdated, check_content, check_editions, once_checked
from digest.issues.ledger import held_back
from digest.issues.life import move
from digest.issues.rows import IssueRow
from digest.issues.store import get_issue, turn_of
from digest.issues.values import IssueContent, Status
from digest.week import Week
from jobs.deliveries import store as deliveries
from jobs.deliveries.store import Counts
from jobs.editions import Made, asked_for, freeze_for_readers, not_frozen
from jobs.following import ask_own_pages
from jobs.sending.single import knock
from jobs.sendout import SendOut
from subscribers.audience import count_audience

_Made = TypeVar("_Made")


def audience_size(work: SendOut, week: Week) -> int:
    """Return how many readers the week's issue would go to now."""
    with work.database.reading() as session:
        return count_audience(session, work.clock.now(), turn_of(session, week))


def start(work: SendOut, week: Week, stop: threading.Event | None = None) -> Counts:
    """Approve the issue if it is a draft, freeze its audience and begin sending, in one transaction.

    The relay is asked first: one that cannot be used shall not find an issue half-way on its road.

    Starting twice changes nothing. Raises NotFound, WrongState (paused, cancelled, missed, nobody to send
    to, a restored database), TransportError (on ``stop``, too, while the relay is silent) or
    TemplateError, each with nothing changed.
    """
    with work.database.reading() as session:
        fresh = get_issue(session, week).started_at is None
    if fresh:
        knock(work.relays, work.settings.sending, stop)
    made = _made_late(work, week)
    counts, epoch = _once_checked(work, week, partial(_started, work, week, made))
    work.epochs.note(str(week), epoch)
    return counts


def approve(work: SendOut, week: Week, reason: str) -> IssueRow:
    """Freeze the week's draft as it goes out and return it; what is approved already stays as it is.

    It is rendered and linted before anything is locked. Raises what ``digest.issues.building.approve``
    raises.
    """
    return _once_checked(work, week, lambda session, checked: _approved(work, session, week, reason, checked))


def _approved(work: SendOut, session: Session, week: Week, reason: str, checked: Checked | None) -> IssueRow:
    if checked is None and get_issue(session, week, lock=True).status == Status.DRAFT:
        raise Outdated(f"issue {week} became a draft just now")
    return building.approve(session, week, work.renderer, work.clock.now(), reason, checked)


def _once_checked(work: SendOut, week: Week, step: Callable[[Session, Checked | None], _Made]) -> _Made:
    pages = partial(ask_own_pages, work.settings, work.database, work.clock)
    return once_checked(
        work.database,
        week,
        lambda session: _draft(work, session, week),
        lambda content: check_content(work.renderer, content, pages, _asked_for(work, content)),
        step,
    )


def _asked_for(work: SendOut, content: IssueContent) -> dict[str, IssueContent]:
    with work.database.reading() as session:
        return asked_for(session, content, work.clock.now())


def _made_late(work: SendOut, week: Week) -> Made:
    """Return the editions, looked through, that have readers only since the issue was approved."""
    with work.database.reading() as session:
        issue = get_issue(session, week)
        if issue.frozen_at is None or issue.started_at is not None:
            return {}
        late = not_frozen(session, issue, work.renderer, work.clock.now())
    emails = check_editions(work.renderer, late)
    return {name: (late[name], email) for name, email in emails.items()}


def _draft(work: SendOut, session: Session, week: Week) -> IssueContent | None:
    """Return what is to be looked through: a draft; what became of any other issue is the step's word."""
    if get_issue(session, week).status != Status.DRAFT:
        return None
    return building.to_approve(session, week, work.renderer, work.clock.now())


def _started(
    work: SendOut, week: Week, made: Made, session: Session, checked: Checked | None
) -> tuple[Counts, int]:
    issue = get_issue(session, week, lock=True)
    if issue.status == Status.PAUSED:
        raise WrongState(f"issue {week} is paused; go on with: digest issue resume --week {week}")
    if issue.status not in (Status.SENDING, Status.SENT):
        _freeze(work, session, issue, checked, made)
    return deliveries.counts(session, issue.id), issue.epoch


def _freeze(work: SendOut, session: Session, issue: IssueRow, checked: Checked | None, made: Made) -> None:
    now = work.clock.now()
    work.epochs.advance(issue)
    if issue.status == Status.DRAFT:
        _approved(work, session, Week.parse(issue.week), "approved by sending it", checked)
    if early := held_back(session, issue, work.renderer.desk.today(now)):
        raise WrongState(
            f"issue {issue.week} is not sent: {'; '.join(early)}; send it then, or take the tool out: "
            f"digest issue reopen, then build, --week {issue.week}"
        )
    move(session, issue, Status.SENDING, at=now, reason="sending started")
    zone = work.settings.schedule.zone
    frozen = freeze_for_readers(session, issue, work.renderer, now, zone, made)
    # Where it is nobody's turn the issue still takes place: turns are counted by it.
    if not frozen and not count_audience(session, now):
        raise WrongState(
            f"issue {issue.week} is not sent: no reader has confirmed yet; see digest subscribers stats"
        )

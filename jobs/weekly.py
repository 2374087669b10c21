"""The weekly run, as one step: what the scheduler does each minute (laws 1 and 2).

The database decides the week. A tick finds the latest due slot, and what it does depends only on the row it
finds there; so a second tick, a second process or a late one does no harm.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from digest.clock import Clock
from digest.db import Database
from digest.desk import Desk
from digest.errors import BadInput, TooFewTools
from digest.issues.building import build_issue, take_in
from digest.issues.life import begin, move
from digest.issues.overrides import overrides_in
from digest.issues.rows import IssueRow
from digest.issues.store import NEWSLETTER, find_issue, issues_before, issues_in
from digest.issues.values import Status
from digest.schedule import WEEKDAYS, Slot, WeeklySchedule
from digest.settings import ScheduleSettings, Settings
from digest.week import Week
from jobs.deliveries import store as deliveries

log = logging.getLogger(__name__)

# Statuses a due slot sends; those beyond have been decided, by the engine or by a person.
_READY = (Status.DRAFT, Status.APPROVED, Status.SCHEDULED)
_FIRST_LATE = timedelta(hours=1)


class Due(StrEnum):
    """What one tick found to do for the latest slot."""

    NOTHING = "nothing"
    SEND = "send"
    MISSED = "missed"
    TOO_FEW = "too few tools"
    UNCLEAR = "the editor's file is wrong"


@dataclass(frozen=True, slots=True)
class Decision:
    """The slot a tick looked at, and what is due."""

    slot: Slot
    due: Due
    reason: str = ""


def schedule_of(settings: ScheduleSettings) -> WeeklySchedule:
    """Return the schedule the settings ask for."""
    return WeeklySchedule(WEEKDAYS.index(settings.weekday), settings.time, settings.zone)


def decide(database: Database, settings: Settings, clock: Clock) -> Decision:
    """Make sure the latest due slot has its issue, and say whether it is to be sent now.

    Past ``[schedule] max_late`` a slot is written off as missed instead; an hours-late surprise helps nobody.
    A week with too few tools, or with a mistake in its editor's file, stores nothing and is looked at again
    until then.
    """
    now = clock.now()
    slot = schedule_of(settings.schedule).latest(now)
    with database.writing() as session:
        if missed := _write_off(session, settings.schedule, now):
            return Decision(slot, Due.MISSED, f"missed and not sent: issue {', '.join(missed)}")
        issue = find_issue(session, slot.week, lock=True)
        if not _open(session, slot, issue, settings.schedule, now):
            return Decision(slot, Due.NOTHING)
        try:
            _prepare(session, slot, issue, Desk.of(settings), clock)
        except TooFewTools as error:
            return Decision(slot, Due.TOO_FEW, str(error))
        except BadInput as error:
            return Decision(slot, Due.UNCLEAR, f"issue {slot.week} is not sent: {error}")
        return Decision(slot, Due.SEND)


def draft_ahead(database: Database, settings: Settings, clock: Clock) -> Week | None:
    """Draft the next slot's issue once ``[schedule] draft_before`` is reached; return its week if this did.

    A week that has an issue, whatever became of it, keeps it. Raises TooFewTools, and BadInput for a mistake
    in the editor's file, with nothing stored.
    """
    now = clock.now()
    slot = schedule_of(settings.schedule).following(now)
    if now < slot.at - settings.schedule.draft_before:
        return None
    with database.writing() as session:
        if find_issue(session, slot.week, lock=True) is not None:
            return None
        build_issue(session, slot.week, Desk.of(settings), clock)
    return slot.week


def _prepare(session: Session, slot: Slot, issue: IssueRow | None, desk: Desk, clock: Clock) -> None:
    """Build the slot's issue, or bring its draft up to what the editor's file says by now."""
    built_at = slot.at if issue is None else issue.built_at
    if issue is None:
        issue = build_issue(session, slot.week, desk, clock).issue
    elif issue.status == Status.DRAFT:
        take_in(session, slot.week, desk, clock, overrides_in(session, desk.folder, slot.week))
    # As if it had been done in time: a later tick must not take it for a person's unfinished draft.
    issue.built_at = built_at


def due_slot(session: Session, settings: ScheduleSettings, now: datetime) -> Slot | None:
    """Return the slot that is open now: what a tick would send at once, were there tools and readers."""
    slot = schedule_of(settings).latest(now)
    issue = find_issue(session, slot.week)
    return slot if settings.automatic and _open(session, slot, issue, settings, now) else None


def _open(
    session: Session, slot: Slot, issue: IssueRow | None, settings: ScheduleSettings, now: datetime
) -> bool:
    """Tell whether the slot's issue goes out by itself now.

    A new newsletter does not catch up on the slot before it began, but for a short while: nobody who is still
    setting up wants to find the list mailed. Nor is a draft sent that a person built after its time: they are
    at work on it, and approve it when it is ready.
    """
    late = now - slot.at
    if issue is None:
        first = not issues_before(session, str(slot.week), 1)
        return late <= (min(_FIRST_LATE, settings.max_late) if first else settings.max_late)
    unfinished = issue.status == Status.DRAFT and issue.built_at > slot.at
    return issue.status in _READY and late <= settings.max_late and not unfinished


def _write_off(session: Session, settings: ScheduleSettings, now: datetime) -> list[str]:
    """Mark what should have gone out and did not as missed; return the weeks. Their tools are new again.

    An issue that a person built when its time was over already is left to that person. A newsletter has
    missed nothing before its first issue, which may be the next slot's draft.
    """
    schedule = schedule_of(settings)
    written_off = []
    for issue in issues_in(session, *_READY):
        deadline = schedule.slot(Week.parse(issue.week)).at + settings.max_late
        if issue.built_at <= deadline < now:
            move(session, issue, Status.MISSED, at=now, reason="its time passed while nothing sent it")
            written_off.append(issue.week)
    slot = schedule.latest(now)
    unbuilt = find_issue(session, slot.week) is None and issues_before(session, str(slot.week), 1)
    if unbuilt and now - slot.at > settings.max_late:
        issue = IssueRow(newsletter=NEWSLETTER, week=str(slot.week), seed=0, built_at=now)
        begin(session, issue, Status.MISSED, at=now, reason="its time passed while nothing built it")
        written_off.append(issue.week)
    return written_off


def unfinished(database: Database, until: datetime) -> list[Week]:
    """Return the weeks whose sending began, has not ended, and has something to do before ``until``.

    One whose readers all wait for their hour is left alone; paused ones wait for a person.
    """
    with database.reading() as session:
        return [
            Week.parse(issue.week)
            for issue in issues_in(session, Status.SENDING)
            if not deliveries.is_idle(session, issue.id, until)
        ]

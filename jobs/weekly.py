"""The weekly run, as one step: what the scheduler does each minute (laws 1 and 2).

The database decides the week. A tick finds the latest due slot, and what it does depends only on the row it
finds there; so a second tick, a second process or a late one does no harm.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.clock import Clock
from digest.db import Database
from digest.errors import TooFewTools
from digest.issues.building import build_issue
from digest.issues.life import begin
from digest.issues.rows import IssueRow
from digest.issues.store import NEWSLETTER, find_issue, issues_before, issues_in
from digest.issues.values import Status
from digest.schedule import WEEKDAYS, Slot, WeeklySchedule
from digest.settings import ScheduleSettings, Settings
from digest.week import Week

log = logging.getLogger(__name__)

# Statuses a due slot sends; those beyond have been decided, by the engine or by a person.
_READY = (Status.DRAFT, Status.APPROVED, Status.SCHEDULED)


class Due(StrEnum):
    """What one tick found to do for the latest slot."""

    NOTHING = "nothing"
    SEND = "send"
    MISSED = "missed"
    TOO_FEW = "too few tools"


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
    A week with too few tools stores nothing and is looked at again until then.
    """
    now = clock.now()
    slot = schedule_of(settings.schedule).latest(now)
    late = now - slot.at > settings.schedule.max_late
    with database.writing() as session:
        issue = find_issue(session, slot.week, lock=True)
        if issue is None and late:
            # A newsletter that never had an issue has missed none: this is its first week.
            if not issues_before(session, None, 1):
                return Decision(slot, Due.NOTHING)
            missed = IssueRow(newsletter=NEWSLETTER, week=str(slot.week), seed=0, built_at=now)
            begin(session, missed, Status.MISSED, at=now, reason=f"not sent by {_hours_after(slot, now)}")
            return Decision(slot, Due.MISSED, f"issue {slot.week} was missed; nothing is sent")
        if issue is not None and (issue.status not in _READY or late):
            return Decision(slot, Due.NOTHING)
        if issue is None:
            try:
                build_issue(session, slot.week, clock, size=settings.selection.size)
            except TooFewTools as error:
                return Decision(slot, Due.TOO_FEW, str(error))
        return Decision(slot, Due.SEND)


def unfinished(database: Database) -> list[Week]:
    """Return the weeks whose sending began and has not ended; paused ones wait for a person."""
    with database.reading() as session:
        return [Week.parse(issue.week) for issue in issues_in(session, Status.SENDING)]


def _hours_after(slot: Slot, now: datetime) -> str:
    hours = (now - slot.at).total_seconds() / 3600
    return f"{hours:.0f} hours after its time"

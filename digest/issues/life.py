"""An issue's life: one table of steps, and the only function that takes one (law 2)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from digest.errors import WrongState
from digest.issues.rows import IssueEventRow, IssueRow
from digest.issues.values import Status

# Cancelled and missed issues may be drafted again as long as no reader was mailed; see move(). A sent one
# goes on where a person has deliveries sent again that may not have arrived (digest issue unknown).
STEPS: dict[Status, frozenset[Status]] = {
    Status.DRAFT: frozenset({Status.APPROVED, Status.CANCELLED, Status.MISSED}),
    Status.APPROVED: frozenset(
        {Status.DRAFT, Status.SCHEDULED, Status.SENDING, Status.CANCELLED, Status.MISSED}
    ),
    Status.SCHEDULED: frozenset({Status.DRAFT, Status.SENDING, Status.CANCELLED, Status.MISSED}),
    Status.SENDING: frozenset({Status.SENT, Status.PAUSED}),
    Status.PAUSED: frozenset({Status.SENDING, Status.CANCELLED}),
    Status.SENT: frozenset({Status.SENDING}),
    Status.CANCELLED: frozenset({Status.DRAFT}),
    Status.MISSED: frozenset({Status.DRAFT}),
}

# What to do instead, by (what it is, what it was to become); the first alone where it does not matter.
_INSTEAD = {
    (Status.DRAFT, Status.SENDING): "approve it first: digest issue approve",
    (Status.PAUSED, None): "digest issue resume goes on, digest issue cancel ends it",
    (Status.SENT, None): "it went out; the next week's issue is a new one",
    (Status.CANCELLED, Status.APPROVED): "digest issue build drafts it anew",
    (Status.CANCELLED, Status.SENDING): "digest issue build drafts it anew",
    (Status.MISSED, Status.APPROVED): "digest issue build drafts it anew",
    (Status.MISSED, Status.SENDING): "digest issue build drafts it anew",
}


def begin(session: Session, issue: IssueRow, status: Status, *, at: datetime, reason: str) -> None:
    """Record the birth of an issue in ``status``: draft, or missed when its time had passed."""
    issue.status = status
    session.add(issue)
    session.flush()
    session.add(IssueEventRow(issue_id=issue.id, at=at, old=None, new=status, reason=reason))


def move(session: Session, issue: IssueRow, status: Status, *, at: datetime, reason: str) -> None:
    """Take one step of the table and append it to the issue's events; raise WrongState if there is none."""
    old = Status(issue.status)
    # Whoever cancels an issue that nobody was sent takes back that it was started.
    mailed_before = old is Status.CANCELLED and issue.started_at is not None
    if status not in STEPS[old] or mailed_before:
        advice = _INSTEAD.get((old, status)) or _INSTEAD.get((old, None))
        if mailed_before:
            advice = "readers already have it"
        what = f"is {old} already" if old is status else f"is {old} and cannot become {status}"
        raise WrongState(f"issue {issue.week} {what}" + (f"; {advice}" if advice else ""))
    issue.status = status
    if status is Status.SENDING and issue.started_at is None:
        issue.started_at = at
    # Not finished any more, where it goes on.
    issue.finished_at = at if status is Status.SENT else None
    session.add(IssueEventRow(issue_id=issue.id, at=at, old=old, new=status, reason=reason))


def note(session: Session, issue: IssueRow, *, at: datetime, reason: str) -> None:
    """Append an event that leaves the issue where it stands, such as why it was held back."""
    event = IssueEventRow(issue_id=issue.id, at=at, old=issue.status, new=issue.status, reason=reason)
    session.add(event)

"""Why an issue that is due does not go out, noted among its events: for the editor's mail and ``status``."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.clock import Clock
from digest.errors import DigestError
from digest.issues.life import note
from digest.issues.rows import IssueEventRow, IssueRow
from digest.issues.store import find_issue
from digest.issues.values import Status
from digest.week import Week

# How events begin that only tell of the editor's mail: nothing of the issue's own life.
MAIL = "the editor’s mail: "
# What was written before MAIL was, and meant that the editor knows.
TOLD_BEFORE = "told the editor by mail"
_HELD, _BY_LINT = "held back: ", "held back by lint: "
_WAITING = (Status.DRAFT, Status.APPROVED, Status.SCHEDULED)


def hold(session: Session, week: Week, error: DigestError, clock: Clock) -> None:
    """Note what keeps the week's issue back; the same thing once, however often it is found.

    A week without an issue, or one that has gone on meanwhile, is left alone.
    """
    # All rules and what they read with: dear, and only wanted when something is wrong.
    from digest.lint.running import LintFailed

    issue = find_issue(session, week, lock=True)
    if issue is None or issue.status not in _WAITING:
        return
    reason = f"{_BY_LINT if isinstance(error, LintFailed) else _HELD}{error}"
    last = last_step(session, issue)
    if last is None or last.reason != reason:
        note(session, issue, at=clock.now(), reason=reason)


def is_held(event: IssueEventRow) -> bool:
    """Tell whether an event says that its issue was held back."""
    return event.reason.startswith((_HELD, _BY_LINT))


def held_by_lint(event: IssueEventRow) -> bool:
    """Tell whether it was the lint that held the issue back."""
    return event.reason.startswith(_BY_LINT)


def cause(event: IssueEventRow) -> str:
    """Return what an event that ``is_held`` gives as the cause."""
    return event.reason.removeprefix(_BY_LINT).removeprefix(_HELD)


def held_because(session: Session, issue: IssueRow) -> str | None:
    """Return why the issue was held back when it was last looked at, None where it was not."""
    last = last_step(session, issue)
    return cause(last) if last is not None and is_held(last) and issue.status in _WAITING else None


def last_step(session: Session, issue: IssueRow) -> IssueEventRow | None:
    """Return the last event of the issue's own life, mails about it aside."""
    query = (
        select(IssueEventRow)
        .where(
            IssueEventRow.issue_id == issue.id,
            ~IssueEventRow.reason.startswith(MAIL, autoescape=True),
            IssueEventRow.reason != TOLD_BEFORE,
        )
        .order_by(IssueEventRow.id.desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none()

from datetime import UTC, datetime
from itertools import product

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.errors import WrongState
from digest.issues.life import STEPS, begin, move
from digest.issues.rows import IssueEventRow, IssueRow
from digest.issues.values import Status

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def issue(session: Session, status: Status) -> IssueRow:
    row = IssueRow(newsletter="weekly", week="2026-W47", seed=0, built_at=NOW)
    begin(session, row, status, at=NOW, reason="built")
    return row


def test_the_table_is_the_designs() -> None:
    assert Status.SENT in STEPS[Status.SENDING]
    assert STEPS[Status.SENT] == {Status.SENDING}, "where unknown deliveries are sent again"
    assert all(
        Status.CANCELLED in STEPS[status]
        for status in (Status.DRAFT, Status.APPROVED, Status.SCHEDULED, Status.PAUSED)
    )
    assert Status.CANCELLED not in STEPS[Status.SENDING]


@pytest.mark.parametrize(("old", "new"), list(product(Status, Status)))
def test_only_steps_of_the_table_are_taken_and_each_leaves_an_event(
    session: Session, old: Status, new: Status
) -> None:
    row = issue(session, old)
    if new in STEPS[old]:
        move(session, row, new, at=NOW, reason="because")
        expected = [(None, old, "built"), (old, new, "because")]
    else:
        with pytest.raises(WrongState, match=f"is {old} (and cannot become {new}|already)"):
            move(session, row, new, at=NOW, reason="because")
        expected = [(None, old, "built")]
    assert row.status == expected[-1][1]
    events = session.scalars(select(IssueEventRow).order_by(IssueEventRow.id))
    assert [(event.old, event.new, event.reason) for event in events] == expected


def test_an_issue_that_some_readers_have_is_never_drafted_again(session: Session) -> None:
    row = issue(session, Status.APPROVED)
    for status in (Status.SENDING, Status.PAUSED, Status.CANCELLED):
        move(session, row, status, at=NOW, reason="test")
    with pytest.raises(WrongState, match="readers already have it"):
        move(session, row, Status.DRAFT, at=NOW, reason="test")


def test_an_issue_that_goes_on_is_not_finished_until_it_is_sent_again(session: Session) -> None:
    row = issue(session, Status.APPROVED)
    for status in (Status.SENDING, Status.SENT, Status.SENDING):
        move(session, row, status, at=NOW, reason="test")
    assert (row.started_at, row.finished_at) == (NOW, None)
    move(session, row, Status.SENT, at=NOW, reason="test")
    assert row.finished_at == NOW

"""Which refusals of an issue say something of a mailbox."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from jobs.deliveries.bounces import refused_readers
from jobs.deliveries.rows import DeliveryRow
from subscribers.rows import SubscriberRow
from tests.jobs.mailing import new_mailing

pytestmark = pytest.mark.both_databases

REPLIES = {
    1: (550, "5.1.1 no such user"),
    2: (550, "no such user"),
    3: (550, "5.7.1 not from you"),
    4: (452, "gave up: 4.2.2 over quota"),
    5: (451, "gave up: 4.7.1 greylisted"),
    6: (550, "5.1.8 your domain"),
    7: (None, "not sent: the reader left the list or paused before it was sent"),
}


def test_case_23_only_refusals_of_the_mailbox_itself_are_told(tmp_path: Path) -> None:
    mailing = new_mailing(tmp_path / "digest.db", len(REPLIES))
    with mailing.database.writing() as session:
        for reader, (code, reply) in REPLIES.items():
            session.execute(
                update(DeliveryRow)
                .where(DeliveryRow.reader_id == reader)
                .values(state="failed", code=code, reply=reply)
            )
    with mailing.database.reading() as session:
        page = refused_readers(session, mailing.issue_id)
        assert page is not None
        assert page.codes == {1: "5.1.1", 4: "4.2.2"}
        assert refused_readers(session, mailing.issue_id, page.last) is None
        assert refused_readers(session, mailing.issue_id + 1) is None


def test_refusals_come_page_by_page_and_who_is_off_the_list_is_new_no_longer(tmp_path: Path) -> None:
    mailing = new_mailing(tmp_path / "digest.db", 7)
    with mailing.database.writing() as session:
        session.execute(update(DeliveryRow).values(state="failed", code=550, reply="5.1.1 no such user"))
        session.execute(update(SubscriberRow).where(SubscriberRow.id == 2).values(status="bounced"))
    found, after = [], None
    with mailing.database.reading() as session:
        while page := refused_readers(session, mailing.issue_id, after, limit=2):
            found.append(list(page.codes))
            after = page.last
    assert found == [[1, 3], [4, 5], [6, 7]]

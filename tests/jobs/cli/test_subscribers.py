"""``digest subscribers`` as it is put together with the other rooms."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from digest.catalogue.store import ids_by_slug
from digest.catalogue.values import Verdict
from digest.clock import FixedClock, SystemClock
from digest.db import Database
from digest.issues.building import build_issue
from digest.issues.rows import EditionRow
from digest.votes import store as votes
from digest.votes.rows import SavedRow, VoteRow
from digest.week import Week
from jobs.cli import cli
from jobs.deliveries.audience import freeze_audience
from jobs.deliveries.rows import DeliveryRow
from jobs.keeping import categories
from subscribers.audience import audience_select
from subscribers.store import find
from subscribers.values import Status
from tests.factories import DESK
from tests.stock import NOW, stock_pair, stock_readers

WEEK = Week.parse("2026-W47")
FROZEN = dict.fromkeys(
    ("subject", "preheader", "html", "text", "mjml", "sentinel", "content_hash"), "as it was frozen"
)


@pytest.fixture
def public_id(database: Database) -> str:
    """A reader who has voted, and saved a tool."""
    with database.writing() as session:
        [address] = stock_readers(session, 1)
        stock_pair(session)
        row = find(session, address)
        assert row is not None
        [tool_id] = ids_by_slug(session, ["loupe"]).values()
        votes.cast(session, row.public_id, tool_id, Verdict.SHIP)
        votes.save(session, row.public_id, tool_id, NOW)
        return row.public_id


def run(database: Database, *words: str) -> str:
    environment = {"DIGEST_DATABASE_URL": str(database.url), "DIGEST_SECRET_KEY": "a secret for tests only"}
    result = CliRunner().invoke(cli, ["subscribers", *words], env=environment, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_erasing_leaves_a_vote_that_counts_but_is_nobodys(database: Database, public_id: str) -> None:
    run(database, "erase", "reader000@example.com")
    with database.reading() as session:
        assert session.execute(select(VoteRow.reader, VoteRow.verdict)).all() == [(None, "ship")]
        assert session.scalars(select(SavedRow.reader)).all() == []
    assert database.file is not None
    assert public_id.encode() not in database.file.read_bytes()


@pytest.mark.usefixtures("public_id")
def test_a_paused_reader_is_shown_as_paused_until_the_day_comes(database: Database) -> None:
    now = SystemClock().now()
    for until, status in ((now + timedelta(days=1), "paused"), (now, "confirmed")):
        with database.writing() as session:
            row = find(session, "reader000@example.com")
            assert row is not None
            row.status, row.paused_until = Status.PAUSED, until
        assert json.loads(run(database, "show", "reader000@example.com", "--json"))["status"] == status
        assert [reader["status"] for reader in json.loads(run(database, "list", "--json"))] == [status]
        assert json.loads(run(database, "stats", "--json"))[status] == 1
        assert run(database, "export").endswith(f",{status}\n")
        assert ("reader000" in run(database, "list", "--status", "paused")) is (status == "paused")


def test_an_issue_that_went_to_a_reader_is_in_their_story(database: Database) -> None:
    with database.writing() as session:
        stock_pair(session)
        stock_readers(session, 2)
        issue = build_issue(session, WEEK, DESK, FixedClock(NOW)).issue
        edition = EditionRow(**FROZEN, issue_id=issue.id, name="de-1", frozen_at=NOW)
        session.add(edition)
        session.flush()
        freeze_audience(session, issue.id, audience_select(NOW), NOW, {("en", ""): edition.id})
        first = session.scalars(select(DeliveryRow).order_by(DeliveryRow.id)).first()
        assert first is not None
        first.state, first.code, first.reply = "sent", 250, "2.0.0 taken"
    told = json.loads(run(database, "show", "reader000@example.com", "--json"))["timeline"]
    assert [line["detail"] for line in told if line["what"] == "issue"] == [
        {"week": "2026-W47", "edition": "de-1", "state": "sent", "code": 250, "reply": None}
    ]
    assert "2026-W47, de-1, pending" in run(database, "show", "reader001@example.com")


def test_the_tools_categories_are_parts_of_the_list(database: Database, public_id: str) -> None:
    del public_id
    with database.reading() as session:
        [category, *_] = categories(session)
    assert "reader000" in run(database, "export", "--interest", category.lower())

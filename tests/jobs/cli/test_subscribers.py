"""``digest subscribers`` as it is put together with the other rooms."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from digest.catalogue.store import ids_by_slug
from digest.catalogue.values import Verdict
from digest.clock import SystemClock
from digest.db import Database
from digest.votes import store as votes
from digest.votes.rows import SavedRow, VoteRow
from jobs.cli import cli
from subscribers.store import find
from subscribers.values import Status
from tests.stock import NOW, stock_pair, stock_readers


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

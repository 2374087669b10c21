"""The list as a file: safe for spreadsheets, whole or not there, and able to come back."""

from __future__ import annotations

import csv
import io
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from digest.clock import FixedClock
from digest.db import Database
from digest.errors import BadInput
from subscribers import store
from subscribers.addresses import clean_name
from subscribers.moving.exporting import write_csv, write_jsonl
from subscribers.moving.files import CannotWrite, whole_file
from subscribers.moving.importing import import_file
from subscribers.rows import SubscriberRow, SuppressionRow
from subscribers.store import Part
from subscribers.values import Reader, Status
from tests.stock import NOW
from tests.subscribers.moving.conftest import Load, everyone

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def name_that_may_be(text: str) -> bool:
    try:
        return clean_name(text) == text
    except BadInput:
        return False


names = (
    st.none()
    | st.text(max_size=40).filter(name_that_may_be)
    | st.sampled_from(["=1+1", "'=x", "'a'", "-", "@you"])
)
readers = st.lists(st.tuples(names, st.sampled_from(Status)).map(tuple), min_size=1, max_size=30).map(
    lambda found: [
        Reader(f"id{at}", f"r{at}@example.com", name, status, AT) for at, (name, status) in enumerate(found)
    ]
)


@given(readers)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_exported_comes_back_as_it_was(
    database: Database, clock: FixedClock, keys: tuple[str, ...], readers: list[Reader]
) -> None:
    with database.writing() as session:
        for table in (SubscriberRow, SuppressionRow):
            session.execute(delete(table))
    exported = io.StringIO(newline="")
    write_csv(readers, exported)
    import_file(database, io.BytesIO(exported.getvalue().encode()), "x.csv", clock=clock, keys=keys)
    assert everyone(database) == [(one.email, one.name, one.status.value) for one in readers]
    again = io.StringIO(newline="")
    with database.reading() as session:
        write_csv(store.readers(session, NOW), again)
    assert again.getvalue() == exported.getvalue()


def test_case_20_cells_a_spreadsheet_would_run_are_made_inert() -> None:
    exported = io.StringIO(newline="")
    names = ['=HYPERLINK("http://x")', "+1", "-1", "@you", "\t=1", "'=1", "Ann"]
    write_csv([Reader("i", "a@b.org", name, Status.CONFIRMED, AT) for name in names], exported)
    cells = [row[1] for row in csv.reader(io.StringIO(exported.getvalue()))][1:]
    assert cells == ['\'=HYPERLINK("http://x")', "'+1", "'-1", "'@you", "'\t=1", "''=1", "Ann"]


def test_json_lines_have_the_words_of_the_interface() -> None:
    exported = io.StringIO()
    write_jsonl([Reader("id1", "ann@example.com", "Zoë", Status.PAUSED, AT)], exported)
    assert exported.getvalue().endswith("}\n")
    assert json.loads(exported.getvalue()) == {
        "id": "id1",
        "email": "ann@example.com",
        "name": "Zoë",
        "status": "paused",
        "joined_at": "2026-11-20T09:00:00+00:00",
        "paused_until": None,
    }


@pytest.mark.parametrize(
    ("part", "found"),
    [
        (Part(), ["all", "two", "agents", "gone"]),
        (Part(Status.CONFIRMED), ["all", "two", "agents"]),
        (Part(interest="AI Agents"), ["all", "two", "agents", "gone"]),
        (Part(interest="100% Local_Models"), ["all", "two", "gone"]),
        (Part(interest="Agents"), ["all", "gone"]),
        (Part(language="de"), ["two"]),
        (Part(Status.CONFIRMED, "AI Agents", "en"), ["all", "agents"]),
    ],
)
def test_a_part_is_chosen_by_status_interest_and_language(
    load: Load, database: Database, part: Part, found: list[str]
) -> None:
    load("email,status\nall@b.org,\ntwo@b.org,\nagents@b.org,\ngone@b.org,unsubscribed\n")
    chosen = {"two@b.org": "100% Local_Models\nAI Agents", "agents@b.org": "AI Agents"}
    with database.writing() as session:
        for email, interests in chosen.items():
            wanted = update(SubscriberRow).where(SubscriberRow.address_key == email)
            session.execute(wanted.values(interests=interests, language="de" if "two" in email else "en"))
    with database.reading() as session:
        emails = [reader.email for reader in store.readers(session, NOW, part)]
    assert emails == [f"{name}@b.org" for name in found]


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "readers.csv"
    path.write_text("the one before")
    with pytest.raises(ZeroDivisionError), whole_file(str(path)) as file:
        file.write("half")
        # A process that is killed here leaves nothing behind that nobody would know of.
        assert [one.name for one in tmp_path.iterdir()] == ["readers.csv"]
        raise ZeroDivisionError
    assert [one.name for one in tmp_path.iterdir()] == ["readers.csv"]
    assert path.read_text() == "the one before"
    with whole_file(str(path)) as file:
        file.write("all\n")
    assert path.read_text() == "all\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_where_a_file_must_have_a_name_it_gets_one_nobody_can_guess(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "O_TMPFILE", os.O_DIRECTORY)
    with whole_file(str(tmp_path / "readers.csv")) as file:
        file.write("all\n")
        [draft] = tmp_path.iterdir()
        assert draft.name.endswith(".part")
    assert [one.name for one in tmp_path.iterdir()] == ["readers.csv"]


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere" / "readers.csv"
    with pytest.raises(CannotWrite, match="No such file or directory"), whole_file(str(missing)):
        pass

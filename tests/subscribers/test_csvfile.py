"""The readers' CSV: what goes in, what is left out and why, and that what comes out can go in again."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from itertools import chain

import pytest

from digest.clock import FixedClock
from digest.db import Database
from digest.errors import BadInput
from subscribers import csvfile, leaving, store
from subscribers.addresses import parse_address
from subscribers.csvfile import ImportReport
from subscribers.joining import Answer
from subscribers.rows import SubscriberRow
from subscribers.values import Reader, Reason, Status
from tests.stock import NOW

Load = Callable[[str | bytes], ImportReport]
RowOf = Callable[..., SubscriberRow | None]


@pytest.fixture
def load(database: Database, clock: FixedClock, keys: tuple[str, ...]) -> Load:
    """Import a file of this content, called readers.csv, in one transaction."""

    def import_csv(content: str | bytes) -> ImportReport:
        raw = content.encode() if isinstance(content, str) else content
        with database.writing() as session:
            return csvfile.import_csv(session, io.BytesIO(raw), "readers.csv", clock=clock, keys=keys)

    return import_csv


@pytest.fixture
def everybody(database: Database) -> Callable[[], list[tuple[str, str | None, str]]]:
    """Return (email, name, status) of the whole list."""

    def everyone() -> list[tuple[str, str | None, str]]:
        with database.reading() as session:
            return [
                (reader.email, reader.name, reader.status.value) for reader in store.readers(session, NOW)
            ]

    return everyone


Everybody = Callable[[], list[tuple[str, str | None, str]]]


def test_columns_come_in_any_order_and_case_and_only_email_is_needed(
    load: Load, everybody: Everybody
) -> None:
    assert load("NAME, E-Mail ,Shoe size\nAnn,ann@example.com,38\n,ben@example.com,44\n").added == 2
    assert load("email\ncy@example.com\n").added == 1
    assert everybody() == [
        ("ann@example.com", "Ann", "confirmed"),
        ("ben@example.com", None, "confirmed"),
        ("cy@example.com", None, "confirmed"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffemail,name\r\nann@example.com,Ann\r\n",
        'email,name\n\n"ann@example.com","Ann"',
        "email,name\rann@example.com,Ann\r",
        "email,name\r\rann@example.com,Ann",
    ],
)
def test_what_spreadsheets_write_is_read(load: Load, everybody: Everybody, content: str) -> None:
    assert load(content).added == 1
    assert everybody() == [("ann@example.com", "Ann", "confirmed")]


def test_a_long_file_whose_lines_end_in_cr_is_read_with_its_line_numbers(load: Load) -> None:
    rows = "".join(f"reader{number:05d}@example.com\r" for number in range(10_000))
    report = load(f"email\r{rows}nobody\r")
    assert report.added == 10_000
    assert [problem.split(" ")[0] for problem in report.problems] == ["readers.csv:10002:"]


@pytest.mark.parametrize("length", range(65_530, 65_540))
def test_crlf_is_one_line_end_wherever_a_block_is_cut(load: Load, length: int) -> None:
    filler = "x" * (length - len("email,note\r"))
    report = load(f"email,note\r{filler}\r\nann@example.com\r\n")
    assert (report.added, [problem.split(" ")[0] for problem in report.problems]) == (1, ["readers.csv:2:"])


def test_every_status_can_be_brought_along(
    load: Load, everybody: Everybody, queued: Callable[[], list[str]]
) -> None:
    rows = "".join(f"{status}@example.com,{status.upper()}\n" for status in Status)
    assert load("email,status\n" + rows).added == len(Status)
    assert [status for _, _, status in everybody()] == [status.value for status in Status]
    assert queued() == [], "an import sends no mail"


def test_imported_bounces_and_complaints_are_suppressed(load: Load, ask: Callable[..., Answer]) -> None:
    load(
        "email,status\ngone@example.com,bounced\nangry@example.com,complained\nleft@example.com,unsubscribed\n"
    )
    assert ask("gone@example.com") is Answer.SUPPRESSED
    assert ask("angry@example.com") is Answer.SUPPRESSED
    assert ask("left@example.com") is Answer.QUEUED


def test_broken_rows_are_left_out_with_file_line_and_reason(load: Load, everybody: Everybody) -> None:
    report = load(
        "email,name,status\n"
        "ann@example.com,Ann,\n"
        "not an address,,\n"
        "-oQ/tmp@b.org,,\n"
        'ben@example.com,"two\nlines",\n'
        "cy@example.com,,asleep\n"
        "dee@example.com,,,,\n"
        ",Nobody,\n"
        "eve@example.com,Eve\n"
    )
    assert (report.added, report.broken) == (2, 6)
    places = [problem.split(" ")[0] for problem in report.problems]
    assert places == [f"readers.csv:{line}:" for line in (3, 4, 5, 7, 8, 9)]
    assert "one line" in report.problems[2]
    assert "there is no status 'asleep'; use pending, confirmed" in report.problems[3]
    assert "5 cells under a header of 3" in report.problems[4]
    assert [email for email, _, _ in everybody()] == ["ann@example.com", "eve@example.com"]


def test_a_long_list_of_problems_is_counted_but_not_kept(load: Load) -> None:
    report = load("email\n" + "nobody\n" * 5000)
    assert report.broken == 5000
    assert len(report.problems) == csvfile.MOST_PROBLEMS


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "readers.csv: the file is empty"),
        (b"\n\n", "readers.csv: the file is empty"),
        (b"ann@example.com\nben@example.com\n", "readers.csv:1: there is no column email"),
        (b"email;name\nann@example.com;Ann\n", "readers.csv:1: .* separate the columns with commas"),
        (b"email,email\na@example.com,b@example.com\n", "readers.csv:1: there are two columns email"),
        (
            "email,name\nann@example.com,Ann\nzoe@example.com,Zoë\n".encode("latin-1"),
            "readers.csv:3: this is not UTF-8",
        ),
        ("email\nann@example.com\n".encode("utf-16"), "readers.csv:1: this is not a text file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "readers.csv:1: this is not"),
        (b"email\nann@example.com\n\x00\n", "readers.csv:3: this is not a text file"),
        (b"email\n" + b"a" * 70_000, "readers.csv:2: this is not a text file"),
        (b'email\nann@example.com\n"ben@example.com\n', "readers.csv:3: this is not CSV"),
        (b'email\nann@example.com\n"ben"@example.com\n', "readers.csv:3: this is not CSV"),
    ],
)
def test_what_is_no_such_file_is_refused_and_nothing_of_it_stored(
    load: Load, everybody: Everybody, content: bytes, complaint: str
) -> None:
    with pytest.raises(BadInput, match=complaint):
        load(content)
    assert everybody() == []


def test_an_import_never_wakes_anybody(
    load: Load, database: Database, clock: FixedClock, keys: tuple[str, ...], everybody: Everybody
) -> None:
    load("email,status\nleft@example.com,unsubscribed\nwaits@example.com,pending\nrests@example.com,paused\n")
    with database.writing() as session:
        leaving.suppress(session, parse_address("no@example.com"), Reason.OPERATOR, clock=clock, keys=keys)
    report = load("email\nleft@example.com\nwaits@example.com\nrests@example.com\nno@example.com\n")
    assert (report.added, report.known, report.suppressed) == (0, 3, 1)
    assert report.problems == ["readers.csv:5: this address is suppressed (operator)"]
    assert [status for _, _, status in everybody()] == ["unsubscribed", "pending", "paused"]


def test_an_import_silences_those_who_left_elsewhere(load: Load, everybody: Everybody) -> None:
    load("email\nann@example.com\nben@example.com\n")
    report = load("email,status\nANN@example.com,unsubscribed\nben@example.com,bounced\n")
    assert (report.added, report.silenced) == (0, 2)
    assert [status for _, _, status in everybody()] == ["unsubscribed", "bounced"]


def test_readers_twice_in_a_file_are_counted_near_and_far(load: Load, everybody: Everybody) -> None:
    far = "".join(f"r{number}@example.com\n" for number in range(2500))
    report = load("email\nann@example.com\nAnn@EXAMPLE.com\n" + far + "ann@example.com\n")
    assert (report.added, report.duplicates, report.known) == (2501, 2, 0)
    assert len(everybody()) == 2501


def test_of_two_rows_for_one_reader_the_one_that_silences_wins(load: Load, everybody: Everybody) -> None:
    load("email,status\nann@example.com,confirmed\nann@example.com,unsubscribed\nann@example.com,confirmed\n")
    assert everybody() == [("ann@example.com", None, "unsubscribed")]


def test_importing_twice_changes_nothing(load: Load, everybody: Everybody) -> None:
    content = "email,name\nann@example.com,Ann\nben@example.com,Ben\n"
    load(content)
    before = everybody()
    assert load(content).known == 2
    assert everybody() == before


def test_twenty_thousand_rows_stream_in_seconds(
    database: Database, clock: FixedClock, keys: tuple[str, ...]
) -> None:
    class Pipe:
        """A file that never exists as a whole."""

        def __init__(self) -> None:
            rows = (f"reader{number}@example.com,Reader {number}\n".encode() for number in range(20_000))
            self.lines = chain([b"email,name\n"], rows)

        def readline(self, size: int, /) -> bytes:
            return next(self.lines, b"")

    started = time.monotonic()
    with database.writing() as session:
        report = csvfile.import_csv(session, Pipe(), "pipe", clock=clock, keys=keys)
    assert report.added == 20_000
    assert time.monotonic() - started < 30


def test_an_export_can_be_imported_again(load: Load, clock: FixedClock, everybody: Everybody) -> None:
    names = ["Ann", "=1+1", "'quoted'", "'=x", 'A "B", C', "-", "+1", "@you", "Zoë"]
    exported = io.StringIO()
    csvfile.write_csv(
        [
            Reader(f"id{at}", f"r{at}@example.com", name, Status.CONFIRMED, clock.at)
            for at, name in enumerate(names)
        ],
        exported,
    )
    load(exported.getvalue())
    assert [name for _, name, _ in everybody()] == names


def test_cells_a_spreadsheet_would_run_are_made_inert(load: Load, database: Database) -> None:
    load('email,name\nann@example.com,"=HYPERLINK(""http://x"")"\n')
    exported = io.StringIO()
    with database.reading() as session:
        csvfile.write_csv(store.readers(session, NOW), exported)
    assert (
        exported.getvalue() == 'email,name,status\nann@example.com,"\'=HYPERLINK(""http://x"")",confirmed\n'
    )

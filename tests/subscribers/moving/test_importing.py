"""A file of readers onto the list: what comes in, what is left out and why, and doing it again."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from digest.clock import FixedClock
from digest.db import Database
from digest.errors import BadInput
from subscribers import leaving, store
from subscribers.addresses import parse_address
from subscribers.history import history
from subscribers.joining import Answer
from subscribers.moving import importing
from subscribers.moving.rejects import MOST_PROBLEMS
from subscribers.rows import SubscriberRow
from subscribers.values import Reason, Status
from tests.subscribers.moving.conftest import Everybody, Load, everyone, loader

RowOf = Callable[..., SubscriberRow | None]


def places(problems: Sequence[str]) -> list[str]:
    return [problem.partition(" ")[0] for problem in problems]


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "PIECE", 7)


def test_columns_come_in_any_order_and_case_and_only_email_is_needed(
    load: Load, everybody: Everybody
) -> None:
    assert load("NAME, E-Mail ,Shoe size\nAnn,ann@example.com,38\n,ben@example.com,44\n").added.total() == 2
    assert load("email\ncy@example.com\n").added.total() == 1
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
    assert load(content).added.total() == 1
    assert everybody() == [("ann@example.com", "Ann", "confirmed")]


def test_a_long_file_whose_lines_end_in_cr_is_read_with_its_line_numbers(load: Load) -> None:
    rows = "".join(f"reader{number:05d}@example.com\r" for number in range(10_000))
    report = load(f"email\r{rows}nobody\r")
    assert report.added.total() == 10_000
    assert places(report.problems) == ["readers.csv:10002:"]


@pytest.mark.parametrize("length", range(65_530, 65_540))
def test_crlf_is_one_line_end_wherever_a_block_is_cut(load: Load, length: int) -> None:
    filler = "x" * (length - len("email,note\r"))
    report = load(f"email,note\r{filler}\r\nann@example.com\r\n")
    assert (report.added.total(), places(report.problems)) == (1, ["readers.csv:2:"])


def test_every_status_can_be_brought_along(
    load: Load, everybody: Everybody, queued: Callable[[], list[str]]
) -> None:
    rows = "".join(f"{status}@example.com,{status.upper()}\n" for status in Status)
    assert load("email,status\n" + rows).added == dict.fromkeys(Status, 1)
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
        "dee@example.com,,,,x\n"
        ",Nobody,\n"
        "eve@example.com,Eve,\n"
    )
    assert (report.added.total(), report.broken) == (2, 6)
    assert places(report.problems) == [f"readers.csv:{line}:" for line in (3, 4, 5, 7, 8, 9)]
    assert "one line" in report.problems[2]
    assert "there is no status 'asleep'; use pending, confirmed" in report.problems[3]
    assert "5 cells under a header of 3" in report.problems[4]
    assert [email for email, _, _ in everybody()] == ["ann@example.com", "eve@example.com"]


def test_a_long_list_of_problems_is_counted_but_not_kept(load: Load) -> None:
    report = load("email\nann@example.com\n" + "nobody\n" * 5000)
    assert report.broken == 5000
    assert len(report.problems) == MOST_PROBLEMS


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "readers.csv: the file is empty"),
        (b"\n\n", "readers.csv: the file is empty"),
        (b"email,name\n", "readers.csv: there are no readers under the header"),
        (b"ann@example.com\nben@example.com\n", "readers.csv:1: the first line is a reader already"),
        (b"phone,name\n1,Ann\n", "readers.csv:1: there is no column email .* --map email=COLUMN"),
        (b"email,email\na@example.com,b@example.com\n", "readers.csv:1: there are two columns 'email'"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "readers.csv:1: there is no column email"),
        (b"\x7fELF\x00\x00", "readers.csv:1: .* is not text"),
        (b"e" * 70_000, "readers.csv:1: the line has more than 65,536 characters"),
        (b'"email\nann@example.com\n', "readers.csv:1: this is not CSV"),
        (",".join(f"column {at}" for at in range(100_000)).encode(), "readers.csv:1: the line has more than"),
        (b"email\nnobody\n\0\n", "readers.csv: not one of 2 rows could be used, .* the first: .* @-sign"),
    ],
)
def test_what_is_no_such_file_is_refused_and_nothing_of_it_stored(
    load: Load, everybody: Everybody, content: bytes, complaint: str
) -> None:
    with pytest.raises(BadInput, match=complaint):
        load(content)
    assert everybody() == []


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"a\0b@example.com", "NUL"),
        (b"a" * 70_000, "more than 65,536 characters"),
        (b'"ben@example.com', "a quoted cell is never closed"),
        (b'"ben"@example.com', "this is not CSV"),
        (b"x" + b",x" * 30_000, "30001 cells under a header of 2"),
        (b"zo\xeb\x81@example.com", "neither UTF-8 nor Windows-1252"),
    ],
)
def test_a_hostile_row_costs_no_other_row(load: Load, everybody: Everybody, bad: bytes, reason: str) -> None:
    rows = b"".join(b"r%d@example.com,R\n" % number for number in range(300))
    report = load(b"email,name\nann@example.com,Ann\n" + bad + b"\n" + rows)
    assert (report.added.total(), report.broken) == (301, 1)
    assert places(report.problems) == ["readers.csv:3:"]
    assert reason in report.problems[0]


def test_case_20_line_breaks_and_addresses_that_are_commands_are_left_out(
    load: Load, everybody: Everybody
) -> None:
    report = load(
        "email,name\n"
        '"ann@example.com\nBcc: all@example.com",Ann\n'
        'ben@example.com,"Ben\r\nBcc: all@example.com"\n'
        "-oQ/tmp@b.org,\n"
        "=cmd|x@b.org,\n"
        f"{'x' * 65}@b.org,\n"
        "cy@example.com,Cy\n"
    )
    assert everybody() == [("cy@example.com", "Cy", "confirmed")]
    assert places(report.problems) == [f"readers.csv:{line}:" for line in (2, 4, 6, 7, 8)]


def test_an_import_never_wakes_anybody(
    load: Load, database: Database, clock: FixedClock, keys: tuple[str, ...], everybody: Everybody
) -> None:
    load("email,status\nleft@example.com,unsubscribed\nwaits@example.com,pending\nrests@example.com,paused\n")
    with database.writing() as session:
        leaving.suppress(session, parse_address("no@example.com"), Reason.OPERATOR, clock=clock, keys=keys)
    report = load("email\nleft@example.com\nwaits@example.com\nrests@example.com\nno@example.com\n")
    assert (report.added.total(), report.known, report.suppressed) == (0, 3, 1)
    assert report.problems == ["readers.csv:5: this address is suppressed (operator)"]
    assert [status for _, _, status in everybody()] == ["unsubscribed", "pending", "paused"]


def test_an_import_silences_those_who_left_elsewhere(load: Load, everybody: Everybody) -> None:
    load("email\nann@example.com\nben@example.com\n")
    report = load("email,status\nANN@example.com,unsubscribed\nben@example.com,bounced\n")
    assert (report.added.total(), report.silenced) == (0, 2)
    assert [status for _, _, status in everybody()] == ["unsubscribed", "bounced"]


def test_readers_twice_in_a_file_are_counted_near_and_far(load: Load, everybody: Everybody) -> None:
    far = "".join(f"r{number}@example.com\n" for number in range(2500))
    report = load("email\nann@example.com\nAnn@EXAMPLE.com\n" + far + "ann@example.com\n")
    assert (report.added.total(), report.duplicates, report.known) == (2501, 2, 0)
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


def test_a_second_import_does_not_bring_back_who_left(load: Load, everybody: Everybody) -> None:
    load("email,status\nann@example.com,unsubscribed\nben@example.com,cleaned\n")
    report = load("email\nann@example.com\nben@example.com\n")
    assert (report.added.total(), report.known, report.suppressed) == (0, 1, 1)
    assert [status for _, _, status in everybody()] == ["unsubscribed", "bounced"]


def test_a_file_of_those_who_bounced_can_be_imported_again(load: Load) -> None:
    content = "email,status\nann@example.com,bounced\nben@example.com,complained\n"
    load(content)
    report = load(content)
    assert (report.known, report.suppressed, report.broken) == (2, 0, 0)


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.both_databases
def test_a_dry_run_counts_as_the_import_does_and_stores_nothing(
    database: Database, clock: FixedClock, keys: tuple[str, ...]
) -> None:
    load = loader(database, clock, keys)
    load("email,status\nold@example.com,\ngone@example.com,bounced\nhere@example.com,\n")
    rows = "".join(
        f"r{number % 60}@example.com,,{'unsubscribed' * (number % 7 == 0)}\n" for number in range(90)
    )
    known = "old@example.com,,unsubscribed\ngone@example.com,,\nnobody,,\nhere@example.com\n"
    content = f"email,name,status\n{known}{rows}"
    before = everyone(database)
    foretold = load(content, dry_run=True)
    assert everyone(database) == before
    happened = load(content)
    for name in ("added", "known", "silenced", "duplicates", "suppressed", "broken", "problems"):
        assert getattr(foretold, name) == getattr(happened, name), name
    assert (happened.added.total(), happened.silenced, happened.duplicates) == (60, 1, 30)


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.both_databases
def test_every_database_ends_with_the_same_list(
    database: Database, clock: FixedClock, keys: tuple[str, ...]
) -> None:
    load = loader(database, clock, keys)
    load(
        "email,name\nAnn@Example.com,Ann\nben@example.com,\\N\n"
        + "".join(f"r{n}@example.com\n" for n in range(20))
    )
    load("email,status\nann@example.com,complained\nben@example.com,unsubscribed\nnew@example.com,bounced\n")
    report = load(
        "email\nann@example.com\nben@example.com\nnew@example.com\nr3@example.com\nlast@example.com\n"
    )
    assert (report.added.total(), report.known, report.suppressed) == (1, 2, 2)
    found = everyone(database)
    assert found[:2] == [("Ann@example.com", "Ann", "complained"), ("ben@example.com", "\\N", "unsubscribed")]
    assert sorted(email for email, _, _ in found[2:]) == sorted(
        [*(f"r{n}@example.com" for n in range(20)), "new@example.com", "last@example.com"]
    )


def test_a_file_of_one_piece_keeps_its_order_and_a_larger_one_is_sorted(
    load: Load, everybody: Everybody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "PIECE", 3)
    load("email\nc@b.org\nb@b.org\na@b.org\n")
    assert [email for email, _, _ in everybody()] == ["c@b.org", "b@b.org", "a@b.org"]
    load("email\nz@b.org\ny@b.org\nx@b.org\nw@b.org\n")
    assert [email for email, _, _ in everybody()][3:] == ["w@b.org", "x@b.org", "y@b.org", "z@b.org"]


@pytest.mark.both_databases
def test_consent_and_timeline_say_where_a_reader_came_from(
    database: Database, clock: FixedClock, keys: tuple[str, ...]
) -> None:
    load = loader(database, clock, keys)
    header = (
        "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LEID"
    )
    load(
        f"{header}\nann@example.com,Ann,Lee,2,2018-02-05 19:28:22,192.0.2.7,2018-02-05 19:28:23,192.0.2.7,1\n"
    )
    load("email,status\nann@example.com,unsubscribed\n")
    with database.reading() as session:
        row = store.find(session, "ann@example.com")
        assert row is not None
        told = [(line.what, line.detail) for line in history(session, row)]
    assert row.consent == "import from Mailchimp export on 2026-11-20, opted in 2018-02-05 19:28:23 UTC"
    assert f"{row.confirmed_at:%Y-%m-%d %H:%M}" == "2018-02-05 19:28"
    assert (row.joined_at, row.left_at, row.every_weeks, row.language) == (clock.at, clock.at, 1, "en")
    assert told == [
        ("confirmed", {}),
        ("joined", {"by": row.consent}),
        ("imported", {"from": "plain list", "as": "unsubscribed"}),
    ]


def test_who_left_elsewhere_gets_no_confirmation_that_still_waits(
    load: Load, ask: Callable[..., Answer], queued: Callable[[], list[str]]
) -> None:
    ask("ann@example.com")
    load("email,status\nann@example.com,unsubscribed\n")
    assert queued() == ["cancelled"]


def test_every_reader_has_an_id_of_their_own(load: Load, database: Database) -> None:
    load("email\n" + "".join(f"r{number}@example.com\n" for number in range(500)))
    with database.reading() as session:
        ids = session.scalars(select(SubscriberRow.public_id)).all()
    assert len(set(ids)) == 500
    assert {len(one) for one in ids} == {22}


def test_what_is_left_out_can_be_mended_and_imported(
    load: Load, everybody: Everybody, tmp_path: Path
) -> None:
    rejects = tmp_path / "readers.rejects.csv"
    report = load(
        'email,name\nann@example.com,Ann\n=cmd|x@b.org,"=HYPERLINK(""http://x"")"\n@@,Ben\n',
        rejects=str(rejects),
    )
    assert report.rejects == str(rejects)
    assert rejects.stat().st_mode & 0o777 == 0o600
    with rejects.open(newline="") as file:
        header, first, second = csv.reader(file)
    assert header == ["line", "reason", "email", "name"]
    assert (first[0], first[2:]) == ("3", ["'=cmd|x@b.org", '\'=HYPERLINK("http://x")'])
    assert (second[0], second[2:]) == ("4", ["'@@", "Ben"])
    mended = rejects.read_text().replace("'@@", "ben@example.com").replace("'=cmd|x@b.org", "cy@example.com")
    assert load(mended, rejects=str(rejects)).added.total() == 2
    assert everybody()[1:] == [
        ("cy@example.com", '=HYPERLINK("http://x")', "confirmed"),
        ("ben@example.com", "Ben", "confirmed"),
    ]


def test_nothing_left_out_makes_no_file(load: Load, tmp_path: Path) -> None:
    report = load("email\nann@example.com\n", rejects=str(tmp_path / "rejects.csv"))
    assert report.rejects is None
    assert list(tmp_path.glob("*rejects*")) == []


def test_progress_counts_the_bytes_read(load: Load) -> None:
    content = "email\n" + "".join(f"r{number}@example.com\n" for number in range(5000))
    seen: list[int] = []
    load(content, progress=seen.append)
    assert seen[-1] == len(content)


def test_a_row_cut_off_before_what_decides_is_left_out(load: Load, everybody: Everybody) -> None:
    report = load(
        "email,name,status,city,country\n"
        "ann@example.com,Ann\n"
        "ben@example.com\n"
        "cy@example.com,Cy,unsubscribed\n"
        "dee@example.com,Dee,,Berlin\n"
    )
    assert report.broken == 2
    assert report.problems[0] == "readers.csv:2: the row ends after 2 of 5 cells, before its status"
    assert everybody() == [("cy@example.com", "Cy", "unsubscribed"), ("dee@example.com", "Dee", "confirmed")]


def test_a_row_of_a_service_cut_off_before_its_consent_is_left_out(load: Load) -> None:
    header = "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,LAST_CHANGED,LEID,EUID"
    report = load(f"{header}\nann@example.com,Ann\nben@example.com,Ben,2,,2018-02-05 19:28:23\n")
    assert (report.added.total(), report.broken) == (1, 1)
    assert report.problems == ["readers.csv:2: the row ends after 2 of 8 cells, before its CONFIRM_TIME"]


def test_who_never_confirmed_is_told_apart_from_what_is_broken(load: Load) -> None:
    report = load(
        "email,status\nann@example.com,active\nben@example.com,unconfirmed\ncy@example.com,asleep\nnobody,\n"
    )
    assert (report.added.total(), report.unconfirmed, report.broken) == (1, 1, 2)
    with pytest.raises(BadInput, match=r"not one of 1 rows could be used, .* never confirmed"):
        load("email,status\nben@example.com,unconfirmed\n")

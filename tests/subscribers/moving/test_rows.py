"""CSV as programs write it; a broken row is told of with its line and costs no other."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import BadInput
from subscribers.moving.formats import knows
from subscribers.moving.lines import Lines
from subscribers.moving.rows import Rows

Refused = list[tuple[int, str, Sequence[str]]]


def read(text: str) -> tuple[Rows, list[tuple[int, list[str]]], Refused]:
    refused: Refused = []
    rows = Rows(
        Lines(io.BytesIO(text.encode())),
        "x.csv",
        lambda cells: knows(cells, {}),
        lambda line, reason, cells: refused.append((line, reason, cells)),
    )
    return rows, [(rows.line, cells) for cells in rows], refused


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_found(separator: str) -> None:
    rows, found, _ = read(f"email{separator}name\na@b.org{separator}Lee, Ann; Dr\n".replace(", Ann; Dr", ""))
    assert (rows.separator, found) == (separator, [(2, ["a@b.org", "Lee"])])


def test_a_comma_in_a_header_of_semicolons_is_no_separator() -> None:
    rows, _, _ = read('email;"name, first, last, middle";x\n')
    assert rows.header == ["email", "name, first, last, middle", "x"]


def test_excels_own_first_line_is_no_header() -> None:
    rows, found, _ = read("sep=;\nemail;name\na@b.org;Ann\n")
    assert (rows.header, rows.header_line, found) == (["email", "name"], 2, [(3, ["a@b.org", "Ann"])])


def test_a_quoted_cell_may_hold_line_ends_and_rows_keep_their_line_numbers() -> None:
    _, found, refused = read('email,note\na@b.org,"one\ntwo\nthree"\n\n  \nb@b.org,x\n')
    assert found == [(2, ["a@b.org", "one\ntwo\nthree"]), (7, ["b@b.org", "x"])]
    assert refused == []


def test_a_quote_that_nobody_closed_costs_one_row() -> None:
    rows = "".join(f"r{number}@b.org,x\n" for number in range(150))
    _, found, refused = read(f'email,note\na@b.org,"open\n{rows}')
    assert [line for line, _ in found] == list(range(3, 153))
    assert refused == [(2, "this is not CSV: a quoted cell is never closed", ('a@b.org,"open',))]


def test_two_open_quotes_near_the_end_cost_the_row_they_swallow() -> None:
    _, found, refused = read('email,note\na@b.org,"open\nb@b.org,x\nc@b.org,"open\nd@b.org,x\n')
    assert [cells[0] for _, cells in found] == ["b@b.org", "d@b.org"]
    assert [line for line, _, _ in refused] == [2, 4]


def test_a_bad_line_within_an_open_quote_gives_the_others_back() -> None:
    _, found, refused = read('email,note\na@b.org,"open\nb@b.org,x\n\0\nc@b.org,x\n')
    assert found == [(3, ["b@b.org", "x"]), (5, ["c@b.org", "x"])]
    assert sorted(line for line, _, _ in refused) == [2, 4]


def test_a_file_without_lines_has_no_header() -> None:
    with pytest.raises(BadInput, match=r"x\.csv: the file is empty"):
        read("\n \n")


@given(st.text(alphabet='a@b.org,"\n\r;\t\0x', max_size=400))
def test_whatever_comes_every_line_is_read_once_or_told_of(text: str) -> None:
    rows, found, refused = read(f"email,name\n{text}\nlast@b.org,x\n")
    assert rows.header == ["email", "name"]
    told = [line for line, _ in found] + [line for line, _, _ in refused]
    assert len(told) == len(set(told))
    assert (["last@b.org", "x"] in [cells for _, cells in found]) or '"' in text

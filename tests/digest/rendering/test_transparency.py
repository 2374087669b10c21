"""Dots and line ends between us and the server (RFC 5321, 4.5.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import BadInput
from digest.rendering.transparency import END, OnTheLine, off_the_line, on_the_line, stuffed

lines = st.lists(st.text(st.sampled_from(".a \x00é"), max_size=4).map(lambda line: f"{line}\r\n".encode()))


def received(line: OnTheLine) -> bytes:
    """Take a message in as the RFC tells servers to: line by line, until one is a dot alone."""
    taken = []
    for one in line.splitlines(keepends=True):
        if one == END:
            break
        taken.append(one.removeprefix(b"."))
    return b"".join(taken)


@given(lines.filter(bool).map(b"".join))
def test_case_21_a_server_gets_what_was_written_whatever_dots_stand_in_it(message: bytes) -> None:
    line = on_the_line(message)
    assert received(line) == off_the_line(line) == message
    assert line.count(b"\r\n.\r\n") == 1
    assert line.endswith(b"\r\n.\r\n")


@given(lines.filter(bool), lines.filter(bool))
def test_whole_lines_can_be_made_ready_part_by_part(some: list[bytes], more: list[bytes]) -> None:
    parts = b"".join(some), b"".join(more)
    assert b"".join(map(stuffed, parts)) + END == on_the_line(b"".join(parts))


@pytest.mark.parametrize("part", [b"a\n", b"a\rb\r\n", b"a\n\r\n", b".\n.\r\n", b"a\r\n\r", b"a", b""])
def test_case_21_a_part_that_is_not_whole_lines_is_refused(part: bytes) -> None:
    with pytest.raises(BadInput, match="CRLF"):
        stuffed(part)

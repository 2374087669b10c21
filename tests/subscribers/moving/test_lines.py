"""Files in the encodings that programs write, told apart; what is mixed is said, not guessed."""

from __future__ import annotations

import io

import pytest

from subscribers.moving.lines import LONGEST, BadLine, Lines

TEXT = "email,name\nann@example.com,Zoë\nben@example.com,Łukasz\n"


def read(raw: bytes) -> tuple[list[str], str | None]:
    lines = Lines(io.BytesIO(raw))
    return list(lines), lines.letters


@pytest.mark.parametrize(
    ("encoding", "letters"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
    ],
)
def test_every_unicode_encoding_is_told(encoding: str, letters: str) -> None:
    assert read(TEXT.encode(encoding)) == (TEXT.splitlines(keepends=True), letters)


def test_windows_letters_are_told_however_late_they_come() -> None:
    text = "email,name\n" + "ann@example.com,Ann\n" * 10_000 + "zoe@example.com,Zoë “Z”\n"
    lines, letters = read(text.encode("cp1252"))
    assert (lines[-1], letters) == ("zoe@example.com,Zoë “Z”\n", "Windows-1252")


def test_plain_ascii_says_nothing_of_letters() -> None:
    assert read(b"email\nann@example.com\n")[1] is None


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [("utf-8", "cp1252", "not UTF-8, but lines before"), ("cp1252", "utf-8", "is UTF-8, but lines before")],
)
def test_two_encodings_in_one_file_are_not_mixed(first: str, second: str, reason: str) -> None:
    lines = Lines(io.BytesIO("Zoë\n".encode(first) + "Jürg\n".encode(second) + b"Ann\n"))
    assert next(lines) == "Zoë\n"
    with pytest.raises(BadLine, match=reason):
        next(lines)
    assert (next(lines), lines.number) == ("Ann\n", 3)


def test_half_a_character_of_utf_16_is_one_bad_line() -> None:
    lines = Lines(io.BytesIO(b"\xff\xfea\0\n\0\x00\xd8\n\0b\0\n\0"))
    assert next(lines) == "a\n"
    with pytest.raises(BadLine, match="not UTF-16"):
        next(lines)
    assert next(lines) == "b\n"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_every_line_end_is_one(end: bytes) -> None:
    assert read(end.join([b"a", b"b", b"c"]))[0] == ["a\n", "b\n", "c"]


def test_a_line_without_end_is_passed_over_in_pieces() -> None:
    lines = Lines(io.BytesIO(b"a\n" + b"x" * (5 * LONGEST) + b"\nb\n"))
    assert next(lines) == "a\n"
    with pytest.raises(BadLine, match="more than 65,536"):
        next(lines)
    assert (next(lines), lines.number, lines.read) == ("b\n", 3, 5 * LONGEST + 5)

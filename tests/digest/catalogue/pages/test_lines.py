import pytest

from digest.catalogue.pages.lines import PAGE_LIMIT, read_lines
from digest.errors import BadInput


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "page.txt:1: the file is empty"),
        (b" \n\r\n\t", "page.txt:1: the file is empty"),
        (b"\x07", "page.txt:1: the file is empty"),
        (b"one\ntwo\0", "page.txt:2: expected text; the file is binary"),
        (b"one\ncaf\xe9", "page.txt:2: expected text in UTF-8; save the file in that encoding"),
        (b"x" * (PAGE_LIMIT + 1), "page.txt: expected at most 2 MB; the file is longer"),
    ],
)
def test_what_is_no_text_is_refused_in_one_line(data: bytes, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_lines(data, "page.txt")
    assert str(caught.value) == message


def test_lines_are_cleaned_and_keep_their_numbers() -> None:
    page = read_lines("\ufeff a\u00a0b \r\n\r\n\tc\x1b d\r e".encode(), "page.txt")
    assert [(line.number, line.text) for line in page.lines] == [(1, "a b"), (3, "c d"), (4, "e")]


def test_a_line_of_invisible_characters_is_blank() -> None:
    page = read_lines("a\n\u200b\n\u2060 \u200d\nb".encode(), "page.txt")
    assert [(line.number, line.text) for line in page.lines] == [(1, "a"), (4, "b")]

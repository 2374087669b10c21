import pytest

from digest.catalogue.pages.charset import html_text
from digest.errors import BadInput


def read(data: bytes, charset: str | None = None) -> str:
    return html_text(data, "page.html", limit=1_000, charset=charset)


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        ("“é”".encode(), None),
        (b"\xef\xbb\xbf" + "“é”".encode(), None),
        (b"\xff\xfe" + "“é”".encode("utf-16-le"), None),
        (b"\xfe\xff" + "“é”".encode("utf-16-be"), None),
        ("“é”".encode("windows-1252"), "ISO-8859-1"),
        ("“é”".encode(), " UTF-8 "),
        # A mark outweighs what is said elsewhere.
        (b"\xef\xbb\xbf" + "“é”".encode(), "windows-1252"),
    ],
)
def test_bytes_are_read_in_their_encoding(data: bytes, charset: str | None) -> None:
    assert read(data, charset) == "“é”"


@pytest.mark.parametrize(
    "meta",
    [
        '<meta charset="windows-1252">',
        "<META CHARSET = latin1>",
        "<meta http-equiv='Content-Type' content='text/html; charset=us-ascii'>",
    ],
)
def test_a_meta_near_the_top_names_the_encoding(meta: str) -> None:
    assert read(f"<html>{meta}<p>“é”".encode("windows-1252")).endswith("“é”")


def test_a_meta_that_says_utf_16_in_bytes_cannot_mean_it() -> None:
    assert read('<meta charset="utf-16">é'.encode()).endswith("é")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            "<p>\n\n“".encode("windows-1252"),
            "page.html:3: expected text in UTF-8; save the file in that encoding",
        ),
        (
            b"<meta charset=shift_jis>\n\x81",
            "page.html:2: the file is not in shift_jis, as it says; save it as UTF-8",
        ),
        (
            b"<meta charset=rot13>a",
            "page.html: there is no charset “rot13” on the web; save the file as UTF-8",
        ),
        (b"\xff\xfea", "page.html:1: the file is not in utf-16-le, as it says; save it as UTF-8"),
        (b"a" * 1_001, "page.html: expected at most 0 MB; the file is longer"),
        (b"\xff\xfe", "page.html:1: the file is empty"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(data: bytes, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(data)
    assert str(caught.value) == message


def test_a_charset_of_two_lines_is_refused_in_one() -> None:
    with pytest.raises(BadInput, match="no charset “utf-8 x: y” on the web"):
        read(b"a", "utf-8\n x: y")

from base64 import encodebytes
from email.message import EmailMessage
from quopri import encodestring

import pytest

from digest.catalogue.pages.mhtml import ARCHIVE_LIMIT, read_mhtml_page
from digest.catalogue.pages.reader import read_page
from digest.errors import BadInput
from tests.pagehtml import MARKUPS, html_page, saved
from tests.pagetext import labelled_page, lantern, loupe

HTML = saved(html_page(lantern(), loupe(), MARKUPS["sections"], labelled=True))
TEXT = read_page(labelled_page(lantern(), loupe()).encode(), "page")


def archive(body: bytes, encoding: str, kind: str = "text/html") -> bytes:
    """Return an archive as Chromium writes it: the page first, then what it shows."""
    head = (
        'From: <Saved by Blink>\nMIME-Version: 1.0\nContent-Type: multipart/related;\n\ttype="text/html";\n'
    )
    part = (
        f"Content-Type: {kind}\nContent-ID: <frame-1@mhtml.blink>\nContent-Transfer-Encoding: {encoding}\n\n"
    )
    style = "Content-Type: text/css\nContent-Transfer-Encoding: quoted-printable\n\np { color: red }\n"
    text = f'{head}\tboundary="--B--x"\n\n\n----B--x\n{part}BODY\n----B--x\n{style}\n----B--x--\n'
    return text.replace("\n", "\r\n").encode().replace(b"BODY", body)


@pytest.mark.parametrize(
    ("body", "encoding", "kind"),
    [
        (encodestring(HTML.encode()), "quoted-printable", "text/html"),
        (encodebytes(HTML.encode()), "BASE64", "text/html"),
        (HTML.encode(), "binary", "text/html; charset=utf-8"),
    ],
    ids=["quoted-printable", "base64", "binary"],
)
def test_the_page_in_an_archive_is_read(body: bytes, encoding: str, kind: str) -> None:
    assert read_mhtml_page(archive(body, encoding, kind), "page") == TEXT


def test_the_header_of_the_part_names_the_encoding() -> None:
    html = HTML.replace("; charset=UTF-8", "").encode("windows-1252", "xmlcharrefreplace")
    data = archive(html, "binary", "text/html; charset=windows-1252")
    assert read_mhtml_page(data, "page") == TEXT


def test_an_archive_of_one_part_is_read() -> None:
    message = EmailMessage()
    message.set_content(HTML, subtype="html")
    assert read_mhtml_page(message.as_bytes(), "page") == TEXT


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "page: expected a web archive (MHTML) with an HTML page in it"),
        (b"\0\1\2", "page: expected a web archive (MHTML) with an HTML page in it"),
        (
            archive(b"p {}", "binary", "text/css"),
            "page: expected a web archive (MHTML) with an HTML page in it",
        ),
        (archive(b"a", "base64"), "page: the page in the web archive is not in base64, as it says"),
        (b" " * (ARCHIVE_LIMIT + 1), "page: expected at most 20 MB; the file is longer"),
        (archive(b"", "binary"), "page:1: the file is empty"),
    ],
)
def test_what_is_no_archive_of_a_page_is_refused_in_one_line(data: bytes, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_mhtml_page(data, "page")
    assert str(caught.value) == message


def test_wherever_an_archive_is_cut_it_is_refused_or_complete() -> None:
    data = archive(encodestring(HTML.encode()), "quoted-printable")
    for end in range(0, len(data), 37):
        try:
            assert read_mhtml_page(data[:end], "page") == TEXT
        except BadInput as error:
            assert "\n" not in str(error)

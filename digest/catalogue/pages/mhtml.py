"""Web archives, ``.mhtml``: a page with its pictures in one file, as mail carries them (RFC 2557)."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesHeaderParser
from quopri import decodestring

from digest.catalogue.pages.html import read_html_page
from digest.catalogue.pages.values import ComparisonPage
from digest.errors import BadInput

ARCHIVE_LIMIT = 20_000_000
_HEADER_LIMIT = 65_536


def read_mhtml_page(data: bytes, source: str) -> ComparisonPage:
    """Return what the page in a web archive says; lines in messages count in that page.

    Raises BadInput for anything but an archive whose first HTML part is one whole comparison page.
    """
    if len(data) > ARCHIVE_LIMIT:
        raise BadInput(f"expected at most {ARCHIVE_LIMIT // 1_000_000} MB; the file is longer", source=source)
    for header, body in _parts(data.replace(b"\r\n", b"\n")):
        if header.get_content_type() == "text/html":
            html = _decoded(header, body, source)
            return read_html_page(html, source, charset=header.get_content_charset())
    raise BadInput("expected a web archive (MHTML) with an HTML page in it", source=source)


def _parts(data: bytes) -> Iterator[tuple[Message, bytes]]:
    """Yield header and body of each part (RFC 2046, section 5.1.1), or of the whole if it is in one part.

    By hand and not nested, as browsers write it: `email` reads line by line, which takes minutes for a file
    of 20 MB that is made to be slow.
    """
    header, body = _split(data)
    boundary = header.get_boundary()
    if boundary is None:
        yield header, body
        return
    delimiter = b"\n--" + boundary.encode("utf-8", "replace")
    for part in (b"\n" + body).split(delimiter)[1:]:
        yield _split(part.partition(b"\n")[2])


def _split(data: bytes) -> tuple[Message, bytes]:
    header, _, body = data.partition(b"\n\n")
    return BytesHeaderParser().parsebytes(header[:_HEADER_LIMIT]), body


def _decoded(header: Message, body: bytes, source: str) -> bytes:
    """Return the body without its transfer encoding (RFC 2045, section 6)."""
    encoding = str(header.get("Content-Transfer-Encoding", "")).strip().casefold()
    if encoding == "quoted-printable":
        return decodestring(body)
    if encoding != "base64":
        return body
    try:
        return b64decode(body)
    except binascii.Error:
        raise BadInput("the page in the web archive is not in base64, as it says", source=source) from None

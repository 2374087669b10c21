"""From a saved HTML file's bytes to its text, by the charset that the file names. Pure."""

from __future__ import annotations

import re

from digest.catalogue.cleaning import decoded, paragraph
from digest.errors import BadInput

# Byte order marks, by WHATWG Encoding (section 6, "BOM sniff").
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
# A browser looks no further for it: WHATWG HTML, section 13.2.3.2.
_HEAD = 1024
_META = re.compile(rb"<meta[^>]{1,200}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([\w.:-]{1,40})", re.IGNORECASE)
# Labels that mean something else on the web than in Python: WHATWG Encoding, section 4.2.
_MEANT = {
    "utf8": "utf-8",
    "us-ascii": "windows-1252",
    "ascii": "windows-1252",
    "latin1": "windows-1252",
    "iso-8859-1": "windows-1252",
    "iso-8859-9": "windows-1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "utf-16": "utf-8",
    "utf-16le": "utf-8",
    "utf-16be": "utf-8",
}
_KNOWN = re.compile(
    r"utf-8|windows-125[0-8]|iso-8859-([2-8]|10|1[3-6])|koi8-[ru]|gb18030|big5|euc-jp|shift_jis|iso-2022-jp|euc-kr"
)


def html_text(data: bytes, source: str, *, limit: int, charset: str | None = None) -> str:
    r"""Return the file's text with ``\n`` line ends.

    The encoding is that of a byte order mark, else ``charset`` (of a mail header, say), else the one that a
    ``<meta>`` names near the top, else UTF-8. Raises BadInput for a file that is empty, longer than ``limit``
    bytes, binary, in an encoding browsers do not know, or not in the one it names.
    """
    if len(data) > limit:
        raise BadInput(f"expected at most {limit // 1_000_000} MB; the file is longer", source=source)
    mark = next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), None)
    if mark is not None:
        data, name = data[len(mark[0]) :], mark[1]
    else:
        name = _named(data, source, charset)
    if name != "utf-8":
        data = _recoded(data, source, name)
    # Twice the limit: what two bytes wrote may take three in UTF-8.
    return decoded(data, source, limit=2 * limit)


def _named(data: bytes, source: str, charset: str | None) -> str:
    found = _META.search(data, 0, _HEAD)
    label = (charset or (found[1].decode("ascii", "replace") if found else "utf-8")).strip().casefold()
    name = _MEANT.get(label, label)
    if not _KNOWN.fullmatch(name):
        raise BadInput(
            f"there is no charset “{paragraph(label)[:40]}” on the web; save the file as UTF-8", source=source
        )
    return name


def _recoded(data: bytes, source: str, name: str) -> bytes:
    """Return the bytes in UTF-8."""
    try:
        return data.decode(name).encode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadInput(
            f"the file is not in {name}, as it says; save it as UTF-8", source=source, line=line
        ) from None

"""Text from outside, made fit to keep: decoded strictly, one paragraph, no control characters. Pure."""

from __future__ import annotations

import re
import unicodedata

from digest.errors import BadInput

# Everything that breaks a line or only looks like a space; saved pages are littered with U+00A0.
_SPACES = re.compile("[ \t\n\v\f\r\x85\xa0\u2028\u2029]+")
# What XML 1.0 (section 2.2) or UTF-8 cannot carry. Joiners and direction marks are text, and stay.
_CONTROLS = re.compile("[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
# Letters and a symbol by their category, but drawn as nothing: Hangul fillers and the empty Braille cell.
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"
_QUOTES = str.maketrans("“”„«»‘’‚", '"""""' + "'''")


def decoded(data: bytes, source: str, *, limit: int) -> str:
    """Return a file's text with ``\\n`` line ends and no byte order mark.

    Raises BadInput for a file that is empty, longer than ``limit`` bytes, binary or not UTF-8, the last two
    with the line.
    """
    if len(data) > limit:
        raise BadInput(f"expected at most {limit // 1_000_000} MB; the file is longer", source=source)
    if b"\0" in data:
        raise BadInput(
            "expected text; the file is binary", source=source, line=_line_of(data, data.index(b"\0"))
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            "expected text in UTF-8; save the file in that encoding",
            source=source,
            line=_line_of(error.object, error.start),
        ) from None
    if not text.strip():
        raise BadInput("the file is empty", source=source, line=1)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def paragraph(text: str) -> str:
    """Return ``text`` as one paragraph: runs of blanks and line ends are one space, controls are gone."""
    # Most text is clean, and asking costs a tenth of the two expressions. Only U+0020 is a printable space.
    if text.isprintable() and "  " not in text:
        return text.strip()
    return _SPACES.sub(" ", _CONTROLS.sub("", text)).strip()


def is_visible(text: str) -> bool:
    """Whether ``text`` has anything to see: a letter, digit, symbol or punctuation mark that is not blank."""
    return any(unicodedata.category(char)[0] in "LNPS" and char not in _BLANKS for char in text)


def text_key(text: str) -> str:
    """Return what two printings of one text share: NFKC, case folded, straight quotes, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text.translate(_QUOTES)).casefold().split())


def _line_of(data: bytes, place: int) -> int:
    return data.count(b"\n", 0, place) + 1

"""The small part of MIME that our own messages need, as bytes ready for the wire.

Not ``EmailMessage``: it costs over ten milliseconds a message and rewrites long List-Unsubscribe URLs as
encoded words.
"""

from __future__ import annotations

import base64
import re

from digest.errors import BadInput

# RFC 2047 section 2: a line with an encoded word has at most 76 characters, the word itself at most 75.
_LINE = 76
_WORD = "=?utf-8?b?{}?="
_WORD_BYTES = 45

# Controls, the two Unicode line ends, and surrogates, which no UTF-8 can hold.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_WORDS = re.compile(r"[!-~]+(?: [!-~]+)*")
_PLAIN_PHRASE = 60
_LONGEST_WORD = 900
# RFC 5321 section 4.5.3.1.3, in bytes, without the angle brackets.
_LONGEST_ADDRESS = 254
# Of RFC 5321 only what needs no quoting: quoted local parts and address literals are refused.
_DOMAIN = r"@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*"
_ADDRESS = re.compile(rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.-]{{1,64}}{_DOMAIN}")
# RFC 6532 section 3.2 adds every character beyond ASCII; of these only what ``_UNPRINTABLE`` lets pass.
_INTERNATIONAL = re.compile(rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.\u00a0-\U0010ffff-]{{1,64}}{_DOMAIN}")

# A name of atoms with an address, as nearly everybody has them; without "?" no name has an encoded word.
_PLAIN_ATOM = r"[A-Za-z0-9!#$%&'*+/=^_`{|}~-]+"
_PLAIN_MAILBOX = re.compile(rf"{_PLAIN_ATOM}(?: {_PLAIN_ATOM})* <{_ADDRESS.pattern}>")

# RFC 2045 section 6.7: these bytes stand for themselves.
_QUOTED = re.compile(rb"[^\t\x20-\x3c\x3e-\x7e]")
_TRAILING_SPACE = {ord(" "): b"=20", ord("\t"): b"=09"}


def check_line(value: str, what: str) -> str:
    """Return ``value`` if it may stand in a header; raises BadInput for line ends and other controls."""
    if bad := _UNPRINTABLE.search(value):
        raise BadInput(f"{what} holds the control character U+{ord(bad[0]):04X}; leave it out")
    return value


def encode_text(text: str, column: int, what: str) -> str:
    """Return free header text such as a subject, folded (RFC 5322), in encoded words if need be (RFC 2047).

    ``column`` is how much of the first line is taken. Raises BadInput naming ``what``.
    """
    check_line(text, what)
    if not text:
        return ""
    if _WORDS.fullmatch(text) and "=?" not in text and max(map(len, text.split(" "))) <= _LONGEST_WORD:
        return _fold(text, column)
    return _encoded_words(text, column)


def encode_phrase(text: str, column: int, what: str) -> str:
    """Return a display name for a mailbox or a list: atoms, a quoted string or encoded words.

    ``column`` is how much of the first line is taken. Raises BadInput naming ``what``.
    """
    check_line(text, what)
    if not text.isascii() or "=?" in text or len(text) > _PLAIN_PHRASE:
        return _encoded_words(text, column)
    if _ATOMS.fullmatch(text):
        return text
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'


def mailbox(name: str | None, address: str, column: int, what: str, *, international: bool = False) -> str:
    """Return ``address`` or ``name <address>``. Raises BadInput naming ``what``.

    A domain comes in its ASCII form. A local part may go beyond ASCII only where ``international`` says so;
    it stands there as it is (RFC 6532), and the message then needs servers with SMTPUTF8. The name is in
    encoded words all the same: every reader of mail knows them.
    """
    if name and len(name) <= _PLAIN_PHRASE:
        plain = f"{name} <{address}>"
        # What follows would write the same, and look at it four times.
        if len(plain) <= _LONGEST_ADDRESS and _PLAIN_MAILBOX.fullmatch(plain):
            return plain
    if not _mailable(address, international):
        raise BadInput(f"{what} has an address that cannot be mailed; write it like reader@example.com")
    name = name.strip() if name else ""
    if not name:
        return address
    phrase = encode_phrase(name, column, what)
    gap = "\r\n " if phrase.startswith("=?") else " "
    return f"{phrase}{gap}<{address}>"


def _mailable(address: str, international: bool) -> bool:
    if _ADDRESS.fullmatch(address):
        return len(address) <= _LONGEST_ADDRESS
    return (
        international
        and _INTERNATIONAL.fullmatch(address) is not None
        and _UNPRINTABLE.search(address) is None
        and len(address.encode()) <= _LONGEST_ADDRESS
    )


def _fold(text: str, column: int) -> str:
    """Break lines at single spaces; unfolding gives the very same text back."""
    out: list[str] = []
    for word in text.split(" "):
        if out and column + len(word) + 1 > _LINE:
            out.append("\r\n")
            column = 0
        out.append(f" {word}" if out else word)
        column += len(out[-1])
    return "".join(out)


def _encoded_words(text: str, column: int) -> str:
    room = min(_WORD_BYTES, (_LINE - column - len(_WORD.format(""))) // 4 * 3)
    whole = text.encode()
    if len(whole) <= room:
        return _encoded_word(whole)
    words = []
    chunk = b""
    for char in text:
        encoded = char.encode()
        if len(chunk) + len(encoded) > room:
            words.append(chunk)
            chunk, room = b"", _WORD_BYTES
        chunk += encoded
    words.append(chunk)
    return "\r\n ".join(map(_encoded_word, words))


def _encoded_word(word: bytes) -> str:
    return _WORD.format(base64.b64encode(word).decode())


def quoted_printable(text: str, *, goes_on: bool = False) -> bytes:
    """Return ``text``, whose lines end in CRLF, as quoted-printable UTF-8 (RFC 2045 section 6.7).

    Lines have at most 76 bytes, and none begins with ``.``, so that SMTP's dot-stuffing has nothing to do.
    With ``goes_on`` a soft break ends it (unless it is empty or stands at the start of a line already), so
    that what comes next starts a line of its own, as this one did.
    """
    *lines, last = text.encode().split(b"\r\n")
    quoted = [_quote_line(line, _LINE) for line in lines]
    quoted.append(_quote_line(last, _LINE - 1) + b"=\r\n" if goes_on and last else _quote_line(last, _LINE))
    return b"\r\n".join(quoted)


def _quote_line(line: bytes, longest: int) -> bytes:
    rest = _QUOTED.sub(lambda byte: b"=%02X" % ord(byte[0]), line)
    if rest and rest[-1] in _TRAILING_SPACE:
        rest = rest[:-1] + _TRAILING_SPACE[rest[-1]]
    out = []
    while True:
        if rest.startswith(b"."):
            rest = b"=2E" + rest[1:]
        if len(rest) <= longest:
            out.append(rest)
            return b"=\r\n".join(out)
        cut = _LINE - 1
        escape = rest.rfind(b"=", cut - 2, cut)
        if escape >= 0:
            cut = escape
        out.append(rest[:cut])
        rest = rest[cut:]

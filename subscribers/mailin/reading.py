"""A message's header, read so that no message can do harm: bounded in size and time, and never raising.

The body is not looked at: whoever wants to come or leave says so by the address or the subject.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32

from digest.errors import BadInput
from subscribers.addresses import Address, parse_address

LONGEST_HEADER = 128 * 1024
_LONGEST_VALUE = 2_000
_END = re.compile(rb"\r?\n\r?\n")
_FOLD = re.compile(r"[\r\n]+")
_ADDR_SPEC = r"([^\s<>()\[\],;:@\"\\]+@[^\s<>()\[\],;:@\"\\]+)"
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
# The two shapes of one mailbox (RFC 5322, 3.4), with the comment old clients put behind the first. Narrower
# than the grammar, which has room for values that two programs read as two different addresses.
_ALONE = re.compile(rf"\s*{_ADDR_SPEC}\s*(?:\([^()]*\)\s*)?")
_NAMED = re.compile(rf"[^<>,;:@]*<\s*{_ADDR_SPEC}\s*>\s*")


@dataclass(frozen=True, slots=True)
class Mail:
    """The header of a message: names in lower case, values unfolded and at most 2,000 characters long.

    A header that has no end within 128 KiB is not read at all: ``headers`` is empty then.
    """

    headers: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, message: Message) -> Mail:
        """Return the header of a message that is parsed already."""
        return cls(tuple((name.lower(), _plain(str(value))) for name, value in message.raw_items()))

    def all(self, name: str) -> list[str]:
        """Return the values of every header of this name, the topmost first."""
        return [value for known, value in self.headers if known == name]

    def first(self, name: str) -> str:
        """Return the topmost header of this name, "" if there is none."""
        return next(iter(self.all(name)), "")

    @property
    def author(self) -> Address | None:
        """The address in From; None unless it is exactly one that the list would mail."""
        values = self.all("from")
        # One that was cut may have gone on with a second address.
        if len(values) != 1 or len(values[0]) >= _LONGEST_VALUE:
            return None
        text = _QUOTED.sub("", values[0])
        found = _ALONE.fullmatch(text) or _NAMED.fullmatch(text)
        if found is None:
            return None
        try:
            return parse_address(found[1])
        except BadInput:
            return None

    @property
    def subject(self) -> str:
        """The subject as a person reads it: encoded words decoded (RFC 2047), spaces round it gone."""
        raw = self.first("subject")
        try:
            parts = decode_header(raw)
            words = [part if isinstance(part, str) else part.decode(name or "ascii") for part, name in parts]
        except (HeaderParseError, LookupError, ValueError):
            return raw.strip()
        return "".join(words).strip()


def read(message: bytes) -> Mail:
    """Return the header of ``message``, whatever bytes these are."""
    end = _END.search(message, 0, LONGEST_HEADER)
    if end is None and len(message) > LONGEST_HEADER:
        return Mail(())
    parsed = BytesParser(policy=compat32).parsebytes(message[: end and end.start()], headersonly=True)
    return Mail.of(parsed)


def _plain(value: str) -> str:
    """Return a value on one line; bytes beyond ASCII are read as UTF-8 (RFC 6532)."""
    whole = value[:_LONGEST_VALUE].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return _FOLD.sub("", whole)

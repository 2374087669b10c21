"""One edition as bytes with gaps: compiled once, then a reader's message costs some tens of microseconds.

Both bodies are quoted-printable already, and a soft line break stands on either side of each slot, so the
pieces are whole lines and do not depend on what is filled in. They are made ready for SMTP's DATA when the
edition is compiled: CRLF line ends, no line over 998 bytes, leading dots doubled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256
from operator import itemgetter

from digest.errors import BadInput, TemplateError
from digest.rendering.mime import encode_phrase, encode_text, mailbox, quoted_printable
from digest.rendering.slots import BODY_SLOTS, mark_pattern
from digest.rendering.transparency import END, OnTheLine, off_the_line, stuffed
from digest.rendering.values import Identity, RenderedEmail

# Nothing here needs escaping in a URL, in HTML or in a header, so one encoding serves all three places.
_TOKEN = re.compile(r"[A-Za-z0-9._~-]{1,300}")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+>")
_BASE_URL = re.compile(r"https?://[!#-;=?-~]{1,500}")
_LIST_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_LINE_END = re.compile(r"\r\n|\r|\n")
_UNSENDABLE = re.compile("[\x00\ud800-\udfff]")
_TO = len("To: ")
# RFC 2045, 6.7: a line of quoted-printable goes on in the next one.
_SOFT_BREAK = b"=\r\n"
# All messages of an issue have one date, and few issues are on their way at once.
_DATES = 8


# Not frozen: a message has one of its own, and setting nine fields past the lock takes as long as a header.
@dataclass(slots=True)
class Personal:
    """What is one reader's own in a message.

    ``message_id`` comes with its angle brackets, ``date`` with its zone. The tokens may stay empty where an
    edition has no place for them. ``leave_at`` is the address that takes this reader off the list, if there
    is one.
    """

    address: str
    name: str | None
    message_id: str
    date: datetime
    unsubscribe: str = ""
    preferences: str = ""
    vote: str = ""
    saved: str = ""
    leave_at: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """One body: the texts between the slots, lines ended by CRLF, and the names of the slots between them."""

    pieces: tuple[str, ...]
    slots: tuple[str, ...]

    @classmethod
    def split(cls, body: str, sentinel: str, part: str) -> Body:
        """Return ``body`` cut at its marks. Raises TemplateError for a broken mark or what cannot be sent."""
        if bad := _UNSENDABLE.search(body):
            raise TemplateError(f"the {part} body holds U+{ord(bad[0]):04X}, which no message can carry")
        parts = mark_pattern(sentinel).split(_LINE_END.sub("\r\n", body))
        pieces, slots = tuple(parts[::2]), tuple(parts[1::2])
        for name in slots:
            if name not in BODY_SLOTS:
                known = ", ".join(BODY_SLOTS)
                raise TemplateError(f"the {part} body has an unknown slot {name}; known: {known}")
        if any(sentinel in piece for piece in pieces):
            raise TemplateError(f"the {part} body has a mark that was cut in two; print marks whole")
        return cls(pieces, slots)

    def fill(self, personal: Personal) -> str:
        """Return the body as this reader's message holds it."""
        out = [self.pieces[0]]
        for slot, piece in zip(self.slots, self.pieces[1:], strict=True):
            out += (_token(personal, slot), piece)
        return "".join(out)

    def segments(self) -> list[bytes]:
        """Return the pieces encoded, each ready to be followed by a slot, but the last."""
        *before, last = self.pieces
        return [*(quoted_printable(piece, goes_on=True) for piece in before), quoted_printable(last)]


@dataclass(frozen=True, slots=True)
class Edition:
    """An issue, or a single mail, as one segment of readers gets it.

    ``parts`` are a message as DATA carries it: what all messages share, and between each two of those a gap,
    ``b""``. The first gap is for the reader's own lines of the header, the others are the ``slots`` of both
    bodies. ``tokens`` names what is filled in, each once; ``in_order`` gives what fills the ``slots`` of what
    fills each name. ``unsubscribe_url`` is None for a single mail.
    """

    html_body: Body
    text_body: Body
    parts: tuple[bytes, ...]
    slots: tuple[str, ...]
    tokens: tuple[str, ...]
    in_order: Callable[[Mapping[str, bytes]], Iterable[bytes]]
    unsubscribe_url: str | None

    @classmethod
    def compile(cls, email: RenderedEmail, identity: Identity, *, one_click: bool = True) -> Edition:
        """Return the edition of ``email`` in ``identity``'s name.

        With ``one_click`` it is a list's mail: List-Id (RFC 2919), List-Unsubscribe and its one-click POST
        (RFC 8058) at ``base_url/unsubscribe/TOKEN``, and Precedence, which keeps out-of-office replies
        away. Without, it is a single mail that a person's own doing caused (RFC 3834). Raises TemplateError
        for a faulty body, BadInput for a subject or identity that cannot stand in a header.
        """
        if email.sentinel in email.subject:
            raise TemplateError("the subject has a slot; slots stand in the bodies only")
        text = Body.split(email.text, email.sentinel, "text")
        html = Body.split(email.html, email.sentinel, "HTML")
        # "=_" cannot occur in quoted-printable, so no line of a body can pass for the boundary.
        boundary = f"=_{sha256((email.html + email.text).encode()).hexdigest()[:24]}"
        head = _shared_header(email, identity, boundary)
        slots = text.slots + html.slots
        tokens, url = dict.fromkeys(slots), None
        if one_click:
            head += _list_header(identity)
            url = f"{_base_url(identity)}/unsubscribe/"
            tokens["unsubscribe"] = None
        else:
            head += "Auto-Submitted: auto-generated\r\n"
        parts = _parts(head, text, html, boundary)
        return cls(html, text, parts, slots, tuple(tokens), _in_order(slots), url)

    def on_the_line(self, personal: Personal, *, ours: bool = False) -> OnTheLine:
        """Return the whole message (RFC 5322) for one reader, ready for DATA.

        Raises BadInput, and makes nothing, if a personal value cannot stand where it belongs. With ``ours``
        the caller vouches that Message-ID, ``leave_at`` and tokens are well formed, and that a token has at
        most 75 letters, the first no dot: looking at them again would take as long as filling them in.
        """
        if ours:
            filled: dict[str, bytes] = {slot: getattr(personal, slot).encode() for slot in self.tokens}
        else:
            self._check(personal)
            filled = {slot: _filling(_token(personal, slot)) for slot in self.tokens}
        # UTF-8 only where the reader's own address is (RFC 6532); all else is ASCII.
        header = self._personal_header(personal).encode()
        parts = list(self.parts)
        parts[1::2] = (header, *self.in_order(filled))
        return OnTheLine(b"".join(parts))

    def message(self, personal: Personal) -> bytes:
        """Return the message as its reader gets it, and preview and ``.eml`` show it; raises BadInput."""
        return off_the_line(self.on_the_line(personal))

    def html(self, personal: Personal) -> str:
        """Return the HTML part of this reader's message, decoded; lines end in CRLF, as they are sent."""
        return self.html_body.fill(personal)

    def text(self, personal: Personal) -> str:
        """Return the plain-text part of this reader's message, decoded; lines end in CRLF."""
        return self.text_body.fill(personal)

    def _check(self, personal: Personal) -> None:
        if not _MESSAGE_ID.fullmatch(personal.message_id) or len(personal.message_id) > 250:
            raise BadInput("a Message-ID is malformed; write it like <name@example.com>")
        if self.unsubscribe_url is not None and personal.leave_at:
            mailbox(None, personal.leave_at, 0, "the way to leave")

    def _personal_header(self, personal: Personal) -> str:
        """Return a reader's own lines of the header; all but name and address has been looked at."""
        to = mailbox(personal.name, personal.address, _TO, "a reader", international=True)
        date = _date(personal.date, personal.date.utcoffset())
        header = f"To: {to}\r\nDate: {date}\r\nMessage-ID: {personal.message_id}\r\n"
        if self.unsubscribe_url is None:
            return header
        ways = f"<{self.unsubscribe_url}{personal.unsubscribe}>"
        if personal.leave_at:
            # The second way (RFC 2369, 3.2), for clients without RFC 8058.
            ways = f"{ways},\r\n <mailto:{personal.leave_at}?subject=unsubscribe>"
        return f"{header}List-Unsubscribe: {ways}\r\n"


def _in_order(slots: tuple[str, ...]) -> Callable[[Mapping[str, bytes]], Iterable[bytes]]:
    """Return the function that gives what stands for each of these names in a mapping."""
    # Faster than looking up one by one, but of a single name it gives no tuple.
    return itemgetter(*slots) if len(slots) > 1 else lambda filled: [filled[slot] for slot in slots]


@lru_cache(_DATES)
def _date(date: datetime, offset: timedelta | None) -> str:
    """Return ``date`` for a header. One moment in two zones is equal: its ``offset`` tells them apart."""
    del offset
    return format_datetime(date)


def _token(personal: Personal, slot: str) -> str:
    token: str = getattr(personal, slot)
    if not _TOKEN.fullmatch(token):
        raise BadInput(f"a reader's {slot} token is empty or holds more than letters, digits and - . _ ~")
    return token


def _filling(token: str) -> bytes:
    """Return ``token`` as it stands between two segments: lines of its own; the break behind it is theirs."""
    return quoted_printable(token, goes_on=True).removesuffix(_SOFT_BREAK)


def _shared_header(email: RenderedEmail, identity: Identity, boundary: str) -> str:
    sender = mailbox(identity.sender, identity.from_address, len("From: "), "the sender")
    header = f"From: {sender}\r\n"
    if identity.reply_to:
        header += f"Reply-To: {mailbox(None, identity.reply_to, 0, 'reply_to')}\r\n"
    return (
        f"{header}"
        f"Subject: {encode_text(email.subject, len('Subject: '), 'the subject')}\r\n"
        "MIME-Version: 1.0\r\n"
        f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n'
    )


def _list_header(identity: Identity) -> str:
    """Return the list's headers. Its id is in the sender's domain: filters rely on it, pages may move."""
    if not _LIST_LABEL.fullmatch(identity.newsletter):
        raise BadInput(f"the newsletter's key {identity.newsletter!r} may hold letters, digits and - only")
    domain = identity.from_address.rpartition("@")[2]
    name = encode_phrase(identity.name, len("List-Id: "), "the newsletter's name")
    gap = "\r\n " if name.startswith("=?") else " "
    return (
        f"List-Id: {name}{gap}<{identity.newsletter}.{domain}>\r\n"
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        "Precedence: bulk\r\n"
    )


def _base_url(identity: Identity) -> str:
    if not _BASE_URL.fullmatch(identity.base_url):
        raise BadInput("base_url cannot stand in a mail's header; write it like https://digest.example.com")
    return identity.base_url.rstrip("/")


def _parts(head: str, text: Body, html: Body, boundary: str) -> tuple[bytes, ...]:
    """Return ``Edition.parts`` of these bodies. Each is whole lines, so it can be checked by itself."""
    opening, middle, closing = _frame(boundary)
    *texts, last = text.segments()
    first, *htmls = html.segments()
    shared = [*texts, last + middle + first, *htmls]
    shared[0] = b"\r\n" + opening + shared[0]
    # What ends the line of the slot before.
    shared[1:] = [_SOFT_BREAK + segment for segment in shared[1:]]
    shared[-1] += closing
    parts = [b""] * (2 * len(shared) + 1)
    parts[::2] = map(stuffed, (head.encode("ascii"), *shared))
    parts[-1] += END
    return tuple(parts)


def _frame(boundary: str) -> tuple[bytes, bytes, bytes]:
    """Return what stands before the text part, between the two, and behind the HTML part."""

    def part(subtype: str) -> str:
        return (
            f"--{boundary}\r\n"
            f"Content-Type: text/{subtype}; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        )

    return part("plain").encode(), f"\r\n{part('html')}".encode(), f"\r\n--{boundary}--\r\n".encode()

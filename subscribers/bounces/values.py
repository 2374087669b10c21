"""What a returned message says, and what was done about it, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a message that came back is. The words are shown and stored; never rename one.

    HARD, SOFT and POLICY are failures: the mailbox is not there and will not be, it cannot take mail for now,
    or the receiver does not want this mail from us, which says nothing about the mailbox.
    """

    HARD = "hard bounce"
    SOFT = "soft bounce"
    POLICY = "refused by policy"
    COMPLAINT = "complaint"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    NOT_SPAM = "not spam"
    OTHER_REPORT = "another report"
    RECEIPT = "read receipt"
    AUTO_REPLY = "automatic reply"
    CHALLENGE = "challenge"
    NOTHING = "no bounce"
    UNREADABLE = "unreadable"


FAILURES = (Kind.HARD, Kind.SOFT, Kind.POLICY)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a message says when it is read, whoever may have written it.

    ``status`` is an enhanced status code (RFC 3463), ``why`` a few words without any address. ``senders`` and
    ``links`` are what a complaint quotes of our mail: envelope senders, and tokens of unsubscribe links. They
    are claims until their signatures are checked.
    """

    kind: Kind
    why: str
    status: str | None = None
    senders: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


class Done(StrEnum):
    """What was done about a returned message."""

    SUPPRESSED = "suppressed"
    PROBED = "counted, and a probe is queued"
    COUNTED = "counted"
    KNOWN = "known already"
    IGNORED = "ignored"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Received:
    """What came of a returned message.

    ``reader`` is the public id, ``mail`` says which mail came back (``2026-W47``, ``notice 12``); both are
    None where nobody could be told from a good signature, or no reader was asked for.
    """

    kind: Kind
    done: Done
    why: str
    status: str | None = None
    reader: str | None = None
    mail: str | None = None

    def __str__(self) -> str:
        """Return one line for a log; it names no reader."""
        return ", ".join(filter(None, (self.kind, self.done, self.status, self.why)))

    def as_json(self) -> dict[str, str | None]:
        """Return it in the words of the JSON interface."""
        return {
            "kind": self.kind.value,
            "done": self.done.value,
            "why": self.why,
            "status": self.status,
            "reader": self.reader,
            "mail": self.mail,
        }

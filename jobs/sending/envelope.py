"""From an envelope to the commands that open it at one server (RFC 5321, 3.3)."""

from __future__ import annotations

import re
from typing import NamedTuple

from digest.errors import TransportError
from jobs.sending.offer import Offer
from jobs.sending.replies import Refused

# What can stand between < and > of a command: printable ASCII without the brackets and spaces, and with
# SMTPUTF8 (RFC 6531, 3.3) what lies beyond ASCII before the @, but for controls and separators.
_MAILBOX = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")
# A sender and a recipient at once: hardly anything else comes, and it is asked once for every reader.
_MAILBOXES = re.compile(rf"{_MAILBOX.pattern} {_MAILBOX.pattern}")
_INTERNATIONAL = re.compile(r"(?:[!-;=?-~]|[^\x00-\x9f\s\ud800-\udfff])+@[!-;=?-~]+")
# RFC 5321, 4.5.3.1.4: with the extensions' parameters, and what an international address may add.
_LONGEST_PATH = 1000
RSET, DATA = b"RSET\r\n", b"DATA\r\n"


class Envelope(NamedTuple):
    """Who a mail is from and for; ``size`` is the message's in octets."""

    sender: str
    recipient: str
    size: int

    @property
    def utf8(self) -> bool:
        """Whether the mail needs SMTPUTF8: asked for only then, since the next server may not have it."""
        return not self.recipient.isascii()


class Opening(NamedTuple):
    """The commands that open an envelope, line ends and all; DATA comes behind them."""

    mail: bytes
    rcpt: bytes

    @property
    def whole(self) -> bytes:
        """All of them as one group, which DATA ends: the message has to wait for the 354 (RFC 2920, 3.1)."""
        return self.mail + self.rcpt + DATA


def opening(envelope: Envelope, offer: Offer, server: str) -> Opening | Refused:
    """Return the commands for a server with this offer, or why this reader cannot be sent to there.

    Raises TransportError, permanent, for what is no reader's doing: a sender that is no address, a message
    larger than the server takes.
    """
    sender, recipient, size = envelope
    plain = _MAILBOXES.fullmatch(f"{sender} {recipient}") and len(recipient) <= _LONGEST_PATH
    if not plain and (refused := _out_of_the_ordinary(envelope, offer, server)):
        return refused
    if offer.size is not None and size > offer.size:
        raise TransportError(
            f"{server} takes no message of more than {offer.size:,} bytes, this one has {size:,}; "
            "show less in the issue ([issue] depth), or ask for a higher limit",
            permanent=True,
        )
    words = f" SIZE={size}" if offer.takes_size else ""
    if envelope.utf8:
        # The header of such a message is UTF-8 itself (RFC 6531, 3.4 and 3.6); every other message is ASCII.
        words += f"{' BODY=8BITMIME' if offer.eight_bit else ''} SMTPUTF8"
    return Opening(f"MAIL FROM:<{sender}>{words}\r\n".encode(), f"RCPT TO:<{recipient}>\r\n".encode())


def _out_of_the_ordinary(envelope: Envelope, offer: Offer, server: str) -> Refused | None:
    """Return why this reader cannot be sent to there, None for an address that needs SMTPUTF8 and gets it."""
    sender, recipient, _ = envelope
    if not _MAILBOX.fullmatch(sender):
        raise TransportError(
            f"{server}: not a plain address to send from; check [mail] from_address", permanent=True
        )
    known = _INTERNATIONAL if envelope.utf8 else _MAILBOX
    if not known.fullmatch(recipient) or len(recipient) > _LONGEST_PATH:
        return Refused(553, "5.1.3 not an address that can be sent to")
    if envelope.utf8 and not offer.utf8:
        return Refused(
            553, "5.6.7 the mail server does not offer SMTPUTF8 (RFC 6531), which this address needs"
        )
    return None

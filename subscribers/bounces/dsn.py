"""Delivery status notifications (RFC 3464): what became of a mail, as a server says it to another."""

from __future__ import annotations

from email.message import Message

from subscribers.bounces.parsing import blocks_of, field, parts
from subscribers.bounces.statuses import code_in, meaning, settle
from subscribers.bounces.values import Finding, Kind

# Of several recipients the mildest fate counts: our mail went to one address, and if it reached anybody
# behind it, the address is good.
_MILDEST_FIRST = (Kind.DELIVERED, Kind.DELAYED, Kind.POLICY, Kind.SOFT, Kind.HARD)
_WENT_ON = {
    "delivered": "it was delivered",
    "relayed": "it was handed to a server that sends no reports",
    "expanded": "it was delivered to several more recipients",
}


def read_dsn(message: Message) -> Finding | None:
    """Return what a delivery status notification says, None for any other message.

    One that names no recipient is none: what it says in prose has to do.
    """
    for part in parts(message):
        if part.get_content_type() == "message/delivery-status":
            found = [finding for block in blocks_of(part) if (finding := _of_recipient(block))]
            if found:
                return min(found, key=lambda finding: _MILDEST_FIRST.index(finding.kind))
    return None


def _of_recipient(block: Message) -> Finding | None:
    """Return what one recipient's group of fields says (RFC 3464, 2.3), None for the message's own group."""
    stated = field(block, "Action").lower()
    status = field(block, "Status")
    if not stated and not status:
        return None
    for word, said in _WENT_ON.items():
        if stated.startswith(word):
            return Finding(Kind.DELIVERED, said, code_in(status))
    if stated.startswith("delay"):
        return Finding(Kind.DELAYED, "the server is still trying", code_in(status))
    code = settle(status, field(block, "Diagnostic-Code"))
    if code is None:
        return Finding(Kind.SOFT, "it could not be delivered, for no stated reason")
    found = meaning(code)
    if found.kind is Kind.DELIVERED and stated.startswith("fail"):
        return Finding(Kind.SOFT, "the report contradicts itself")
    return Finding(found.kind, found.words, code)

"""What an export says about a reader, in our words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from subscribers.values import Reason, Status


@dataclass(frozen=True, slots=True)
class Meaning:
    """Where a row puts its reader. Of several in one row the one with the highest ``weight`` counts.

    ``status`` is None for somebody who is not taken, and ``why`` says the reason. With a ``reason`` the
    address is suppressed too.
    """

    weight: int
    status: Status | None
    reason: Reason | None = None
    why: str = ""


CONFIRMED = Meaning(0, Status.CONFIRMED)
PAUSED = Meaning(1, Status.PAUSED)
PENDING = Meaning(2, Status.PENDING)
NEVER_AGREED = Meaning(3, None, why="they have never confirmed there, so they are not on this list either")
UNCLEAR = Meaning(4, None, why="the row does not say whether they want mail")
LEFT = Meaning(5, Status.UNSUBSCRIBED)
BARRED = Meaning(6, Status.UNSUBSCRIBED, Reason.IMPORTED)
BOUNCED = Meaning(7, Status.BOUNCED, Reason.BOUNCE)
COMPLAINED = Meaning(8, Status.COMPLAINED, Reason.COMPLAINT)

# Words are compared in lower case and without spaces, "-" and "_".
OURS: Mapping[str, Meaning] = {
    "pending": PENDING,
    "confirmed": CONFIRMED,
    "paused": PAUSED,
    "unsubscribed": LEFT,
    "bounced": BOUNCED,
    "complained": COMPLAINED,
}
COMMON: Mapping[str, Meaning] = {
    **OURS,
    **dict.fromkeys(("subscribed", "active", "enabled", "optedin"), CONFIRMED),
    **dict.fromkeys(("unconfirmed", "unactivated", "nonsubscribed"), NEVER_AGREED),
    **dict.fromkeys(("inactive", "disabled", "optedout", "left", "cancelled", "archived", "removed"), LEFT),
    **dict.fromkeys(("blocked", "blocklisted", "blacklisted"), BARRED),
    **dict.fromkeys(("cleaned", "undeliverable"), BOUNCED),
    **dict.fromkeys(("complaint", "spamcomplaint"), COMPLAINED),
}
MAILCHIMP: Mapping[str, Meaning] = {
    "subscribed": CONFIRMED,
    "unsubscribed": LEFT,
    "archived": LEFT,
    "cleaned": BOUNCED,
    "pending": NEVER_AGREED,
    "nonsubscribed": NEVER_AGREED,
    "transactional": NEVER_AGREED,
}
# beehiiv's status words: newsletter-glossary/subscriber-status, and the enum of its API.
BEEHIIV: Mapping[str, Meaning] = {
    "active": CONFIRMED,
    "paused": PAUSED,
    "inactive": LEFT,
    "invalid": BOUNCED,
    **dict.fromkeys(("pending", "validating", "needsapproval", "needsattention"), NEVER_AGREED),
}
# Buttondown's enum SubscriberType. Its "paused" is about paying; such a reader still gets the mail.
BUTTONDOWN: Mapping[str, Meaning] = {
    **dict.fromkeys(("regular", "premium", "trialed", "gifted", "churning", "churned"), CONFIRMED),
    **dict.fromkeys(("paused", "pastdue", "active", "subscribed"), CONFIRMED),
    **dict.fromkeys(("unactivated", "unpaid", "upcoming"), NEVER_AGREED),
    **dict.fromkeys(("unsubscribed", "removed", "disabled"), LEFT),
    **dict.fromkeys(("blocked", "spammy"), BARRED),
    "undeliverable": BOUNCED,
    "complained": COMPLAINED,
}
LISTMONK: Mapping[str, Meaning] = {"enabled": CONFIRMED, "disabled": LEFT, "blocklisted": BARRED}
YES_MEANS_MAIL: Mapping[str, Meaning] = {"true": CONFIRMED, "false": LEFT}
YES_MEANS_NONE: Mapping[str, Meaning] = {"false": CONFIRMED, "true": LEFT}
_YES, _NO = ("yes", "y", "true", "1"), ("no", "n", "false", "0")
# What people write into a column of their own that asks for mail, and into one that asks for none.
ASKS_FOR_MAIL: Mapping[str, Meaning] = {
    **COMMON,
    **dict.fromkeys(_YES, CONFIRMED),
    **dict.fromkeys(_NO, LEFT),
}
ASKS_FOR_NONE: Mapping[str, Meaning] = {**dict.fromkeys(_NO, CONFIRMED), **dict.fromkeys(_YES, LEFT)}

"""Who asks us to wait: one reader's mailbox, a domain, or the relay itself.

A temporary refusal (4xx) seldom says whom it is about, and one code means different things at different
houses. What is here comes from RFC 5321 (4.2), RFC 3463 (3.1-3.8) and from what Amazon SES, Google,
Microsoft, Yahoo, Postfix, Exim and the usual greylisters say.
"""

from __future__ import annotations

import re
from enum import Enum, auto

from subscribers.bounces.statuses import code_in_front


class Whose(Enum):
    """Whom a temporary refusal is about, as far as it can be told."""

    # A mailbox that is full, busy or greylisted: the next reader may well be taken.
    READER = auto()
    # "Try again later" and nothing more: a greylister, or a domain that has had enough. Many of them tell.
    UNCLEAR = auto()
    DOMAIN = auto()
    RELAY = auto()


# The account or the machine we hand mail to, whoever the reader is: Amazon SES (454), Google's relay (450
# 4.2.1, as if of a mailbox), Exchange Online (432), Postfix's anvil (421, 450 4.7.1), Exim, full disks.
_RELAY = re.compile(
    r"throttling failure|maximum sending rate|daily (?:message |sending |user )?(?:quota|limit)|relay limit"
    r"|sender thread limit|concurrent connections? limit|connection rate|server ports are busy"
    r"|too many (?:concurrent )?(?:smtp )?(?:connections?|sessions)"
    r"|too much mail from|too many recipients from"
    r"|insufficient (?:system )?(?:storage|resources)|space shortage|queue file|out of (?:disk|memory)"
    r"|cannot authenticate|temporary authentication",
    re.IGNORECASE,
)
# RFC 3463, 3.4: mail system full; system not accepting network messages.
_SYSTEM = ("4.3.1", "4.3.2")
# The address's, the mailbox's (0 says nothing), and a connection that broke or was idle too long.
_NOT_THE_DOMAIN = re.compile(r"4\.[12]\.[1-9]|4\.4\.2$")
# RFC 5321, 4.2.3: the service closes the channel.
_CLOSING = 421
_GREYLISTED = re.compile(r"gr[ae]y-?list|come back (?:in|later)", re.IGNORECASE)
_RATE = re.compile(
    r"too (?:many|much|fast|quickly|often|frequent)|\brate\b|rate.?limit|throttl|slow (?:it )?down|deferred"
    r"|temporarily (?:blocked|rejected|restricted|suspended)|resources temporarily|\bbusy\b|reputation"
    r"|complaints|unusual|unsolicited|limit exceeded|exceeded .{0,40}(?:limit|quota)|block ?list|black ?list",
    re.IGNORECASE,
)
_LATER = re.compile(r"\b(?:re)?try\b.{0,20}\b(?:later|again)", re.IGNORECASE)


def whose(code: int, text: str) -> Whose:
    """Return whom a refusal with this code, 400 to 499, and this text is about.

    Codes 4.1.x and 4.2.x (RFC 3463) are the address's and the mailbox's even where the text speaks of a rate:
    "the user is receiving mail too quickly" is one user's. The one exception is Google's relay limit.
    """
    enhanced = code_in_front(text) or ""
    of_the_reader = _NOT_THE_DOMAIN.match(enhanced)
    # What stands behind an address's code may be the words of the server that the address leads to.
    if not (of_the_reader and enhanced.startswith("4.1.")) and (_RELAY.search(text) or enhanced in _SYSTEM):
        return Whose.RELAY
    if of_the_reader or _GREYLISTED.search(text):
        return Whose.READER
    if code == _CLOSING or _RATE.search(text):
        return Whose.DOMAIN
    # rspamd greylists with "4.7.1 Try again later", so this comes before the code.
    if _LATER.search(text) or enhanced.startswith(("4.3.", "4.4.")) or (code in (451, 452) and not enhanced):
        return Whose.UNCLEAR
    return Whose.DOMAIN if enhanced.startswith("4.7.") else Whose.READER

"""Whether the operator's own mail server vouches for the address in From (RFC 8601, RFC 7489)."""

from __future__ import annotations

import re
from enum import StrEnum

from subscribers.addresses import Address
from subscribers.mailin.reading import Mail

_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"dmarc\s*=\s*([a-z]+)(.*)", re.IGNORECASE)
_FROM = re.compile(r"header\.from\s*=\s*\"?([A-Za-z0-9.-]+)", re.IGNORECASE)


class Vouched(StrEnum):
    """What DMARC said of From. UNKNOWN: nobody we trust checked, or the domain has no policy."""

    YES = "pass"
    NO = "fail"
    UNKNOWN = "unknown"


def vouched(mail: Mail, author: Address, authserv_id: str | None) -> Vouched:
    """Return what the server named ``authserv_id`` found; without a name nobody is believed.

    That server takes forged headers of its name away (RFC 8601, section 5). Should one slip through beside
    a true one, a failure outweighs a pass.
    """
    found = {
        result
        for value in mail.all("authentication-results")
        for result in _results(value, author, authserv_id)
    }
    if "fail" in found:
        return Vouched.NO
    return Vouched.YES if found == {"pass"} else Vouched.UNKNOWN


def _results(value: str, author: Address, authserv_id: str | None) -> list[str]:
    server, *results = _COMMENT.sub("", value).split(";")
    if authserv_id is None or server.split()[:1] != [authserv_id]:
        return []
    found = []
    for result in results:
        match = _RESULT.fullmatch(result.strip())
        if match is None:
            continue
        about = _FROM.search(match[2])
        if about is not None and about[1].lower() == author.key.rpartition("@")[2]:
            found.append(match[1].lower())
    return found

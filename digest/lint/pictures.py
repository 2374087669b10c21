"""Pictures that stand on the web: whether they are there, and what they weigh on a phone's connection."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.links import Ask
from digest.lint.values import Finding, Mail, Severity

# Bytes of one picture that a phone on a slow line still has within two or three seconds (some 1 Mbit/s).
HEAVIEST = 300_000


def pictures_of(mail: Mail) -> list[str]:
    """Return the addresses of a message's pictures, once each, those packed into it left out."""
    sources = (element.get("src") or "" for element in mail.elements() if element.tag == "img")
    return list(dict.fromkeys(source for source in sources if source and not source.startswith("data:")))


def check_pictures(mail: Mail, ask: Ask) -> Iterator[Finding]:
    """Find pictures on the web that nobody gets, or that weigh more than HEAVIEST bytes; only on request."""
    for source in pictures_of(mail):
        found = ask(source)
        where = f"<img src={source[:80]}>"
        if found.private or found.status is None or found.status >= 400:
            answer = (
                "stands at a private address" if found.private else f"answers {found.status or 'nothing'}"
            )
            yield Finding(
                "image-status", Severity.ERROR, where, f"it {answer}", "put it where every reader gets it"
            )
        elif found.size > HEAVIEST:
            yield Finding(
                "image-weight",
                Severity.WARNING,
                where,
                f"it has more than {HEAVIEST // 1000} kB; on a phone it comes late",
                "save it smaller: twice the width it is shown in is enough",
            )

"""Links: where they lead, and whether anybody but this machine can follow them."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from digest.lint.values import Finding, Mail, Severity

# Asks our own pages, or the web: an address in, an HTTP status out; None where nobody answers.
Fetch = Callable[[str], int | None]
_SCHEMES = ("https", "http", "mailto")
_WORDLESS = ("click here", "here", "read more", "more", "link")


def check_links(mail: Mail) -> Iterator[Finding]:
    """Find links with a bad scheme or host, without words, or that only work on this machine."""
    if _is_local(urlsplit(mail.base_url).hostname or ""):
        yield Finding(
            "link-host",
            Severity.WARNING,
            mail.base_url,
            "readers cannot open pages on this machine; every link of the issue leads there",
            "set [web] base_url to the address your readers reach",
        )
    own = urlsplit(mail.base_url).netloc
    for address, words in dict(mail.links()).items():
        yield from _problems(address, words, own)


def check_internal(mail: Mail, fetch: Fetch) -> Iterator[Finding]:
    """Find links to our own pages that do not answer with 200."""
    for address in _addresses(mail):
        if address.startswith(f"{mail.base_url}/") and (status := fetch(address)) != 200:
            yield Finding(
                "link-status",
                Severity.ERROR,
                address,
                f"our own page answers {status or 'nothing'}",
                "publish what it leads to, or take the link out of the template",
            )


def check_external(mail: Mail, fetch: Fetch) -> Iterator[Finding]:
    """Find links to other sites that do not answer; asks them, so only on request."""
    for address in _addresses(mail):
        if address.startswith(("http://", "https://")) and not address.startswith(mail.base_url):
            status = fetch(address)
            if status is None or status >= 400:
                yield Finding(
                    "link-status",
                    Severity.WARNING,
                    address,
                    f"the other site answers {status or 'nothing'}",
                    "open it by hand; some sites turn programs away",
                )


def _problems(address: str, words: str, own: str) -> Iterator[Finding]:
    where = f"“{words[:40]}” → {address[:80]}"
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in _SCHEMES or (parts.scheme != "mailto" and not host):
        yield Finding(
            "link-scheme",
            Severity.ERROR,
            where,
            "a mail client opens only whole https, http and mailto addresses",
            "write the whole address, https:// in front",
        )
        return
    if parts.netloc != own and parts.scheme != "mailto" and _is_local(host):
        yield Finding(
            "link-host", Severity.ERROR, where, "it leads to a private address", "name a public one"
        )
    if not words:
        yield Finding(
            "link-words",
            Severity.WARNING,
            where,
            "a screen reader spells out the address of a link without words",
            "give it words, or an image with an alt text",
        )
    elif words.casefold().strip(" .›→") in _WORDLESS:
        yield Finding(
            "link-words",
            Severity.WARNING,
            where,
            "out of its sentence it says nothing about where it leads",
            "name what is behind it",
        )


def _addresses(mail: Mail) -> list[str]:
    return list(dict.fromkeys(address.partition("#")[0] for address, _ in mail.links()))


def _is_local(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))

"""Links: where they lead, and whether anybody but this machine can follow them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from digest.lint.addresses import is_near, is_web, own_path, parts_of
from digest.lint.values import Finding, Mail, Severity


@dataclass(frozen=True, slots=True)
class Answered:
    """What another site said: its HTTP status, None for nothing; ``private`` was not even asked.

    ``size`` is how many bytes came, at most what was asked for and one more.
    """

    status: int | None
    private: bool = False
    size: int = 0


# Asks our own pages: an address in, an HTTP status out; None where nobody answers.
Fetch = Callable[[str], int | None]
# Asks another site.
Ask = Callable[[str], Answered]
_WORDLESS = ("click here", "here", "read more", "more", "link")


def check_links(mail: Mail) -> Iterator[Finding]:
    """Find links with a bad scheme or host, without words, or that only work on this machine."""
    base = parts_of(mail.base_url)
    if base is not None and is_near(base.hostname or ""):
        yield Finding(
            "link-host",
            Severity.WARNING,
            mail.base_url,
            "readers cannot open pages on this machine; every link of the issue leads there",
            "set [web] base_url to the address your readers reach",
        )
    # One address may stand under several words, and each of them is read out.
    for address, words in dict.fromkeys(mail.links()):
        yield from _problems(address, words, mail.base_url)


def check_internal(mail: Mail, fetch: Fetch) -> Iterator[Finding]:
    """Find links to our own pages that do not answer with 200."""
    for address in addresses(mail):
        if own_path(address, mail.base_url) and (status := fetch(address)) != 200:
            yield Finding(
                "link-status",
                Severity.ERROR,
                address,
                f"our own page answers {status or 'nothing'}",
                "publish what it leads to, or take the link out of the template",
            )


def check_external(mail: Mail, ask: Ask) -> Iterator[Finding]:
    """Find links to other sites that do not answer or lead to a private address; only on request."""
    for address in addresses(mail):
        if not is_web(address) or own_path(address, mail.base_url):
            continue
        found = ask(address)
        if found.private:
            yield _private(address)
        elif found.status is None or found.status >= 400:
            yield Finding(
                "link-status",
                Severity.WARNING,
                address,
                f"the other site answers {found.status or 'nothing'}",
                "open it by hand; some sites turn programs away",
            )


def addresses(mail: Mail) -> list[str]:
    """Return where the links of a message lead, once each, without the place on the page."""
    return list(dict.fromkeys(address.partition("#")[0] for address, _ in mail.links()))


def _problems(address: str, words: str, base_url: str) -> Iterator[Finding]:
    where = f"“{words[:40]}” → {address[:80]}"
    parts = parts_of(address)
    if parts is None or not (parts.scheme == "mailto" or is_web(address)):
        yield Finding(
            "link-scheme",
            Severity.ERROR,
            where,
            "a mail client opens only whole https, http and mailto addresses",
            "write the whole address, https:// in front",
        )
        return
    if is_web(address) and not own_path(address, base_url) and is_near(parts.hostname or ""):
        yield _private(where)
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


def _private(where: str) -> Finding:
    return Finding("link-host", Severity.ERROR, where, "it leads to a private address", "name a public one")

"""What the message itself must be: whole MIME, lines a server takes, headers that bulk receivers ask for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from digest.lint.values import Finding, Mail, Severity
from digest.rendering.sizes import CLIP, SIZE_LIMIT

# RFC 5322, 2.1.1 and 3.6; the receivers' own demands are named at each rule.
_LINE = 998
_ONCE = (
    "from",
    "to",
    "date",
    "subject",
    "message-id",
    "mime-version",
    "list-unsubscribe",
    "list-unsubscribe-post",
)
_MESSAGE_ID = re.compile(r"<[^<>@\s]+@[^<>@\s]+>")
_UNFILLED = re.compile(r"\{\{|\{%|%%[A-Za-z_]+%%|\*\|[A-Z_]+\|\*|\[\[[a-z_]+\]\]")


def check_size(mail: Mail) -> Iterator[Finding]:
    """Find HTML that Gmail would clip, and with it the way to unsubscribe."""
    size = len(mail.html.encode())
    if size > SIZE_LIMIT:
        yield Finding(
            "size",
            Severity.ERROR if size >= CLIP else Severity.WARNING,
            "HTML body",
            f"{size:,} bytes; Gmail clips near {CLIP:,} and hides the end, the unsubscribe link too",
            'let the depth give way, [issue] depth = "auto"; digest preview shows what each depth weighs'
            if mail.depth_chosen
            else "show fewer matchups, [selection] size, or less in each take: the depth gave way already",
        )


def check_slots(mail: Mail) -> Iterator[Finding]:
    """Find places where something personal, or a template's value, was never filled in."""
    for part, body in (("HTML body", mail.html), ("text body", mail.text), ("subject", mail.subject)):
        if mail.sentinel and mail.sentinel in body:
            yield Finding(
                "slots",
                Severity.ERROR,
                part,
                "a slot was left unfilled",
                "print only slots that a reader has",
            )
        if found := _UNFILLED.search(body):
            yield Finding(
                "slots",
                Severity.WARNING,
                part,
                f"“{found[0]}” looks like a placeholder nobody filled",
                "mend the template, or the tool's text it stands in",
            )


def check_mime(mail: Mail) -> Iterator[Finding]:
    """Find defects of the MIME structure, and lines a server may refuse (RFC 5322, 2.1.1)."""
    for part in mail.parsed.walk():
        for defect in part.defects:
            yield _mime(part.get_content_type(), f"{type(defect).__name__}: {defect}")
    kinds = [part.get_content_type() for part in mail.parsed.walk()]
    if kinds != ["multipart/alternative", "text/plain", "text/html"]:
        yield _mime("message", f"its parts are {', '.join(kinds)}; a client shows the last it knows")
    longest = max(map(len, mail.message.split(b"\r\n")), default=0)
    if longest > _LINE:
        yield _mime("message", f"a line has {longest:,} bytes; {_LINE} are allowed")
    if re.search(rb"(?<!\r)\n|\r(?!\n)", mail.message):
        yield _mime("message", "a bare line feed or carriage return; servers refuse or cut there")


def check_headers(mail: Mail) -> Iterator[Finding]:
    """Find headers that are missing, doubled or not as Gmail, Yahoo and Outlook.com ask of bulk mail."""
    names = Counter(name.lower() for name in mail.parsed)
    for name in _ONCE:
        if names[name] != 1:
            yield _header(name, "is missing" if not names[name] else f"is there {names[name]} times")
    identifier = str(mail.parsed.get("Message-ID", "")).strip()
    if identifier and not _MESSAGE_ID.fullmatch(identifier):
        yield _header("message-id", f"“{identifier[:60]}” is no message id (RFC 5322, 3.6.4)")
    unsubscribe = str(mail.parsed.get("List-Unsubscribe", ""))
    web = re.findall(r"<(https?://[^>]*)>", unsubscribe)
    if unsubscribe and len(web) != 1:
        yield _header("list-unsubscribe", f"names {len(web)} web addresses; RFC 8058 takes one")
    elif web and not web[0].startswith("https://"):
        yield Finding(
            "headers",
            Severity.WARNING,
            "List-Unsubscribe",
            "one-click needs https (RFC 8058, 2); Gmail shows no button otherwise",
            "set [web] base_url to the https address your readers reach",
        )
    post = str(mail.parsed.get("List-Unsubscribe-Post", ""))
    if post and post != "List-Unsubscribe=One-Click":
        yield _header("list-unsubscribe-post", "must say List-Unsubscribe=One-Click (RFC 8058, 3.1)")


def _mime(where: str, why: str) -> Finding:
    return Finding("mime", Severity.ERROR, where, why, "report it: messages are composed by the program")


def _header(name: str, why: str) -> Finding:
    shown = "-".join(part.capitalize() for part in name.split("-"))
    return Finding("headers", Severity.ERROR, shown, why, "see [mail] and [web] base_url in digest.toml")

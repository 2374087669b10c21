"""What a screen reader, a phone and a picture blocker meet: language, headings, roles, images, text size."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.lint.values import Finding, Mail, Severity, snippet

# The widest that an e-mail's column is anywhere.
WIDEST_IMAGE = 640
_PIXELS = re.compile(r"(\d+(?:\.\d+)?)(?:px)?$")


def check_language(mail: Mail) -> Iterator[Finding]:
    """Find a document that does not say which language it is in (WCAG 2.2, 3.1.1)."""
    if not mail.tree.get("lang"):
        yield Finding(
            "language",
            Severity.ERROR,
            "<html>",
            "without lang a screen reader takes the wrong voice",
            'write <mjml lang="en"> in the template',
        )


def check_headings(mail: Mail) -> Iterator[Finding]:
    """Find headings that skip a level, and a document without, or with more than one, first heading."""
    headings = [element for element in mail.elements() if re.fullmatch(r"h[1-6]", str(element.tag))]
    first = sum(element.tag == "h1" for element in headings)
    if first != 1:
        yield Finding(
            "headings",
            Severity.WARNING,
            "<body>",
            f"there are {first} <h1>; a reader who jumps by headings looks for one",
            "make the masthead's title the only <h1>",
        )
    level = 0
    for element in headings:
        own = int(str(element.tag)[1])
        if own > level + 1:
            yield Finding(
                "headings",
                Severity.ERROR,
                snippet(element),
                f"<h{own}> follows " + (f"<h{level}>; a level is missing" if level else "no <h1>"),
                f"make it <h{level + 1}>",
            )
        level = own


def check_tables(mail: Mail) -> Iterator[Finding]:
    """Find tables for layout that a screen reader would announce as tables of data."""
    bare = [
        element
        for element in mail.elements()
        if element.tag == "table"
        and not element.get("role")
        and element.find(".//th") is None
        and not element.xpath("ancestor-or-self::*[@aria-hidden='true']")
    ]
    if bare:
        yield Finding(
            "table-role",
            Severity.WARNING,
            snippet(bare[0]),
            f"{len(bare)} tables have no role; a screen reader announces rows and columns that mean nothing",
            'add role="presentation"',
        )


def check_images(mail: Mail) -> Iterator[Finding]:
    """Find images without a text in their place, too wide, without a width, or packed into the message."""
    for element in mail.elements():
        if element.tag != "img":
            continue
        where = f"line {element.sourceline}, <img src={(element.get('src') or '')[:60]}>"
        if element.get("alt") is None:
            yield Finding(
                "alt-text",
                Severity.ERROR,
                where,
                "with images off nothing stands in its place",
                "give it an alt text",
            )
        width = _pixels(element.get("width") or "")
        if width is None:
            yield Finding(
                "image-width",
                Severity.ERROR,
                where,
                "Outlook shows it in its full size without a width",
                f"set width to at most {WIDEST_IMAGE}",
            )
        elif width > WIDEST_IMAGE:
            yield Finding(
                "image-width",
                Severity.ERROR,
                where,
                f"it is {width:.0f} px wide; the column has {WIDEST_IMAGE}",
                f"set width to at most {WIDEST_IMAGE}",
            )
        if (element.get("src") or "").startswith("data:"):
            yield Finding(
                "image-weight",
                Severity.ERROR,
                where,
                "Gmail and Outlook do not show images packed into the HTML, and they add to its size",
                "put the file on the web and name its https address",
            )


def _pixels(value: str) -> float | None:
    found = _PIXELS.match(value.strip())
    return float(found[1]) if found else None

"""RSS, Atom and JSON Feed as entries. Pure; XML goes through feedparser, which is only ever handed bytes.

What a feed says is text by strangers: markup is taken off, links are http or https, lengths are bounded.
"""

from __future__ import annotations

import json
from calendar import timegm
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from io import BytesIO
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.sax import SAXException

from digest.catalogue.cleaning import paragraph
from digest.catalogue.feeds.values import Feed, FeedEntry
from digest.catalogue.pages.markup import shown_lines
from digest.errors import BadInput
from digest.text import excerpt

# The newest so many are read; whoever publishes more between two polls publishes no tools.
MOST_ENTRIES = 500
# JSON is read beside the sender: so many items are looked at, however small they are.
_MOST_ITEMS = 5_000
_TITLE, _SUMMARY, _CATEGORY, _LINK, _KEY = 300, 2_000, 60, 2_000, 300
_DAYS = ("published_parsed", "updated_parsed", "created_parsed")
# What feedparser was seen to raise for odd input, instead of saying that it is odd.
_PARSER_FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
# So much markup is looked at for one text.
_MARKUP = 50_000


def json_of(data: bytes) -> Any:
    """Return JSON as Python values; raise BadInput with the line for what is none."""
    try:
        return json.loads(data)
    except json.JSONDecodeError as error:
        raise BadInput(f"not JSON in line {error.lineno}: {error.msg}") from None
    except UnicodeDecodeError:
        raise BadInput("not JSON: it is not UTF-8") from None
    except (RecursionError, ValueError):
        # Brackets without end, or a number of thousands of digits.
        raise BadInput(
            "not JSON that anybody means: it is nested too deep, or a number is too long"
        ) from None


def is_json_feed(value: object) -> bool:
    """Whether JSON calls itself a JSON Feed (jsonfeed.org, version 1 or 1.1)."""
    return isinstance(value, Mapping) and str(value.get("version")).startswith(
        "https://jsonfeed.org/version/1"
    )


def read_json_feed(value: Any, url: str) -> Feed:
    """Return a JSON Feed's entries; raise BadInput if it has no list of items."""
    items = value.get("items") if is_json_feed(value) else None
    if not isinstance(items, list):
        raise BadInput("expected a JSON Feed with a list of items")
    items = items[:_MOST_ITEMS]
    return _feed([_json_entry(item, url) for item in items if isinstance(item, Mapping)], len(items))


def _json_entry(item: Mapping[str, Any], base: str) -> FeedEntry | None:
    def said(*names: str) -> str:
        return next((value for name in names if isinstance(value := item.get(name), str) and value), "")

    tags = item.get("tags")
    key = item.get("id")
    return _entry(
        key=str(key) if isinstance(key, str | int) else "",
        title=said("title"),
        summary=said("summary", "content_text", "content_html"),
        link=_web_link(said("external_url") or said("url"), base),
        category=str(tags[0]) if isinstance(tags, list) and tags else "",
        published_on=_iso_day(said("date_published", "date_modified")),
    )


def read_xml_feed(data: bytes, url: str, content_type: str = "") -> Feed:
    """Return the RSS or Atom feed in ``data``, which came from ``url``; raise BadInput for what is none.

    A feed that is not well-formed but has entries is read as far as it goes, with a warning.
    """
    parsed = _parsed(data, url, content_type)
    entries = parsed.entries
    trouble = _trouble(parsed.get("bozo_exception"))
    if not entries and (trouble or not parsed.get("version")):
        raise BadInput(f"is no feed that can be read ({trouble})" if trouble else "is no feed")
    feed = _feed([_xml_entry(entry, url) for entry in entries], len(entries))
    if trouble is None:
        return feed
    broken = f"is not well-formed ({trouble}); read as far as it goes"
    return replace(feed, warnings=(broken, *feed.warnings))


def _parsed(data: bytes, url: str, content_type: str) -> Any:
    import feedparser

    # Without a charset text/xml would mean US-ASCII to the parser, which RFC 7303 has done away with.
    kind = content_type if "charset" in content_type.lower() else "application/xml"
    try:
        return feedparser.parse(
            # Bare bytes would be taken for the name of a file first.
            BytesIO(data),
            response_headers={"content-location": url, "content-type": kind},
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except _PARSER_FAULTS as error:
        raise BadInput(f"is no feed that can be read ({type(error).__name__} in the parser)") from error


def _trouble(error: Exception | None) -> str | None:
    """Return what is wrong with the XML, in words; a wrong word about its encoding does not count."""
    from feedparser import CharacterEncodingOverride, NonXMLContentType

    if error is None or isinstance(error, CharacterEncodingOverride | NonXMLContentType):
        return None
    return _plain(error.getMessage() if isinstance(error, SAXException) else str(error))


def _xml_entry(entry: Any, base: str) -> FeedEntry | None:
    contents = entry.get("content") or [{}]
    return _entry(
        key=entry.get("id") or "",
        title=entry.get("title") or "",
        summary=entry.get("summary") or contents[0].get("value") or "",
        link=_web_link(entry.get("link") or "", base),
        category=next((tag.get("label") or tag.get("term") for tag in entry.get("tags") or ()), None) or "",
        published_on=_day(next((entry[day] for day in _DAYS if day in entry), None)),
    )


def _entry(
    *, key: str, title: str, summary: str, link: str | None, category: str, published_on: date | None
) -> FeedEntry | None:
    """Return an entry with its texts made plain; None without a title, for then it has no name."""
    title = _plain(title)
    if not title:
        return None
    return FeedEntry(
        key=short_key(key or link or title),
        title=excerpt(title, _TITLE),
        summary=excerpt(_plain(summary), _SUMMARY) or None,
        link=link,
        category=excerpt(_plain(category), _CATEGORY) or None,
        published_on=published_on,
    )


def _feed(found: Iterable[FeedEntry | None], total: int) -> Feed:
    entries: dict[str, FeedEntry] = {}
    for entry in found:
        if entry is not None:
            entries.setdefault(entry.key, entry)
    # Undated ones first, in the feed's own order: feeds begin with what is new.
    newest = sorted(entries.values(), key=lambda entry: entry.published_on or date.max, reverse=True)
    return Feed(tuple(newest[:MOST_ENTRIES]), tuple(_remarks(len(entries), total)))


def _remarks(different: int, total: int) -> Iterator[str]:
    if different > MOST_ENTRIES:
        yield f"has {different:,} entries; only the newest {MOST_ENTRIES} are read"
    if different < total:
        yield f"has {total - different:,} entries without a title or twice; left out"


def short_key(key: str) -> str:
    """Return a key as it is kept: itself, or a hash of one that is long beyond reason."""
    key = paragraph(key)
    return key if len(key) <= _KEY else f"sha256:{sha256(key.encode()).hexdigest()}"


def _plain(text: str) -> str:
    """Return text or HTML as one paragraph of what a reader would see."""
    text = text[:_MARKUP]
    if "<" not in text and "&" not in text:
        return paragraph(text)
    return paragraph(" ".join(line.text for line in shown_lines(text, "feed")))


def _web_link(link: str, base: str) -> str | None:
    """Return a link as http or https; None for anything else, such as ``javascript:``."""
    try:
        whole = urljoin(base, link.strip()) if link.strip() else ""
        parts = urlsplit(whole)
    except ValueError:
        return None
    fits = len(whole) <= _LINK and not any(char.isspace() or char in "\"'<>" for char in whole)
    is_plain = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    return paragraph(whole) if fits and is_plain else None


def _day(parsed: Any) -> date | None:
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC).date() if parsed else None
    except (ValueError, OverflowError, OSError, TypeError):
        return None


def _iso_day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None

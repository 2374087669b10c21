"""What a fetch brings back, and what an answer that brings nothing means. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from digest.errors import DigestError

_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/json")
_KINDS = {"", "application/octet-stream", "application/json", "application/xml", "text/plain", "text/xml"}
_PAGES = {"text/html", "application/xhtml+xml"}
# A page names its feeds in its head.
_HEAD = 100_000
# As digits; more would be no wait but a joke.
_LONGEST_WAIT = 9
_LONGEST = 500
_SHOWN = 200


class FetchError(DigestError):
    """A URL could not be fetched. ``gone`` means for good; ``retry_after`` is the header of that name."""

    def __init__(self, message: str, *, gone: bool = False, retry_after: str | None = None) -> None:
        self.gone = gone
        self.retry_after = retry_after
        super().__init__(message)


class PrivateAddress(FetchError):
    """The URL, or where it sends us on to, leads to an address that is not asked."""


@dataclass(frozen=True, slots=True)
class Answer:
    """``data`` is None for "not modified". ``url`` is where it came from in the end.

    ``etag`` and ``last_modified`` are for asking again; ``moved`` is where a URL moved to for good.
    """

    data: bytes | None
    content_type: str
    url: str
    etag: str | None = None
    last_modified: str | None = None
    moved: str | None = None


def shown(url: str) -> str:
    """Return a URL as it may be shown and logged: without its query and its password, either may be a key."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "the url"
    whole = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return whole[:_SHOWN] + ("?…" if parts.query else "")


def check_status(url: str, status: int, headers: Mapping[str, str]) -> None:
    """Raise FetchError unless the answer is a whole body (200) or "not modified" (304); RFC 9110, 15."""
    if status in (200, 304):
        return
    match status:
        case 410:
            raise FetchError(f"{shown(url)} is gone for good (410); write another url", gone=True)
        case 404:
            what = "is not there (404); check the url"
        case 401 | 403:
            what = f"is not for us ({status}); ask its owner for an open url"
        case 429 | 503:
            what = f"asks to come back later ({status})"
        case _ if status >= 500:
            what = f"is out of order ({status}); it is tried again later"
        case _:
            what = f"answers {status} instead of a feed; check the url"
    raise FetchError(f"{shown(url)} {what}", retry_after=headers.get("retry-after"))


def check_type(url: str, content_type: str, data: bytes) -> None:
    """Raise FetchError for a content type that no feed has; for a web page, with the feed it names."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in _PAGES:
        feed = feed_named_by(data, url)
        hint = f"the feed may be at {feed}" if feed else "look there for a link to its feed"
        raise FetchError(f"{shown(url)} is a web page; {hint}")
    if kind not in _KINDS and not kind.endswith(("+xml", "+json")):
        raise FetchError(f"{shown(url)} is of the type {kind[:40]}; expected a feed, XML or JSON")


def feed_named_by(page: bytes, url: str) -> str | None:
    """Return the first feed that a web page links to as its alternate, or None."""
    finder = _FeedFinder()
    try:
        finder.feed(page[:_HEAD].decode("utf-8", "replace"))
    except AssertionError:
        # html.parser gives up like this on a broken declaration such as "<![".
        return None
    try:
        found = urljoin(url, finder.found) if finder.found else ""
    except ValueError:
        return None
    fits = found.isprintable() and len(found) <= _LONGEST
    return found if fits and found.startswith(("http://", "https://")) else None


def retry_time(header: str | None, now: datetime) -> datetime | None:
    """Return when a Retry-After header (RFC 9110, 10.2.3) allows another try; None for none or nonsense."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return now + timedelta(seconds=int(text[:_LONGEST_WAIT]))
    try:
        named = parsedate_to_datetime(text)
        return named.replace(tzinfo=named.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def validator(header: str | None) -> str | None:
    """Return an ETag or Last-Modified as it may be sent back, or None."""
    fits = header and header.isascii() and header.isprintable() and len(header) <= _LONGEST
    return header if fits else None


class _FeedFinder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: (value or "").strip() for name, value in attrs}
        is_feed = "alternate" in named.get("rel", "").lower().split() and named.get("type") in _FEED_TYPES
        if tag == "link" and is_feed and self.found is None:
            self.found = named.get("href")

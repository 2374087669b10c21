from datetime import UTC, datetime, timedelta

import pytest

from digest.catalogue.feeds.answers import (
    FetchError,
    check_status,
    check_type,
    feed_named_by,
    retry_time,
    shown,
    validator,
)

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
URL = "https://example.com/news"


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (404, "is not there (404); check the url"),
        (401, "is not for us (401); ask its owner for an open url"),
        (429, "asks to come back later (429)"),
        (502, "is out of order (502); it is tried again later"),
        (206, "answers 206 instead of a feed; check the url"),
        (410, "is gone for good (410); write another url"),
    ],
)
def test_each_status_says_what_to_do(status: int, says: str) -> None:
    with pytest.raises(FetchError) as raised:
        check_status(URL + "?key=1", status, {"retry-after": "9"})
    assert str(raised.value) == f"{URL}?… {says}"
    assert raised.value.gone is (status == 410)


@pytest.mark.parametrize(
    "kind",
    [
        *("application/rss+xml", "application/atom+xml; charset=utf-8", "text/xml", "application/feed+json"),
        *("application/json", "text/plain", "Application/RDF+XML", "application/octet-stream", ""),
    ],
)
def test_every_type_that_feeds_are_served_as_passes(kind: str) -> None:
    check_type(URL, kind, b"")


@pytest.mark.parametrize("kind", ["image/png", "application/pdf", "audio/mpeg"])
def test_other_types_are_refused(kind: str) -> None:
    with pytest.raises(FetchError, match=f"is of the type {kind}; expected a feed, XML or JSON"):
        check_type(URL, kind, b"<rss>")


def test_a_web_page_is_refused_with_the_feed_it_names() -> None:
    page = b'<html><head><link rel="alternate" type="application/atom+xml" href="/feed.atom"><title>x'
    with pytest.raises(FetchError, match=r"is a web page; the feed may be at https://example.com/feed.atom$"):
        check_type(URL, "text/html; charset=utf-8", page)
    with pytest.raises(FetchError, match="is a web page; look there for a link to its feed"):
        check_type(URL, "application/xhtml+xml", b"<html>")


@pytest.mark.parametrize(
    "link",
    [
        '<link rel="stylesheet" type="application/rss+xml" href="/a">',
        '<link rel="alternate" type="text/html" href="/a">',
        '<link rel="alternate" type="application/rss+xml">',
        '<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">',
        '<link rel="alternate" type="application/rss+xml" href="http://[::1/">',
        '<link rel="alternate" type="application/rss+xml" href="/a\x1b[31m">',
        '<!-- <link rel="alternate" type="application/rss+xml" href="/a"> -->',
    ],
)
def test_only_a_link_to_a_feed_counts_as_one(link: str) -> None:
    assert feed_named_by(link.encode(), URL) is None


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", timedelta(seconds=120)),
        (" 0 ", timedelta()),
        ("Fri, 20 Nov 2026 10:30:00 GMT", timedelta(minutes=90)),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, wait: timedelta) -> None:
    assert retry_time(header, NOW) == NOW + wait


@pytest.mark.parametrize("header", [None, "", "soon", "-5", "１２", "1.5"])
def test_retry_after_that_makes_no_sense_is_none(header: str | None) -> None:
    assert retry_time(header, NOW) is None


def test_an_endless_retry_after_is_a_date_all_the_same() -> None:
    assert retry_time("9" * 1_000, NOW) is not None


def test_a_url_is_shown_without_what_may_be_a_key() -> None:
    assert shown("https://user:pw@example.com:8443/f?key=secret") == "https://example.com:8443/f?…"
    assert shown("https://example.com/f") == "https://example.com/f"
    assert shown("https://[::1/f?key=secret") == "the url"


def test_a_validator_is_kept_only_if_it_can_be_sent_back() -> None:
    assert validator('W/"abc"') == 'W/"abc"'
    assert validator(None) is validator("") is validator("é") is validator('"a\r\nb"') is None
    assert validator("x" * 1_000) is None


@pytest.mark.parametrize("year", ["2027 00:00:00 +99999999999999999999", "99999999999999999999 00:00:00 GMT"])
def test_a_retry_after_beyond_all_calendars_is_none(year: str) -> None:
    assert retry_time(f"Mon, 01 Jan {year}", NOW) is None


def test_a_page_that_html_parser_gives_up_on_names_no_feed() -> None:
    assert feed_named_by(b"<![\n", URL) is None

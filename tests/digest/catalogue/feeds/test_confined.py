import pytest

from digest.catalogue.feeds.confined import read_confined
from digest.catalogue.feeds.feedform import read_xml_feed
from digest.errors import BadInput

URL = "https://example.com/feed?key=1"
RSS = (
    b"<rss version='2.0'><channel><item><title>Caf\xe9</title><pubDate>17 Nov 2026</pubDate></item></channel>"
)


def test_it_reads_what_reading_here_reads() -> None:
    kind = "text/xml; charset=latin-1"
    assert read_confined(RSS, URL, kind) == read_xml_feed(RSS, URL, kind)


def test_what_is_no_feed_is_the_same_error() -> None:
    with pytest.raises(BadInput, match="is no feed"):
        read_confined(b"<html>", URL)


def test_a_feed_written_to_keep_the_parser_busy_is_given_up() -> None:
    with pytest.raises(BadInput, match=r"takes longer than 1\.5 s to read"):
        read_confined(b"<rss version='2.0'>" + b"<a>" * 2_000_000, URL, seconds=1.5)


def test_a_feed_that_takes_the_memory_is_given_up() -> None:
    with pytest.raises(BadInput, match="takes too much memory"):
        read_confined(RSS, URL, memory=1_000_000)

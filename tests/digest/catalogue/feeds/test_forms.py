import json

import pytest

from digest.catalogue.feeds.feedform import read_xml_feed
from digest.catalogue.feeds.forms import read_feed_content
from digest.catalogue.feeds.values import FeedContent
from digest.errors import BadInput
from tests.factories import RULES

RSS = b"<rss version='2.0'><channel><item><title>Loupe: reads a page</title></item></channel></rss>"
JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "items": [{"id": "1", "title": "Loupe: reads a page"}],
}


def content(data: bytes, content_type: str = "", category: str | None = None) -> FeedContent:
    return read_feed_content(
        data, "https://example.com/", content_type, category=category, rules=RULES, read_xml=read_xml_feed
    )


@pytest.mark.parametrize(
    "data",
    [
        RSS,
        b"\n  " + RSS,
        json.dumps(JSON_FEED).encode(),
        b"\xef\xbb\xbf" + json.dumps(JSON_FEED).encode(),
        b'{"tools": [{"name": "Loupe", "tagline": "reads a page"}]}',
        b'[{"name": "Loupe", "tagline": "reads a page"}]',
    ],
)
@pytest.mark.parametrize("kind", ["text/plain", "application/json", "text/xml"])
def test_each_form_is_known_by_what_it_is_not_by_its_type(data: bytes, kind: str) -> None:
    (arrival,) = content(data, kind).arrivals
    assert (arrival.model.name, arrival.model.tagline) == ("Loupe", "reads a page")


def test_a_draft_that_does_not_hold_is_refused_alone() -> None:
    invisible = RSS.replace(b"Loupe: reads a page", b"&#8203;")
    both = invisible.replace(b"</channel>", b"<item><title>Lantern</title></item></channel>")
    found = content(both)
    assert [arrival.model.name for arrival in found.arrivals] == ["Lantern"]
    assert found.refused == (
        "\u200b: name: expected a text that can be seen; it has only invisible characters",
    )


def test_other_json_is_refused() -> None:
    with pytest.raises(BadInput, match="is JSON, but neither a JSON Feed nor a list of tools"):
        content(b'{"hello": 1}')

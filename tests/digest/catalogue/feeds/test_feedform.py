"""Every kind of feed as entries, and hostile ones made harmless."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from digest.catalogue.feeds.feedform import MOST_ENTRIES, json_of, read_json_feed, read_xml_feed
from digest.catalogue.feeds.values import Feed, FeedEntry
from digest.errors import BadInput

URL = "https://example.com/news/feed.xml"
ATOM = 'xmlns="http://www.w3.org/2005/Atom"'


def rss(*items: str, head: str = '<?xml version="1.0"?>') -> Feed:
    text = f'{head}<rss version="2.0"><channel><title>News</title>{"".join(items)}</channel></rss>'
    return read_xml_feed(text.encode(), URL)


def only(feed: Feed) -> FeedEntry:
    assert len(feed.entries) == 1
    return feed.entries[0]


def refusal(data: bytes) -> str:
    with pytest.raises(BadInput) as raised:
        read_xml_feed(data, URL)
    return str(raised.value)


def test_an_rss_item() -> None:
    feed = rss(
        "<item><title>Loupe &#8211; reads a page</title><link>https://loupe.test/</link>"
        '<guid isPermaLink="false">loupe-1</guid><category>Developer Tools</category>'
        "<description>&lt;p&gt;Reads &lt;b&gt;one&lt;/b&gt; page.&lt;/p&gt;&lt;p&gt;AT&amp;amp;T.&lt;/p&gt;"
        "</description><pubDate>Tue, 17 Nov 2026 23:30:00 -0500</pubDate></item>"
    )
    assert only(feed) == FeedEntry(
        key="loupe-1",
        title="Loupe – reads a page",
        summary="Reads one page. AT&T.",
        link="https://loupe.test/",
        category="Developer Tools",
        published_on=date(2026, 11, 18),
    )
    assert feed.warnings == ()


def test_an_atom_entry() -> None:
    entry = (
        '<entry><title type="html">Loupe &amp;amp; co</title><id>urn:loupe</id>'
        '<link rel="alternate" href="../loupe"/><updated>2026-11-17T10:00:00Z</updated>'
        '<category term="dev" label="Developer Tools"/><summary>Reads one page.</summary></entry>'
    )
    feed = read_xml_feed(f'<?xml version="1.0"?><feed {ATOM}><title>x</title>{entry}</feed>'.encode(), URL)
    assert only(feed) == FeedEntry(
        "urn:loupe",
        "Loupe & co",
        "Reads one page.",
        "https://example.com/loupe",
        "Developer Tools",
        date(2026, 11, 17),
    )


@pytest.mark.parametrize(
    "text",
    [
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
        '<channel><title>x</title></channel><item rdf:about="https://loupe.test/"><title>Loupe</title>'
        "<link>https://loupe.test/</link></item></rdf:RDF>",
        '<rss version="0.91"><channel><title>x</title><item><title>Loupe</title>'
        "<link>https://loupe.test/</link></item></channel></rss>",
        f"<feed {ATOM}><title>x</title><entry><title>Loupe</title><id>https://loupe.test/</id>"
        '<link href="https://loupe.test/"/></entry></feed>',
    ],
    ids=["RSS 1.0", "RSS 0.91", "Atom"],
)
def test_old_and_bare_forms(text: str) -> None:
    entry = FeedEntry("https://loupe.test/", "Loupe", link="https://loupe.test/")
    assert only(read_xml_feed(text.encode(), URL)) == entry


def test_a_charset_from_the_server_is_honoured() -> None:
    data = "<rss version='2.0'><channel><item><title>Café</title></item></channel></rss>".encode("latin-1")
    assert only(read_xml_feed(data, URL, "text/xml; charset=iso-8859-1")).title == "Café"


def test_text_xml_without_a_charset_is_utf_8_as_rfc_7303_has_it() -> None:
    feed = read_xml_feed(
        "<rss version='2.0'><channel><item><title>Café</title></item></channel></rss>".encode(),
        URL,
        "text/xml",
    )
    assert (only(feed).title, feed.warnings) == ("Café", ())


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        " JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "https://good.test@evil.test/",
        "https://a.test/&quot;onload=&quot;x",
        "http://[::1",
        "https://a.test/" + "x" * 2_000,
    ],
)
def test_a_link_that_is_no_plain_web_address_is_dropped(link: str) -> None:
    assert only(rss(f"<item><title>Loupe</title><link>{link}</link><guid>1</guid></item>")).link is None


@pytest.mark.parametrize(
    "title",
    [
        "Lou&lt;script&gt;alert(1)&lt;/script&gt;pe",
        "<![CDATA[Loupe<style>body{}</style>]]>",
        "<![CDATA[<img src=x onerror=alert(1)>Loupe]]>",
        "<![CDATA[<b onmouseover='alert(1)'>Lou</b>pe<!-- x -->]]>",
        "Loupe&#8203;&lt;iframe src='//evil.test'&gt;&lt;/iframe&gt;",
    ],
)
def test_markup_in_a_title_is_gone_and_its_scripts_with_it(title: str) -> None:
    assert only(rss(f"<item><title>{title}</title></item>")).title.replace("\u200b", "") == "Loupe"


def test_texts_are_bounded() -> None:
    entry = only(rss(f"<item><title>{'x ' * 9_000}</title><description>{'y ' * 99_000}</description></item>"))
    assert len(entry.title) <= 300
    assert entry.summary is not None
    assert len(entry.summary) <= 2_000


def test_a_key_beyond_reason_is_kept_as_its_hash() -> None:
    entry = only(rss(f"<item><title>Loupe</title><guid isPermaLink='false'>{'x' * 5_000}</guid></item>"))
    assert entry.key.startswith("sha256:")
    assert len(entry.key) < 100


def test_without_a_key_the_link_and_then_the_title_is_one() -> None:
    feed = rss("<item><title>A</title><link>https://a.test/</link></item>", "<item><title>B</title></item>")
    assert [entry.key for entry in feed.entries] == ["https://a.test/", "B"]


def test_an_entry_without_a_day_that_can_be_read_has_none() -> None:
    dates = ("", "yesterday", "Fri, 99 Nov 2026 09:00:00 GMT", "Someday in 2026")
    feed = rss(*(f"<item><title>T{n}</title><pubDate>{day}</pubDate></item>" for n, day in enumerate(dates)))
    assert [entry.published_on for entry in feed.entries] == [None] * 4


def test_doubles_and_nameless_entries_are_left_out_and_said() -> None:
    item = "<item><title>Loupe</title><guid isPermaLink='false'>1</guid></item>"
    feed = rss(item, item, "<item><description>No title</description></item>")
    assert [entry.title for entry in feed.entries] == ["Loupe"]
    assert feed.warnings == ("has 2 entries without a title or twice; left out",)


def test_only_the_newest_entries_are_read() -> None:
    days = [f"{1 + n % 28:02d} {month} 2026" for n, month in enumerate(["Jan", "Feb", "Mar"] * 300)]
    feed = rss(*(f"<item><title>T{n}</title><pubDate>{day}</pubDate></item>" for n, day in enumerate(days)))
    assert len(feed.entries) == MOST_ENTRIES
    assert feed.entries[0].published_on == date(2026, 3, 28)
    assert min(entry.published_on or date.min for entry in feed.entries) > date(2026, 2, 1)
    assert feed.warnings == ("has 900 entries; only the newest 500 are read",)


def test_a_feed_that_is_not_well_formed_is_read_as_far_as_it_goes() -> None:
    feed = read_xml_feed(b"<rss version='2.0'><channel><item><title>Loupe & co</title></item>", URL)
    assert only(feed).title == "Loupe & co"
    assert feed.warnings == ("is not well-formed (not well-formed (invalid token)); read as far as it goes",)


@pytest.mark.parametrize(
    "data", [b"", b"\0\0", b"plain words", b"<html><body>Hi</body></html>", b"<rss", b"<a/>"]
)
def test_what_is_no_feed_is_refused(data: bytes) -> None:
    assert refusal(data).startswith("is no feed")


def test_an_empty_feed_is_a_feed() -> None:
    assert rss() == read_xml_feed(f"<feed {ATOM}></feed>".encode(), URL) == Feed(())


def test_a_feed_that_is_the_name_of_a_file_opens_none(tmp_path: Path) -> None:
    file = tmp_path / "feed.xml"
    file.write_text("<rss version='2.0'><channel><item><title>Secret</title></item></channel></rss>")
    assert refusal(str(file).encode()).startswith("is no feed")


def test_external_entities_are_not_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    head = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    feed = rss("<item><title>Loupe &x;</title></item>", head=head)
    assert "hunter2" not in str(feed)


def test_a_billion_laughs_stay_one() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY l0 "lol">{laughs}]>'
    feed = rss("<item><title>Loupe &l9;</title></item>", head=head)
    assert len(str(feed)) < 1_000


def test_a_quadratic_blow_up_is_harmless_too() -> None:
    head = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "{"x" * 50_000}">]>'
    feed = rss(f"<item><title>Loupe {'&a;' * 10_000}</title></item>", head=head)
    assert len(only(feed).title) <= 300


@pytest.mark.parametrize("sign", ["&#x110000;", "&#99999999999999999999999;"])
def test_odd_input_that_trips_the_parser_is_an_ordinary_error(sign: str) -> None:
    feed = f"<?xml version='1.0'?><rss version='2.0'><channel><item><title>{sign}\0</title>"
    assert refusal(feed.encode()).startswith("is no feed")


def json_feed(*items: object, version: str = "1.1") -> Feed:
    return read_json_feed({"version": f"https://jsonfeed.org/version/{version}", "items": list(items)}, URL)


@pytest.mark.parametrize("version", ["1", "1.1"])
def test_a_json_feed_item(version: str) -> None:
    item = {
        "id": 7,
        "title": "Loupe",
        "content_html": "<p>Reads <script>alert(1)</script>one page.</p>",
        "url": "/post/7",
        "external_url": "https://loupe.test/",
        "tags": ["Developer Tools", "AI"],
        "date_published": "2026-11-17T10:00:00Z",
    }
    assert only(json_feed(item, version=version)) == FeedEntry(
        "7", "Loupe", "Reads one page.", "https://loupe.test/", "Developer Tools", date(2026, 11, 17)
    )


def test_a_json_feed_with_odd_items_gives_what_it_can() -> None:
    feed = json_feed(None, 5, {"title": 3}, {"title": "A", "id": None, "tags": 5, "date_published": "soon"})
    assert only(feed) == FeedEntry("A", "A")
    assert feed.warnings == ("has 3 entries without a title or twice; left out",)


def test_a_json_feed_without_items_is_refused() -> None:
    with pytest.raises(BadInput, match="expected a JSON Feed with a list of items"):
        read_json_feed({"version": "https://jsonfeed.org/version/1", "items": {}}, URL)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"a": \n 1,}', "not JSON in line 2"),
        (b'{"a": "\xff"}', "not JSON: it is not UTF-8"),
        (b"[" * 200_000, "nested too deep"),
        (b"[" + b"1" * 5_000 + b"]", "a number is too long"),
    ],
)
def test_bad_json_is_refused_with_its_place(data: bytes, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        json_of(data)


def test_good_json_is_read() -> None:
    assert json_of(json.dumps({"a": "é"}).encode()) == {"a": "é"}

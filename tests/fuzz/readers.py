"""Every reader of what comes from outside, as one function of bytes, with samples of what it takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from io import BytesIO

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import delete, func, select

from digest.catalogue.feeds.confined import SECONDS
from digest.catalogue.feeds.feedform import read_xml_feed
from digest.catalogue.feeds.forms import ReadXml, read_feed_content
from digest.catalogue.feeds.values import Feed
from digest.catalogue.files import problems_in
from digest.catalogue.json import tool_json
from digest.catalogue.keys import create_key
from digest.catalogue.reading import read_content
from digest.catalogue.rows import ToolRow
from digest.catalogue.sourcefiles import SourceFile
from digest.clock import FixedClock
from digest.db import Database
from digest.errors import BadInput
from digest.settings import Settings
from digest.web.api.app import mount_api
from digest.web.api.services import ApiServices
from digest.web.pages import Pages
from subscribers.moving.importing import import_file
from subscribers.rows import SubscriberRow
from tests.factories import RULES
from tests.pagehtml import MARKUPS, html_page, saved
from tests.pagetext import compact_page, labelled_page, lantern, loupe
from tests.stock import KEYS, NOW

FEED = "https://example.com/feed.xml"


@dataclass(frozen=True, slots=True)
class Reader:
    """``read`` raises DigestError for what it refuses; ``share`` is its part of all inputs.

    ``seconds`` is how long one input may take.
    """

    name: str
    share: float
    samples: Sequence[bytes]
    tokens: Sequence[bytes]
    read: Callable[[bytes], None]
    seconds: float = 2.0


@contextmanager
def all_readers(database: Database) -> Iterator[list[Reader]]:
    """Give every reader; those that store do so in ``database``, which must have its tables and be empty."""
    with _api_client(database) as client:
        yield [*_files(), *_feeds(), _csv(database), _api(client, database)]


def _files() -> Iterator[Reader]:
    sample = files("digest.catalogue.sample").iterdir()
    tools = [file.read_bytes() for file in sample if file.name.endswith(".yaml")]
    pages = [labelled_page(lantern(), loupe()), compact_page(lantern(), loupe())]
    html = [
        saved(html_page(lantern(), loupe(), markup, labelled=labelled)).encode()
        for markup in MARKUPS.values()
        for labelled in (True, False)
    ]
    archives = [_archive(page) for page in html[:2]]
    yield Reader("tool file (YAML)", 0.2, tools, _YAML, _file("tool.yaml"))
    yield Reader("page (text)", 0.2, [page.encode() for page in pages], _PAGE, _file("page.txt"))
    yield Reader("page (HTML)", 0.2, html, (*_PAGE, *_HTML), _file("page.html"))
    yield Reader("page (MHTML)", 0.1, archives, (*_HTML, *_MIME), _file("page.mhtml"))


def _file(name: str) -> Callable[[bytes], None]:
    file = SourceFile(name, name)

    def read(data: bytes) -> None:
        if name.endswith(".yaml"):
            problems_in(data, name, RULES)
        read_content(file, data, RULES)

    return read


def _feeds() -> Iterator[Reader]:
    tools = json.dumps({"tools": [tool_json(lantern()), tool_json(loupe())]}).encode()

    # In service XML is parsed in a process of its own, killed when its time is up; to start one each time
    # takes too long here.
    def reading(read_xml: ReadXml) -> Callable[[bytes], None]:
        def read(data: bytes) -> None:
            read_feed_content(data, FEED, "text/xml", category="News", rules=RULES, read_xml=read_xml)

        return read

    # What is no JSON takes the road above, whose time is another.
    def no_json(data: bytes, url: str, content_type: str) -> Feed:
        raise BadInput("is no JSON")

    yield Reader("feed (RSS, Atom)", 0.1, [_RSS, _ATOM], (*_FEED, *_HTML), reading(read_xml_feed), SECONDS)
    yield Reader("feed (JSON)", 0.1, [_JSON_FEED, tools], (*_JSON, *_FEED), reading(no_json))


def _csv(database: Database) -> Reader:
    count = select(func.count()).select_from(SubscriberRow)

    def read(data: bytes) -> None:
        try:
            import_file(database, BytesIO(data), "list.csv", clock=FixedClock(NOW), keys=KEYS)
        except BadInput:
            with database.reading() as session:
                assert session.scalar(count) == 0, "a refused file left readers behind"
            raise
        with database.writing() as session:
            session.execute(delete(SubscriberRow))

    return Reader("readers (CSV)", 0.05, [_READERS], _CSV, read)


def _api(client: TestClient, database: Database) -> Reader:
    count = select(func.count()).select_from(ToolRow)
    samples = [json.dumps(tool_json(tool)).encode() for tool in (lantern(), loupe())]

    def stored() -> int:
        with database.reading() as session:
            return session.scalar(count) or 0

    def read(data: bytes) -> None:
        before = stored()
        answer = client.post("tools", content=data, headers={"Content-Type": "application/json"})
        assert answer.status_code < 500, f"the API answers {answer.status_code}"
        if answer.is_success:
            # Else the next one of this name would be refused for that.
            client.delete(f"tools/{answer.json()['slug']}").raise_for_status()
            return
        assert stored() == before, "a refused tool was stored"
        raise BadInput(answer.json()["detail"])

    return Reader("tool (API)", 0.05, samples, _JSON, read)


@contextmanager
def _api_client(database: Database) -> Iterator[TestClient]:
    settings = Settings()
    app = FastAPI(openapi_url=None)
    mount_api(app, ApiServices.of(settings, database, FixedClock(NOW)), Pages.of(settings))
    with database.writing() as session:
        key, *_ = create_key(session, "fuzz", NOW)
    headers = {"Authorization": f"Bearer {key}"}
    with TestClient(app, base_url="http://testserver/api/v1/", headers=headers) as client:
        yield client


def _archive(html: bytes) -> bytes:
    head = b'MIME-Version: 1.0\r\nContent-Type: multipart/related; type="text/html"; boundary="--B"\r\n\r\n'
    part = b"----B\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    return head + part + html + b"\r\n----B--\r\n"


_YAML = [
    *(
        b"name: ",
        b"takes:\n  - ",
        b"score: ",
        b"reviewer: Builder\n",
        b"? ",
        b"- ",
        b": ",
        b"- - - ",
        b"{a: ",
        b"[[",
    ),
    *(
        b"&a ",
        b"*a",
        b"!!python/object ",
        b"!!binary ",
        b"---\n",
        b"...\n",
        b"%YAML 1.2\n",
        b"<<: ",
        b"|\n",
        b">-\n",
    ),
    *(
        b"community: {ships: 1, skips: 99999999999}\n",
        b"published_on: 0001-01-01\n",
        b"slug: -\n",
        b"~",
        b".inf",
    ),
]
_PAGE = [
    *(
        b"AI tool comparison\n",
        b"Reviewer scorecard\n",
        b"Decision\n",
        b"Panel ship\n",
        b"Community\n",
        b"Entry\n",
    ),
    *(
        b"No panel take\n",
        b"88/100 \xc2\xb7 ship\n",
        b"75%\n",
        "“".encode(),
        "”".encode(),
        b"Builder\n",
        b" vs ",
    ),
    *(
        b"Weekly AI Tool Verdicts\nGet the next comparison\n",
        b"3 ship / 1 skip",
        b"Which one should you ship with?",
    ),
]
_HTML = [
    *(
        b"<p>",
        b"</p>",
        b"<div hidden>",
        b"</div>",
        b"<b>",
        b"<br>",
        b"<td>",
        b"<dt>Entry</dt><dd>",
        b"<blockquote>",
    ),
    *(
        b"<!--",
        b"-->",
        b"<script>",
        b"</script>",
        b"<![CDATA[",
        b"]]>",
        b"<?xml",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
    ),
    *(
        b"&a;",
        b"&#0;",
        b"&#x110000;",
        b"&#55296;",
        b"&amp",
        b"<svg>",
        b"<template>",
        b"<plaintext>",
        b"<textarea>",
    ),
    *(
        b"<meta charset=utf-16>",
        b"<meta charset=x>",
        b" style='display:none'",
        b"<q>",
        b"<pre>",
        b"<html><body>",
    ),
    *(
        b"<a b=c ",
        b"a=1 ",
        b"<table><tr>",
        b"<select><option>",
        b"<frameset>",
        b"<form>",
        b"</",
        b"<title>",
        b"<th>",
    ),
]
_MIME = [
    *(
        b"----B\r\n",
        b"----B--\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"boundary=x",
        b"charset*0*=utf-8''%FF",
    ),
    *(
        b"Content-Type: text/html; charset=utf-7\r\n",
        b"=3D",
        b"=\r\n",
        b"=?utf-8?q?x?=",
        b"\r\n\r\n",
        b"boundary*=a'b'%",
    ),
]
_JSON = [
    *(
        b'{"',
        b'":',
        b"[",
        b"null",
        b"true",
        b"1.0",
        b"-0",
        b"1E400",
        b'"name": ""',
        b'"takes": [{}]',
        b'"score": 88.5',
    ),
    *(
        b'"community": {"ships": 1}',
        b'"slug": "a--b"',
        b'"link": "javascript:1"',
        b'"panel": {"percent": "x"}',
        b",",
    ),
    *(
        b'"compared_with": ["a", "a"]',
        b'"published_on": 1',
        b'"pinned": "yes"',
        b'"\\ud800"',
        b'"version": ',
        b"Infinity",
    ),
]
_FEED = [
    *(
        b"<item>",
        b"</item>",
        b"<entry>",
        b"<title>",
        b"<link>",
        b"<guid>",
        b"<pubDate>",
        b"<content:encoded>",
        b"&nbsp;",
    ),
    *(
        b"<link href='javascript:1'/>",
        b"<link href='http://[::1'/>",
        b"xml:base='http://[x'",
        b"<dc:date>-9999-99</dc:date>",
    ),
    *(
        b"<pubDate>Thu, 99 Xxx 99999 25:61:61 +9999</pubDate>",
        b"<georss:point>1 x</georss:point>",
        b"xmlns:x=''",
    ),
    *(
        b"<!DOCTYPE a [<!ENTITY b '&c;&c;'><!ENTITY c '&b;'>]>&b;",
        b"<?xml version='1.0' encoding='utf-7'?>",
        b"type='xhtml'",
    ),
]
_CSV = [
    *(
        b"email,name,status\n",
        b",",
        b";",
        b"\r",
        b'""',
        b'"',
        b"=cmd()",
        b"@",
        b"ann@example.com",
        b",confirmed\n",
        b"bounced",
    ),
    *(
        b"a@b@c.d",
        b"x" * 300 + b"@example.com",
        "ü@ümlaut.example".encode(),
        b"ann@xn--a.example",
        b"ann@[127.0.0.1]",
    ),
]
_READERS = (
    b"email,name,status\nann@example.com,Ann,confirmed\nbob@example.com,,\n"
    b'"carol@example.com","Carol ""C"" Jones",unsubscribed\ndan@example.com,Dan,bounced\n'
)
_RSS = b"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>New tools</title><link>https://example.com/</link>
<item><title>Lantern &amp; more</title><link>https://example.com/lantern</link><guid>1</guid>
<pubDate>Fri, 20 Nov 2026 09:00:00 GMT</pubDate><category>Design</category>
<description>&lt;p&gt;Reads &lt;b&gt;receipts&lt;/b&gt;.&lt;/p&gt;</description></item>
<item><title>Loupe</title><link>/loupe</link><dc:date>2026-11-19</dc:date>
<content:encoded><![CDATA[<div>Zooms<script>x</script></div>]]></content:encoded></item>
</channel></rss>
"""
_ATOM = b"""<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://example.com/"><title>New</title><id>urn:1</id>
<entry><title type="html">Lantern &lt;i&gt;2&lt;/i&gt;</title><id>urn:2</id><link href="lantern"/>
<updated>2026-11-20T09:00:00+01:00</updated><summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Reads
</div></summary><category term="dev" label="Developer Tools"/></entry></feed>
"""
_JSON_FEED = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "New tools",
        "items": [
            {
                "id": 1,
                "title": "Lantern",
                "url": "/lantern",
                "content_html": "<p>Reads</p>",
                "tags": ["Design"],
            },
            {"id": "2", "title": "Loupe", "external_url": FEED, "date_published": "2026-11-19T09:00:00Z"},
        ],
    }
).encode()

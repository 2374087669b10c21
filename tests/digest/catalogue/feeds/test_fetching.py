"""The fetch, against a live site on loopback: what it brings, and where it stops."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import ssl
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from digest import __version__
from digest.catalogue.feeds.answers import FetchError, PrivateAddress
from digest.catalogue.feeds.fetching import Fetcher, Limits
from tests.conftest import Certificate
from tests.websites import Site, serving_site

LOOPBACK = ("127.0.0.1",)
SMALL = Limits(size=10_000, seconds=1.0)


def fetcher(**values: Any) -> Fetcher:
    return Fetcher(**{"hosts": LOOPBACK, **values})


class Names:
    """A name server that changes its mind: each look-up gives the next answer, the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.asked: list[str] = []
        self._answers = list(answers)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self._answers[min(len(self.asked), len(self._answers)) - 1]


def refusal(url: str, use: Fetcher) -> str:
    with pytest.raises(FetchError) as raised:
        use.fetch(url)
    return str(raised.value)


def test_a_feed_comes_with_its_type_and_validators(site: Site) -> None:
    url = site.put(
        "/feed", "<rss/>", headers={"ETag": '"1"', "Last-Modified": "Fri, 20 Nov 2026 09:00:00 GMT"}
    )
    answer = fetcher().fetch(url)
    assert (answer.data, answer.content_type, answer.url) == (b"<rss/>", "application/rss+xml", url)
    assert (answer.etag, answer.last_modified) == ('"1"', "Fri, 20 Nov 2026 09:00:00 GMT")


def test_the_request_names_the_product_and_carries_nothing_else(site: Site) -> None:
    site.put("/feed", "<rss/>", headers={"Set-Cookie": "a=b"})
    url = site.redirect("/old", "/feed")
    fetcher().fetch(url)
    fetcher().fetch(url)
    for _, headers in site.asked:
        assert headers["User-Agent"] == f"weekly-verdicts/{__version__}"
        assert headers["Host"] == f"127.0.0.1:{site.port}"
        assert "Cookie" not in headers
        assert "Authorization" not in headers


def test_validators_are_sent_and_304_brings_no_data(site: Site) -> None:
    url = site.put("/feed", status=304, headers={"ETag": '"2"'})
    answer = fetcher().fetch(url, etag='"2"', last_modified="Fri, 20 Nov 2026 09:00:00 GMT")
    assert (answer.data, answer.etag) == (None, '"2"')
    headers = site.asked[0][1]
    assert headers["If-None-Match"] == '"2"'
    assert headers["If-Modified-Since"] == "Fri, 20 Nov 2026 09:00:00 GMT"


def test_gzip_is_unpacked(site: Site) -> None:
    url = site.put("/feed", gzip.compress(b"<rss/>" * 100), headers={"Content-Encoding": "gzip"})
    assert fetcher().fetch(url).data == b"<rss/>" * 100
    assert site.asked[0][1]["Accept-Encoding"] == "gzip"


def test_a_gzip_bomb_stops_at_the_limit(site: Site) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    url = site.put("/feed", bomb, headers={"Content-Encoding": "gzip"})
    assert refusal(url, fetcher()).endswith("/feed is longer than 10 MB, the most that is read")


@pytest.mark.parametrize("coding", ["gzip, gzip", "br", "deflate"])
def test_a_coding_that_was_not_asked_for_is_refused(site: Site, coding: str) -> None:
    url = site.put("/feed", b"x", headers={"Content-Encoding": coding})
    assert refusal(url, fetcher()).endswith(f"answers in {coding}, a coding not asked for")


def test_a_gzip_that_was_cut_is_not_taken_for_whole(site: Site) -> None:
    packed = gzip.compress(b"<rss/>" * 100)[:-9]
    url = site.put("/feed", packed, headers={"Content-Encoding": "gzip"})
    assert "ends in the middle" in refusal(url, fetcher())


def test_a_damaged_gzip_is_refused(site: Site) -> None:
    url = site.put("/feed", b"no gzip", headers={"Content-Encoding": "gzip"})
    assert "damaged gzip" in refusal(url, fetcher())


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "99999999"}])
def test_a_long_answer_stops_at_the_limit(site: Site, headers: dict[str, str]) -> None:
    url = site.put("/feed", b"x" * 20_000, headers=headers)
    assert refusal(url, fetcher(limits=SMALL)).endswith("is longer than 0.01 MB, the most that is read")


def test_a_slow_drip_ends_with_the_time(site: Site) -> None:
    body = itertools.chain([b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n"], itertools.repeat(b"x"))
    url = site.put("/feed", raw=body, pause=0.02)
    assert refusal(url, fetcher(limits=SMALL)).endswith(
        "took longer than 1 s to answer; it is tried again later"
    )


def test_headers_that_drip_end_with_the_time(site: Site) -> None:
    url = site.put(
        "/feed", raw=itertools.chain([b"HTTP/1.1 200 OK\r\nA: "], itertools.repeat(b"x")), pause=0.02
    )
    assert "took longer than 1 s" in refusal(url, fetcher(limits=SMALL))


def test_headers_without_end_are_cut_off(site: Site) -> None:
    url = site.put(
        "/feed", raw=itertools.chain([b"HTTP/1.1 200 OK\r\n"], itertools.repeat(b"A: b\r\n" * 1_000))
    )
    assert "cannot be fetched" in refusal(url, fetcher())


def test_an_answer_that_breaks_off_is_an_error(site: Site) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 100\r\n\r\n<rss>"
    assert "broke off" in refusal(site.put("/feed", raw=[head]), fetcher())


def test_a_host_where_nobody_listens_is_an_error() -> None:
    with serving_site() as gone:
        pass
    assert "cannot be fetched" in refusal(gone.url + "/feed", fetcher())


def test_the_next_address_is_tried_when_one_is_dead(site: Site) -> None:
    url = site.put("/feed", "<rss/>").replace("127.0.0.1", "feed.test")
    use = fetcher(hosts=("feed.test",), look_up=Names(["127.0.0.99", "127.0.0.1"]))
    assert use.fetch(url).data == b"<rss/>"


def test_redirects_are_followed_and_a_move_for_good_is_told(site: Site) -> None:
    target = site.put("/new", "<rss/>")
    answer = fetcher().fetch(site.redirect("/old", "/new?key=1", status=301))
    assert (answer.data, answer.url, answer.moved) == (b"<rss/>", target + "?key=1", target + "?…")
    assert fetcher().fetch(site.redirect("/old", "/new", status=302)).moved is None


def test_five_redirects_are_enough(site: Site) -> None:
    site.put("/5", "<rss/>")
    for number in range(5):
        site.redirect(f"/{number}", f"/{number + 1}")
    assert fetcher().fetch(site.url + "/0").data == b"<rss/>"
    site.redirect("/5", "/5")
    assert "more than 5 redirects" in refusal(site.url + "/0", fetcher())


@pytest.mark.parametrize(
    "target",
    [
        *("http://10.0.0.1/", "http://169.254.169.254/latest/", "http://[::1]/", "http://127.0.0.2/"),
        *("http://[::ffff:10.0.0.1]/", "http://2130706434/", "http://0x7f.2/", "http://[64:ff9b::a00:1]/"),
    ],
)
def test_case_24_a_redirect_to_a_private_address_is_not_followed(site: Site, target: str) -> None:
    message = refusal(site.redirect("/feed", target), fetcher())
    assert "is a private address or leads to one, and is not asked" in message


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("file:///etc/passwd", "only http and https are fetched, not file"),
        ("ftp://example.com/", "only http and https are fetched, not ftp"),
        ("gopher://127.0.0.1:25/", "only http and https are fetched, not gopher"),
        ("http://user:pw@127.0.0.1/", "127.0.0.1: a URL with a user name or password in it is not fetched"),
        ("http://127.0.0.1:99999/", "this is not a URL"),
        ("http://xn--/", "redirects to what is no URL"),
        ("http://[::1/", "redirects to what is no URL"),
    ],
)
def test_a_redirect_to_something_odd_is_not_followed(site: Site, target: str, says: str) -> None:
    assert says in refusal(site.redirect("/feed", target), fetcher())


def test_a_private_host_is_refused_unless_it_is_allowed(site: Site) -> None:
    url = site.put("/feed", "<rss/>")
    message = refusal(url, Fetcher())
    assert message.endswith('if it is meant, allow it with hosts = ["127.0.0.1"]')
    assert site.asked == []
    assert fetcher().fetch(url).data == b"<rss/>"


def test_case_24_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    use = Fetcher(look_up=Names(["93.184.215.14", "10.0.0.1"]))
    assert "private address" in refusal("http://feed.test/", use)


def test_case_24_a_name_is_looked_up_once_and_the_checked_address_is_the_one_used(site: Site) -> None:
    site.put("/feed", "<rss/>")
    names = Names(["127.0.0.1"], ["127.0.0.99"])
    answer = fetcher(hosts=("feed.test",), look_up=names).fetch(f"http://feed.test:{site.port}/feed")
    assert answer.data == b"<rss/>"
    assert names.asked == ["feed.test"]
    assert site.asked[0][1]["Host"] == f"feed.test:{site.port}"


def test_case_24_a_name_that_turns_private_between_two_hops_is_refused(site: Site) -> None:
    site.redirect("/feed", f"http://other.test:{site.port}/feed")
    names = Names(["127.0.0.1"], ["192.168.0.1"])
    use = fetcher(hosts=("feed.test",), look_up=names)
    assert "other.test is a private address" in refusal(f"http://feed.test:{site.port}/feed", use)
    assert site.paths == ["/feed"]


def test_a_name_that_nobody_knows_is_said() -> None:
    assert refusal("http://feed.test/", Fetcher(look_up=Names([]))) == (
        "there is no host feed.test; check the url"
    )


def test_the_environments_proxy_is_not_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert fetcher().fetch(site.put("/feed", "<rss/>")).data == b"<rss/>"


def test_a_query_is_never_part_of_a_message(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    assert "secret" not in refusal(site.put("/feed", status=500) + "?key=secret", fetcher())
    assert "secret" not in caplog.text


@pytest.fixture
def secure(certificate: Certificate) -> Iterator[tuple[Site, ssl.SSLContext]]:
    with serving_site(certificate.server) as site:
        yield site, ssl.create_default_context(cafile=certificate.file)


def test_the_certificate_is_checked_for_the_name_not_the_address(
    secure: tuple[Site, ssl.SSLContext],
) -> None:
    site, tls = secure
    site.put("/feed", "<rss/>")
    use = fetcher(hosts=("localhost", "feed.test"), look_up=Names(["127.0.0.1"]), tls=tls)
    assert use.fetch(f"https://localhost:{site.port}/feed").data == b"<rss/>"
    assert "certificate" in refusal(f"https://feed.test:{site.port}/feed", use)


def test_https_is_never_left_for_http(secure: tuple[Site, ssl.SSLContext], site: Site) -> None:
    safe, tls = secure
    url = safe.redirect("/feed", site.put("/feed", "<rss/>"))
    assert refusal(url, fetcher(tls=tls)).endswith("redirects from https to http, and is not followed")
    assert site.asked == []


def test_a_probe_tells_status_and_size_and_reads_no_more_than_it_may(site: Site) -> None:
    site.put("/large", b"x" * 50_000)
    url = site.redirect("/moved", "/large")
    assert asyncio.run(fetcher().probe(url, 100)) == (200, 101)
    assert asyncio.run(fetcher().probe(site.put("/small", b"abc"), 100)) == (200, 3)
    assert asyncio.run(fetcher().probe(f"{site.url}/gone", 100))[0] == 404


def test_a_probe_is_sent_on_to_no_private_address(site: Site) -> None:
    url = site.redirect("/out", "http://169.254.169.254/latest/")
    with pytest.raises(PrivateAddress):
        asyncio.run(fetcher().probe(url))

"""One GET of somebody else's URL: bounded in every direction, and never to a private address.

The name is looked up here, its addresses are checked, and the connection goes to the very address that was
checked: between a check and a connect that looks the name up again, an attacker's name server may change its
mind. Every redirect is a new URL and goes the same way.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from digest import __version__
from digest.catalogue.feeds.addresses import is_public
from digest.catalogue.feeds.answers import (
    Answer,
    FetchError,
    PrivateAddress,
    check_status,
    check_type,
    shown,
    validator,
)

_Made = TypeVar("_Made")
# Makes something of the last answer: where it came from, the answer, where it moved to for good.
Read = Callable[[httpx.URL, httpx.Response, str | None], Coroutine[Any, Any, _Made]]
Resolver = Callable[[str, int], Coroutine[Any, Any, Sequence[str]]]

_REDIRECTS = {301, 302, 303, 307, 308}
_FOR_GOOD = {301, 308}
# A host that has more addresses than these is not tried out to the last.
_TRIES = 4
_NO_URL = "this is not a URL; write it like https://example.com/feed.xml"
_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/json, "
    "application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """``size`` is in bytes after decompression; ``seconds`` is for everything, name lookup to last byte."""

    size: int = 10_000_000
    seconds: float = 30.0
    redirects: int = 5


async def look_up(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host, in the order the system would try them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = dict.fromkeys(str(address[0]) for *_, address in found)
    # One with a zone ("fe80::1%eth0") is a neighbour's on one cable, and no URL can name it.
    return [address for address in addresses if "%" not in address]


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches. ``hosts`` may be private; ``look_up`` and ``tls`` are the system's unless a test says else."""

    hosts: Collection[str] = ()
    limits: Limits = Limits()
    look_up: Resolver = look_up
    tls: ssl.SSLContext | None = None

    def fetch(self, url: str, *, etag: str | None = None, last_modified: str | None = None) -> Answer:
        """Return what the URL answers; ``data`` is None when nothing changed since the validators given.

        Raises FetchError, which says what to do, for an answer that is no feed, is too much or never comes.
        """
        wanted = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in wanted.items() if value is not None}
        return asyncio.run(self._in_time(url, headers, self._answer))

    async def probe(self, url: str, most: int = 0) -> tuple[int, int]:
        """Return the HTTP status where the URL ends up, and how many bytes came, packed as they came.

        No more than ``most`` and one are read. Raises FetchError where nobody answers, PrivateAddress where
        nobody may be asked.
        """

        async def counted(_url: httpx.URL, response: httpx.Response, _moved: str | None) -> tuple[int, int]:
            came = 0
            try:
                async for chunk in response.aiter_raw():
                    came = min(came + len(chunk), most + 1)
                    if came > most:
                        break
            except httpx.HTTPError:
                # The status has come, and what is cut off has a size, too.
                pass
            return response.status_code, came

        return await self._in_time(url, {}, counted)

    async def _in_time(self, url: str, headers: dict[str, str], read: Read[_Made]) -> _Made:
        target = _parsed(url)
        try:
            async with asyncio.timeout(self.limits.seconds):
                return await self._follow(target, headers, read)
        except TimeoutError:
            message = f"took longer than {self.limits.seconds:g} s to answer"
            raise FetchError(f"{shown(str(target))} {message}; it is tried again later") from None

    async def _follow(self, url: httpx.URL, headers: dict[str, str], read: Read[_Made]) -> _Made:
        for_good = True
        moved = None
        for _ in range(self.limits.redirects + 1):
            async with self._asked(url, headers) as response:
                if response.status_code not in _REDIRECTS:
                    return await read(url, response, moved)
                for_good = for_good and response.status_code in _FOR_GOOD
                url = _next(url, response)
                moved = shown(str(url)) if for_good else None
        raise FetchError(f"{shown(str(url))}: more than {self.limits.redirects} redirects; check the url")

    @asynccontextmanager
    async def _asked(self, url: httpx.URL, headers: dict[str, str]) -> AsyncIterator[httpx.Response]:
        """Give the answer of one host. A host with several addresses is asked at the next if one is dead."""
        addresses = await self._addresses(url)
        # The bare transport: a client would add cookies, the environment's proxies and credentials, and a
        # log line with the whole URL.
        async with httpx.AsyncHTTPTransport(verify=self.tls or True, trust_env=False) as transport:
            response = await self._first_answer(transport, url, addresses, headers)
            try:
                yield response
            finally:
                await response.aclose()

    async def _first_answer(
        self,
        transport: httpx.AsyncHTTPTransport,
        url: httpx.URL,
        addresses: Sequence[str],
        headers: dict[str, str],
    ) -> httpx.Response:
        trouble: httpx.HTTPError | None = None
        for address in addresses:
            try:
                return await transport.handle_async_request(_request(url, address, headers, self.limits))
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                trouble = error
            except httpx.HTTPError as error:
                trouble = error
                break
        raise FetchError(f"{shown(str(url))} cannot be fetched: {_reason(trouble)}")

    async def _addresses(self, url: httpx.URL) -> Sequence[str]:
        """Return addresses that were checked; raise FetchError unless all may be reached."""
        try:
            found = list(await self.look_up(url.raw_host.decode("ascii"), _port(url)))[:_TRIES]
        except (OSError, UnicodeError):
            found = []
        if not found:
            raise FetchError(f"there is no host {url.host}; check the url")
        if url.host not in {host.lower() for host in self.hosts} and not all(map(is_public, found)):
            raise PrivateAddress(
                f"{url.host} is a private address or leads to one, and is not asked; "
                f'if it is meant, allow it with hosts = ["{url.host}"]'
            )
        return found

    async def _answer(self, url: httpx.URL, response: httpx.Response, moved: str | None) -> Answer:
        check_status(str(url), response.status_code, response.headers)
        keep = {
            "etag": validator(response.headers.get("etag")),
            "last_modified": validator(response.headers.get("last-modified")),
            "moved": moved,
        }
        if response.status_code == httpx.codes.NOT_MODIFIED:
            return Answer(None, "", str(url), **keep)
        data = await self._body(url, response)
        kind = response.headers.get("content-type", "")
        check_type(str(url), kind, data)
        return Answer(data, kind, str(url), **keep)

    async def _body(self, url: httpx.URL, response: httpx.Response) -> bytes:
        """Return the body, decompressed; never more than the limit is held, however well it was packed."""
        coding = response.headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("identity", "", "gzip", "x-gzip"):
            raise FetchError(f"{shown(str(url))} answers in {coding[:20]}, a coding not asked for")
        body = _Body(self.limits.size, packed="gzip" in coding)
        try:
            async for chunk in response.aiter_raw():
                body.add(chunk)
        except httpx.HTTPError as error:
            raise FetchError(f"{shown(str(url))} broke off: {_reason(error)}") from None
        except zlib.error:
            raise FetchError(f"{shown(str(url))} answers with a damaged gzip") from None
        except _TooLong:
            size = f"{self.limits.size / 1_000_000:g} MB"
            raise FetchError(f"{shown(str(url))} is longer than {size}, the most that is read") from None
        if body.is_cut:
            raise FetchError(f"{shown(str(url))}: the answer ends in the middle; it is asked for again later")
        return bytes(body.data)


class _TooLong(Exception):
    pass


class _Body:
    def __init__(self, limit: int, *, packed: bool) -> None:
        self.data = bytearray()
        self._limit = limit
        self._came = 0
        self._unpack = zlib.decompressobj(16 + zlib.MAX_WBITS) if packed else None

    @property
    def is_cut(self) -> bool:
        """Whether packed data ended before its end."""
        return self._unpack is not None and self._came > 0 and not self._unpack.eof

    def add(self, chunk: bytes) -> None:
        self._came += len(chunk)
        # One byte more than may be: enough to know that it is too long.
        room = self._limit + 1 - len(self.data)
        self.data += self._unpack.decompress(chunk, room) if self._unpack else chunk[:room]
        if len(self.data) > self._limit or self._came > self._limit:
            raise _TooLong


def _parsed(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        raise FetchError(_NO_URL) from None
    if parsed.scheme not in ("http", "https"):
        raise FetchError(f"only http and https are fetched, not {parsed.scheme[:20] or 'a bare name'}")
    if not parsed.host or not 0 < _port(parsed) < 65_536:
        raise FetchError(_NO_URL)
    if parsed.userinfo:
        raise FetchError(f"{parsed.host}: a URL with a user name or password in it is not fetched")
    return parsed.copy_with(fragment=None)


def _port(url: httpx.URL) -> int:
    return (443 if url.scheme == "https" else 80) if url.port is None else url.port


def _next(url: httpx.URL, response: httpx.Response) -> httpx.URL:
    try:
        target = _parsed(str(url.join(response.headers.get("location", ""))))
    except (httpx.InvalidURL, ValueError):
        raise FetchError(f"{shown(str(url))} redirects to what is no URL") from None
    if url.scheme == "https" and target.scheme == "http":
        raise FetchError(f"{shown(str(url))} redirects from https to http, and is not followed")
    return target


def _request(url: httpx.URL, address: str, headers: dict[str, str], limits: Limits) -> httpx.Request:
    """Return a request that connects to ``address`` and means ``url``: in Host, SNI and certificate."""
    # A dead address must leave time for the next one.
    timeout = dict.fromkeys(("read", "write", "pool"), limits.seconds) | {"connect": limits.seconds / 3}
    return httpx.Request(
        "GET",
        url.copy_with(host=address),
        headers={
            "Host": url.netloc.decode("ascii"),
            "User-Agent": f"weekly-verdicts/{__version__}",
            "Accept": _ACCEPT,
            "Accept-Encoding": "gzip",
            **headers,
        },
        extensions={"timeout": timeout, "sni_hostname": url.raw_host.decode("ascii")},
    )


def _reason(error: httpx.HTTPError | None) -> str:
    return str(error) or type(error).__name__

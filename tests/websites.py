"""A live web site for tests, on a free port of loopback: pages by path, and a record of what was asked."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from typing import Any, ClassVar


@dataclass(frozen=True)
class Page:
    """What a path answers. With ``raw`` these bytes are the whole answer, a piece every ``pause`` seconds."""

    body: bytes = b""
    kind: str = "application/rss+xml"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: Iterable[bytes] | None = None
    pause: float = 0.0


@dataclass
class Site:
    """``url`` is its root, without a slash; ``asked`` has path and headers of each request."""

    port: int
    scheme: str = "http"
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[tuple[str, Message]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def put(self, path: str, body: str | bytes = b"", **page: Any) -> str:
        """Let a path answer this; return its URL."""
        data = body.encode() if isinstance(body, str) else body
        self.pages[path] = Page(data, **page)
        return self.url + path

    def redirect(self, path: str, target: str, status: int = 302) -> str:
        """Let a path redirect; return its URL."""
        return self.put(path, status=status, headers={"Location": target})


@contextmanager
def serving_site(tls: SSLContext | None = None) -> Iterator[Site]:
    """Serve while the block runs."""
    closing = threading.Event()

    class Handler(_Handler):
        site: ClassVar[Site]
        closed = closing

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    Handler.site = Site(server.server_address[1], "https" if tls else "http")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield Handler.site
    finally:
        closing.set()
        server.shutdown()
        server.server_close()
        thread.join(10)


class _Handler(BaseHTTPRequestHandler):
    site: ClassVar[Site]
    closed: ClassVar[threading.Event]

    def do_GET(self) -> None:
        self.site.asked.append((self.path, self.headers))
        page = self.site.pages.get(self.path.partition("?")[0], Page(status=404))
        # A fetch that has had enough hangs up.
        with suppress(ConnectionError):
            if page.raw is None:
                self._answer(page)
            else:
                self._drip(page.raw, page.pause)

    def _answer(self, page: Page) -> None:
        self.send_response(page.status)
        headers = {"Content-Type": page.kind, "Content-Length": str(len(page.body))} | page.headers
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(page.body)

    def _drip(self, pieces: Iterable[bytes], pause: float) -> None:
        self.close_connection = True
        for piece in pieces:
            self.wfile.write(piece)
            if self.closed.wait(pause):
                return

    def log_message(self, *args: object) -> None:
        pass

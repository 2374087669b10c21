"""What protects every page: strict headers, a bound on request bodies, and logs without tokens.

Nothing here knows a template or a route; ``protect`` puts all of it round an application.
"""

from __future__ import annotations

import logging
import re

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A token after one of these lets its holder act for a reader: it is neither cached nor logged.
TOKEN_PATHS = ("confirm", "unsubscribe", "preferences", "change", "vote", "saved")
MOST_BODY_BYTES = 1024 * 1024

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self' data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
# For the few pages that need a script, which is a file of ours.
SCRIPT_POLICY = f"{_POLICY}; script-src 'self'"
_ONE_YEAR = 365 * 24 * 3600
_TOKEN = re.compile(rf"(/(?:{'|'.join(TOKEN_PATHS)}))/[^\s\"]+", re.IGNORECASE)
# A key to the API, which belongs into a header and is sometimes put into an address.
_KEY = re.compile(r"wv_[A-Za-z0-9_-]{8,}")


def protect(app: Starlette, *, https: bool, most_body_bytes: int = MOST_BODY_BYTES) -> None:
    """Put the guards round ``app``; ``https`` says whether readers reach it over TLS, and only so."""
    app.add_middleware(BodyLimit, most_bytes=most_body_bytes)
    app.add_middleware(SecurityHeaders, https=https)


class SecurityHeaders:
    """ASGI middleware that adds the headers a response does not set itself.

    No script, no frame, no foreign content (CSP Level 3), no address of ours in a Referer (a token may stand
    in it), HSTS (RFC 6797) only behind TLS. Answers to forms and pages behind a token are never stored
    (RFC 9111, 5.2.2.5).
    """

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": _POLICY,
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
        if https:
            self._headers["Strict-Transport-Security"] = f"max-age={_ONE_YEAR}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        room = scope["path"].lstrip("/").partition("/")[0]
        private = scope["method"] not in ("GET", "HEAD") or room in TOKEN_PATHS

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if private:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        await self._app(scope, receive, send_with_headers)


class BodyLimit:
    """ASGI middleware that ends the reading of a body with 413 once it is longer than ``most_bytes``."""

    def __init__(self, app: ASGIApp, *, most_bytes: int) -> None:
        self._app = app
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        too_long = announced.isdecimal() and int(announced) > self._most_bytes
        taken = 0

        # Raised where the body is read, inside the application, so that the answer is a page like any other.
        async def receive_bounded() -> Message:
            nonlocal taken
            message: Message = {} if too_long else await receive()
            taken += len(message.get("body", b""))
            if too_long or taken > self._most_bytes:
                raise HTTPException(413, "what was sent is too large")
            return message

        await self._app(scope, receive_bounded, send)


class TokenFilter(logging.Filter):
    """Writes ``/confirm/…`` for ``/confirm/<token>`` in whatever a logger is handed."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, str):
            record.msg = without_tokens(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(without_tokens(arg) if isinstance(arg, str) else arg for arg in record.args)
        return True


def without_tokens(text: str) -> str:
    """Return ``text`` with every token in a path replaced by an ellipsis."""
    return _KEY.sub("wv_…", _TOKEN.sub(r"\1/…", text))


def hide_tokens_in_access_log() -> None:
    """Make uvicorn's access log forget tokens; calling it again changes nothing."""
    access = logging.getLogger("uvicorn.access")
    if not any(isinstance(known, TokenFilter) for known in access.filters):
        access.addFilter(TokenFilter())

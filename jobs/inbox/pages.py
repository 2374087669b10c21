"""The inbox's pages: what was caught, the latest first, and each message as a mail client shows it."""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes
from email.headerregistry import HeaderRegistry
from email.message import Message
from email.policy import EmailPolicy
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from digest.templating import template_environment
from digest.web.security import SecurityHeaders

# Most messages listed; the folder keeps them all.
_LISTED = 200
_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'"
# A caught message is hostile: its frame may load nothing, run nothing and submit nothing.
_MESSAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups"
# Every header is read as plain text: the parsers of addresses and ids raise at what is none.
_TOLERANT = EmailPolicy(header_factory=HeaderRegistry(use_default_map=False))


@dataclass(frozen=True, slots=True)
class Caught:
    """One line of the list."""

    file: str
    to: str
    subject: str
    date: str


def inbox_app(folder: Path) -> Starlette:
    """Return the pages over a folder of ``.eml`` files."""
    environment = template_environment("web")

    def page(template: str, **values: object) -> Response:
        html = environment.get_template(template).render(**values)
        return HTMLResponse(html, headers={"Content-Security-Policy": _PAGE_POLICY})

    def index(_: Request) -> Response:
        latest = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        return page("inbox.html.j2", messages=[_line(path) for path in latest[:_LISTED]], count=len(latest))

    def show(request: Request) -> Response:
        path = _file(folder, request)
        message = _read(path)
        headers = [(_printable(name), _printable(value)) for name, value in message.items()]
        return page(
            "inbox_message.html.j2", message=_line(path), headers=headers, text=_part(message, "plain")
        )

    def body(request: Request) -> Response:
        html = _part(_read(_file(folder, request)), "html")
        return HTMLResponse(html, headers={"Content-Security-Policy": _MESSAGE_POLICY})

    def raw(request: Request) -> Response:
        return Response(_file(folder, request).read_bytes(), media_type="message/rfc822")

    return Starlette(
        routes=[
            Route("/", index),
            Route("/{file}.eml", raw),
            Route("/{file}/", show),
            Route("/{file}/body.html", body),
        ],
        middleware=[
            Middleware(SecurityHeaders, https=False),
            Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"]),
        ],
    )


def _file(folder: Path, request: Request) -> Path:
    path = folder / f"{request.path_params['file']}.eml"
    if path.parent != folder or not path.is_file():
        raise HTTPException(404)
    return path


def _read(path: Path) -> Message:
    return message_from_bytes(path.read_bytes(), policy=_TOLERANT)


def _line(path: Path) -> Caught:
    message = _read(path)
    to, subject, date = (_printable(message[name] or "") for name in ("To", "Subject", "Date"))
    return Caught(path.stem, to, subject, date)


def _part(message: Message, kind: str) -> str:
    """Return the first text of this kind that is no attachment, whatever charset it claims."""
    for part in message.walk():
        if part.get_content_type() == f"text/{kind}" and part.get_content_disposition() != "attachment":
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            return _decoded(payload, part.get_content_charset("utf-8"))
    return ""


def _decoded(payload: bytes, charset: str) -> str:
    try:
        return _printable(payload.decode(charset, "replace"))
    except (LookupError, ValueError):
        return payload.decode("utf-8", "replace")


def _printable(text: str) -> str:
    """Return ``text`` without the lone surrogates that stand for bytes nobody could read."""
    return text.encode("utf-8", "replace").decode()

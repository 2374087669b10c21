"""The preview's pages: a frame with tabs round the e-mail, and the stream of events that reloads it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from digest.preview.source import PreviewSource, Snapshot
from digest.preview.watching import watch
from digest.templating import shipped_templates, template_environment
from digest.web.security import SecurityHeaders

# The e-mail is shown in a frame that may load nothing and run nothing: not a byte leaves the machine.
_EMAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# How often (seconds) a stream looks whether it is to end; the comment it sends finds closed browsers.
_LOOK = 0.5


class _Events:
    """Hands each new state to every browser that listens."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[Snapshot]] = set()

    def publish(self, snapshot: Snapshot) -> None:
        for queue in self._listeners:
            queue.put_nowait(snapshot)

    async def stream(self, source: PreviewSource, stop: threading.Event) -> AsyncIterator[str]:
        queue: asyncio.Queue[Snapshot] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            yield _event(source.snapshot)
            while not stop.is_set():
                try:
                    yield _event(await asyncio.wait_for(queue.get(), _LOOK))
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            self._listeners.discard(queue)


def _event(snapshot: Snapshot) -> str:
    email = snapshot.email
    return (
        "data: "
        + json.dumps(
            {
                "version": snapshot.version,
                "error": snapshot.error,
                "note": snapshot.note,
                "subject": email.subject if email else None,
                "preheader": email.preheader if email else None,
                "bytes": len(email.html.encode()) if email else None,
            }
        )
        + "\n\n"
    )


def preview_app(
    source: PreviewSource,
    *,
    title: str,
    own_templates: Path | None,
    catalogue: Path | None,
    stop: threading.Event,
) -> Starlette:
    """Return the preview of ``source``; it watches the templates and the catalogue's files while it runs.

    ``stop`` ends the streams that browsers hold open, so that the server can end.
    """
    events = _Events()
    folders = [shipped_templates() / "email"] + ([own_templates] if own_templates else [])
    page = template_environment("web").get_template("preview.html.j2").render(title=title)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        watcher = asyncio.create_task(watch(source, folders, catalogue, events.publish, stop))
        yield
        stop.set()
        await watcher

    async def index(_: Request) -> Response:
        # What was approved or sent meanwhile is no file that was saved: a page that is loaded looks again.
        await asyncio.to_thread(source.refresh)
        return Response(page, media_type="text/html", headers={"Content-Security-Policy": _PAGE_POLICY})

    def html(_: Request) -> Response:
        return Response(
            source.snapshot.html,
            media_type="text/html",
            headers={"Content-Security-Policy": _EMAIL_POLICY, "Cache-Control": "no-store"},
        )

    def plain(request: Request) -> Response:
        snapshot = source.snapshot
        shown = {
            "text": snapshot.text,
            "html": snapshot.html,
            "mjml": snapshot.email.mjml if snapshot.email else "",
            "mime": snapshot.message.decode("ascii", "replace"),
        }.get(request.path_params["name"])
        if shown is None:
            return PlainTextResponse("no such view", status_code=404)
        return PlainTextResponse(shown, headers={"Cache-Control": "no-store"})

    def download(_: Request) -> Response:
        return Response(
            source.snapshot.message,
            media_type="message/rfc822",
            headers={"Content-Disposition": 'attachment; filename="issue.eml"'},
        )

    async def stream(_: Request) -> Response:
        return StreamingResponse(
            events.stream(source, stop),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    def asset(request: Request) -> Response:
        return FileResponse(shipped_templates() / "web" / request.url.path.lstrip("/"))

    return Starlette(
        routes=[
            Route("/", index),
            Route("/issue.html", html),
            Route("/issue.eml", download),
            Route("/events", stream),
            Route("/view/{name}", plain),
            *[Route(f"/{name}", asset) for name in ("preview.css", "preview.js")],
        ],
        middleware=[
            Middleware(SecurityHeaders, https=False),
            # Another site's page must not read the preview through a name that resolves to this machine.
            Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"]),
        ],
        lifespan=lifespan,
    )

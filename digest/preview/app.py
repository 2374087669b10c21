"""The preview's pages: a frame with controls round the e-mail, and what they ask for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from digest.errors import BadInput, DigestError, NotFound
from digest.preview import answers
from digest.preview.events import Events
from digest.preview.guard import json_of
from digest.preview.settings import SavedSettings, watch_settings
from digest.preview.showing import Choice, Showroom
from digest.preview.source import Snapshot
from digest.preview.watching import Folders, Watched, watch
from digest.templating import shipped_templates, template_environment
from digest.web.security import SecurityHeaders

# The e-mail is shown in a frame that may run nothing, and load nothing but what stands in it.
_EMAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:{}; frame-ancestors 'self'"
_EMPTY = "<!DOCTYPE html><html><head></head><body></body></html>"
# Until an editor asks for the pictures that are on the web, not a byte leaves the machine.
_FROM_THE_WEB = " https: http:"
_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_ASSETS = ("preview.css", "preview.js", "preview_frames.js", "preview_keys.js", "preview_panels.js")
_NOT_KEPT = {"Cache-Control": "no-store"}


def preview_app(
    room: Showroom,
    *,
    title: str,
    folders: Folders,
    stop: threading.Event,
    settings: SavedSettings | None = None,
) -> Starlette:
    """Return the preview of ``room``; it watches the files in ``folders`` while it runs.

    ``stop`` ends the streams that browsers hold open, so that the server can end. ``settings`` are read again
    when their file is saved.
    """
    events = Events()
    watched = Watched(folders)

    def published(snapshot: Snapshot) -> None:
        events.publish(snapshot.version)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(watch(room.source, watched, published, stop))
            tasks.create_task(look_again())
            if settings is not None:
                tasks.create_task(watch_settings(settings, room.source, watched, published, stop))
            yield
            stop.set()

    async def look_again() -> None:
        published(await asyncio.to_thread(room.source.look_again))

    page = (
        template_environment("web").get_template("preview.html.j2").render(title=title, week=str(room.week))
    )
    pages = _Pages(room, page, events, stop, look_again)
    return Starlette(
        routes=pages.routes(),
        exception_handlers={DigestError: _refusal, Exception: _mistake},
        middleware=[
            Middleware(SecurityHeaders, https=False),
            # Another site's page must not read the preview through a name that resolves to this machine.
            Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"]),
        ],
        lifespan=lifespan,
    )


async def _refusal(_: Request, error: Exception) -> Response:
    status = 404 if isinstance(error, NotFound) else 400 if isinstance(error, BadInput) else 502
    return JSONResponse({"error": str(error)}, status_code=status, headers=_NOT_KEPT)


async def _mistake(_: Request, error: Exception) -> Response:
    """Answer for a mistake of the program's own, logged as well: the page shows no more than a message."""
    message = f"the preview stumbled: {type(error).__name__}: {error}; the log has the details"
    return JSONResponse({"error": message}, status_code=500, headers=_NOT_KEPT)


class _Pages:
    """The answers, each to one address. What renders runs in a thread, what waits on the event loop."""

    def __init__(
        self,
        room: Showroom,
        page: str,
        events: Events,
        stop: threading.Event,
        look_again: Callable[[], Any],
    ) -> None:
        self._room = room
        self._page = page
        self._events = events
        self._stop = stop
        self._look_again = look_again
        self._looking: set[asyncio.Task[None]] = set()

    def routes(self) -> list[Route]:
        room = self._room
        return [
            Route("/", self._index),
            Route("/events", self._stream),
            Route("/frame.html", _frame),
            Route("/issue.eml", self._download),
            Route("/view/{name}", self._source),
            Route("/menu", self._json(lambda _: answers.menu(room))),
            Route(
                "/state", self._json(lambda choice: answers.state(room.show(choice), room.renderer.identity))
            ),
            Route("/checks", self._json(lambda choice: answers.checks(room, choice))),
            Route("/changes", self._json(lambda choice: answers.changed(room, choice))),
            Route("/weights", self._json(lambda choice: answers.weighed(room, choice))),
            Route("/readers", self._readers, methods=["POST"]),
            Route("/test", self._test, methods=["POST"]),
            *[Route(f"/{name}", _asset) for name in _ASSETS],
        ]

    async def _index(self, _: Request) -> Response:
        headers = {"Content-Security-Policy": _PAGE_POLICY, **_NOT_KEPT}
        return Response(self._page, media_type="text/html", headers=headers)

    async def _stream(self, _: Request) -> Response:
        # What was approved or sent meanwhile is no file that was saved: a page that is loaded looks again.
        looking: asyncio.Task[None] = asyncio.create_task(self._look_again())
        self._looking.add(looking)
        looking.add_done_callback(self._looking.discard)
        return StreamingResponse(
            self._events.stream(self._room.source.snapshot.version, self._stop),
            media_type="text/event-stream",
            headers={**_NOT_KEPT, "X-Accel-Buffering": "no"},
        )

    def _source(self, request: Request) -> Response:
        shown = self._room.show(_choice(request))
        sources = {
            "text": shown.text,
            "html": shown.html,
            "mjml": shown.email.mjml if shown.email else "",
            "mime": shown.message.decode("ascii", "replace"),
        }
        name = request.path_params["name"]
        if name not in sources:
            raise NotFound(f"there is no view {name}; there are: {', '.join(sources)}")
        return PlainTextResponse(sources[name], headers=_NOT_KEPT)

    def _download(self, request: Request) -> Response:
        choice = _choice(request)
        name = f"{self._room.week}-{choice.kind}-{choice.name}".strip("-")
        safe = "".join(char if char.isascii() and char.isalnum() else "-" for char in name)
        return Response(
            self._room.show(choice).message,
            media_type="message/rfc822",
            headers={"Content-Disposition": f'attachment; filename="{safe}.eml"', **_NOT_KEPT},
        )

    def _json(self, answer: Callable[[Choice], dict[str, Any]]) -> Callable[[Request], Response]:
        def answered(request: Request) -> Response:
            return JSONResponse(answer(_choice(request)), headers=_NOT_KEPT)

        return answered

    async def _readers(self, request: Request) -> Response:
        asked = await json_of(request)
        found = await asyncio.to_thread(self._room.around.readers, str(asked.get("search", "")))
        return JSONResponse([asdict(reader) for reader in found], headers=_NOT_KEPT)

    async def _test(self, request: Request) -> Response:
        asked = await json_of(request)
        choice = Choice.of(str(asked.get("show", "")), str(asked.get("reader", "")))
        address = str(asked.get("address", ""))
        await asyncio.to_thread(self._room.send_test, choice, address)
        return JSONResponse({"sent": address.strip()}, headers=_NOT_KEPT)


def _choice(request: Request) -> Choice:
    return Choice.of(request.query_params.get("show", ""), request.query_params.get("reader", ""))


def _frame(request: Request) -> Response:
    """Return the empty page that an e-mail is put into, under the policy that holds for it there."""
    policy = _EMAIL_POLICY.format(_FROM_THE_WEB if request.query_params.get("pictures") == "web" else "")
    return Response(_EMPTY, media_type="text/html", headers={"Content-Security-Policy": policy, **_NOT_KEPT})


def _asset(request: Request) -> Response:
    return FileResponse(shipped_templates() / "web" / request.url.path.lstrip("/"), headers=_NOT_KEPT)

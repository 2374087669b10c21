"""Serving pages until a signal comes, the same for every command that does."""

from __future__ import annotations

import os
import socket
import threading
from types import FrameType
from typing import TYPE_CHECKING

from digest.errors import DigestError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

# Half-open requests must not eat the ten seconds that a service manager gives us.
_GRACE = 2


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; raise DigestError when the port cannot be had.

    To be called before anything else is begun: a command that cannot serve must not have sent anything.
    """
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise DigestError(
            f"port {port} on {host} cannot be used: {os.strerror(error.errno or 0)}; choose another"
        ) from None


def serve(application: ASGIApp, listener: socket.socket, stop: threading.Event, *, log: bool = True) -> None:
    """Serve until a signal comes. It sets ``stop`` at once: what runs beside ends with the pages."""
    import uvicorn

    from digest.web.security import hide_tokens_in_access_log

    hide_tokens_in_access_log()
    config = uvicorn.Config(
        application,
        log_config=None,
        access_log=log,
        log_level=None if log else "warning",
        server_header=False,
        # The application itself looks at them, as [web] trusted_proxies says (jobs.app).
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE,
    )

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            stop.set()
            super().handle_exit(sig, frame)

    with listener:
        Server(config).run([listener])

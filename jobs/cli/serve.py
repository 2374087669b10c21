"""``digest run`` and its parts one by one: the processes that stay."""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from digest.cli import App, pass_app
from jobs.cli.signals import stop_on_signal

if TYPE_CHECKING:
    from starlette.types import ASGIApp

host_option = click.option("--host", help="Left out: [web] host.")
port_option = click.option("--port", type=click.IntRange(0, 65535), help="Left out: [web] port.")


@click.command()
@host_option
@port_option
@pass_app
def run(app: App, host: str | None, port: int | None) -> None:
    """Everything in one process: web, scheduler, sender."""
    _serve(app, host, port, web=True, schedule=True)


@click.command()
@host_option
@port_option
@pass_app
def web(app: App, host: str | None, port: int | None) -> None:
    """The public pages only."""
    _serve(app, host, port, web=True, schedule=False)


@click.command()
@pass_app
def scheduler(app: App) -> None:
    """The weekly tick and the sender only."""
    _serve(app, None, None, web=False, schedule=True)


@click.command()
@click.option("--smtp-port", type=click.IntRange(0, 65535), default=2525, show_default=True)
@click.option("--http-port", type=click.IntRange(0, 65535), default=8025, show_default=True)
@click.option("--dir", "folder", type=click.Path(file_okay=False, path_type=Path), default=Path("inbox"))
def inbox(smtp_port: int, http_port: int, folder: Path) -> None:
    """Catch mail and show it, for trying things out."""
    from jobs.inbox.catcher import catching
    from jobs.inbox.pages import inbox_app

    with catching(folder, smtp_port) as port, stop_on_signal() as stop:
        click.echo(f"SMTP on 127.0.0.1:{port}, use DIGEST_SMTP_URL=smtp://127.0.0.1:{port}", err=True)
        _http(inbox_app(folder), "127.0.0.1", http_port, stop)


def _serve(app: App, host: str | None, port: int | None, *, web: bool, schedule: bool) -> None:
    from jobs.scheduler import beating
    from jobs.sendout import SendOut

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # One line a minute that says the tick ran helps nobody.
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    with ExitStack() as stack:
        stop = stack.enter_context(stop_on_signal())
        if schedule:
            stack.enter_context(beating(SendOut.of(app.settings, app.database, app.clock), stop))
        if web:
            from jobs.app import web_app

            settings = app.settings.web
            _http(
                web_app(app.settings, app.database, app.clock),
                host or settings.host,
                settings.port if port is None else port,
                stop,
            )
        else:
            _wait(stop)


def _wait(stop: threading.Event) -> None:
    # A bare wait() would keep Python from running the signal handler on some platforms.
    while not stop.wait(1.0):
        pass


def _http(application: ASGIApp, host: str, port: int, stop: threading.Event) -> None:
    """Serve until a signal comes. It sets ``stop`` at once, so that sender and pages end side by side."""
    import uvicorn

    from digest.web.security import hide_tokens_in_access_log

    hide_tokens_in_access_log()
    config = uvicorn.Config(
        application,
        host=host,
        port=port,
        log_config=None,
        server_header=False,
        # Half-open requests must not eat the ten seconds that a service manager gives us.
        timeout_graceful_shutdown=2,
    )

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            stop.set()
            super().handle_exit(sig, frame)

    Server(config).run()

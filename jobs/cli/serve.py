"""``digest run`` and its parts one by one: the processes that stay."""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack
from pathlib import Path

import click

from digest.cli import App, pass_app
from jobs.cli.http import listen, serve
from jobs.cli.signals import stop_on_signal
from jobs.cli.tracing import trace_option, traced

_LOOPBACK = "127.0.0.1"

host_option = click.option("--host", help="Left out: [web] host.")
port_option = click.option("--port", type=click.IntRange(0, 65535), help="Left out: [web] port.")


@click.command()
@host_option
@port_option
@trace_option
@pass_app
def run(app: App, host: str | None, port: int | None, trace: str | None) -> None:
    """Everything in one process: web, scheduler, sender, and mail-in where [mailin] says how."""
    _serve(app, host, port, web=True, schedule=True, mail=app.settings.mailin.on, trace=trace)


@click.command()
@host_option
@port_option
@pass_app
def web(app: App, host: str | None, port: int | None) -> None:
    """The public pages only."""
    _serve(app, host, port, web=True)


@click.command()
@trace_option
@pass_app
def scheduler(app: App, trace: str | None) -> None:
    """The weekly tick and the sender only."""
    _serve(app, None, None, schedule=True, trace=trace)


@click.command()
@pass_app
def mailin(app: App) -> None:
    """Take mail only: sign-ups, goodbyes and bounces, see docs/mailin.md."""
    _serve(app, None, None, mail=True)


@click.command()
@click.option("--smtp-port", type=click.IntRange(0, 65535), default=2525, show_default=True)
@click.option("--http-port", type=click.IntRange(0, 65535), default=8025, show_default=True)
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("inbox"),
    show_default=True,
    help="Where each message is kept as a file.",
)
def inbox(smtp_port: int, http_port: int, folder: Path) -> None:
    """Catch mail and show it, for trying things out."""
    from jobs.inbox.catcher import catching
    from jobs.inbox.pages import inbox_app

    with listen(_LOOPBACK, http_port) as pages, catching(folder, smtp_port) as port, stop_on_signal() as stop:
        click.echo(f"Send mail to it with DIGEST_SMTP_URL=smtp://{_LOOPBACK}:{port}")
        click.echo(f"Read it at http://{_LOOPBACK}:{pages.getsockname()[1]}/  (Ctrl-C ends it)")
        serve(inbox_app(folder), pages, stop, log=False)


def _serve(
    app: App,
    host: str | None,
    port: int | None,
    *,
    web: bool = False,
    schedule: bool = False,
    mail: bool = False,
    trace: str | None = None,
) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # One line a minute that says the tick ran helps nobody.
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    settings = app.settings.web
    with ExitStack() as stack:
        if web:
            from jobs.app import web_app

            application = web_app(app.settings, app.database, app.clock)
            pages = stack.enter_context(
                listen(host or settings.host, settings.port if port is None else port)
            )
        stop = stack.enter_context(stop_on_signal())
        if mail:
            from jobs.cli.mailin import taking_mail

            stack.enter_context(taking_mail(app))
        if schedule:
            from jobs.scheduler import beating
            from jobs.sendout import SendOut

            log = stack.enter_context(traced(trace))
            stack.enter_context(beating(SendOut.of(app.settings, app.database, app.clock), stop, log))
        if web:
            serve(application, pages, stop)
        else:
            _wait(stop)


def _wait(stop: threading.Event) -> None:
    # A bare wait() would keep Python from running the signal handler on some platforms.
    while not stop.wait(1.0):
        pass

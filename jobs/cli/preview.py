"""``digest preview``: the issue as it will be sent, live in a browser or as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli import App, pass_app
from digest.desk import Desk
from digest.issues.cli import week_option
from digest.week import Week
from jobs.cli.http import listen, serve
from jobs.cli.signals import stop_on_signal

if TYPE_CHECKING:
    from digest.preview.source import PreviewSource
    from digest.preview.watching import Folders
    from digest.settings import Settings
    from jobs.sendout import SendOut


@click.command()
@week_option
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write issue.html, issue.txt, issue.eml and issue.mjml there instead of serving.",
)
@pass_app
def preview(app: App, week: Week, port: int, out: Path | None) -> None:
    """Show the issue as it will be sent, live."""
    from digest.errors import DigestError
    from digest.issues.files import write_email
    from digest.preview.source import PreviewSource
    from jobs.sendout import SendOut

    work = SendOut.of(app.settings, app.database, app.clock)
    source = PreviewSource(
        app.database,
        work.renderer,
        work.sample_message,
        app.clock,
        week=week,
        desk=Desk.of(app.settings),
    )
    if out is not None:
        snapshot = source.refresh()
        if snapshot.email is None:
            raise DigestError(snapshot.error or "nothing to show")
        for path in write_email(out, snapshot.email, snapshot.message):
            click.echo(path)
        return
    _serve(app, work, source, week, port)


def _serve(app: App, work: SendOut, source: PreviewSource, week: Week, port: int) -> None:
    from digest.preview.app import preview_app
    from digest.preview.settings import SavedSettings
    from digest.preview.showing import Showroom
    from digest.settings import config_file, read_settings
    from jobs.previewing import PreviewSurroundings
    from jobs.sendout import SendOut

    room = Showroom(source, app.database, work.renderer, PreviewSurroundings(work, week), week)

    def reread() -> Folders:
        settings = read_settings()
        renewed = SendOut.of(settings, app.database, app.clock)
        source.adopt(renewed.renderer, renewed.sample_message, Desk.of(settings))
        room.adopt(renewed.renderer, PreviewSurroundings(renewed, week))
        return _folders(settings)

    with listen("127.0.0.1", port) as listener, stop_on_signal() as stop:
        application = preview_app(
            room,
            title=app.settings.brand.name,
            folders=_folders(app.settings),
            stop=stop,
            settings=SavedSettings(config_file(), reread),
        )
        click.echo(f"Preview of {week}: http://127.0.0.1:{listener.getsockname()[1]}/  (Ctrl-C ends it)")
        serve(application, listener, stop, log=False)


def _folders(settings: Settings) -> Folders:
    from digest.preview.watching import Folders

    return Folders(settings.templates.path, settings.catalogue.path)

"""``digest demo``: the main job once, from the sample catalogue to 25 readers' inboxes."""

from __future__ import annotations

from pathlib import Path

import click

from digest.cli import App, pass_app


@click.command()
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo"),
    show_default=True,
    help="Where the database, the e-mail and the inbox are written.",
)
@pass_app
def demo(app: App, folder: Path) -> None:
    """Run the main job once on sample data: catalogue to inbox."""
    from jobs.demo import run_demo

    for label, line in run_demo(folder, app.clock):
        click.echo(f"{label:<10} {line}")

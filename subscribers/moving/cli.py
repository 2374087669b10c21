"""``digest subscribers import`` and ``export``."""

from __future__ import annotations

from pathlib import Path

import click

from digest.cli import App, pass_app
from digest.secrets import secret_keys
from subscribers import store
from subscribers.moving.exporting import write_csv, write_jsonl
from subscribers.moving.files import whole_file
from subscribers.moving.formats import FIELDS
from subscribers.moving.importing import ImportReport, import_file
from subscribers.moving.progress import reading_bar
from subscribers.moving.rows import SEPARATORS
from subscribers.values import Status

_SHOWN = 10

status_option = click.option(
    "--status", type=click.Choice([status.value for status in Status]), help="Only readers in this status."
)


def _chosen(context: click.Context, option: click.Parameter, pairs: tuple[str, ...]) -> dict[str, str]:
    del context, option
    chosen = {}
    for pair in pairs:
        word, _, column = pair.partition("=")
        if word not in FIELDS or not column.strip():
            raise click.BadParameter(f"write WORD=COLUMN with one of these words: {', '.join(FIELDS)}")
        chosen[word] = column
    return chosen


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--dry-run", is_flag=True, help="Only say what would become of the rows.")
@click.option(
    "--map",
    "chosen",
    multiple=True,
    callback=_chosen,
    metavar="WORD=COLUMN",
    help=f"Where something is, if the header does not tell; WORD is {', '.join(FIELDS)}.",
)
@click.option(
    "--rejects",
    type=click.Path(dir_okay=False),
    help="Where rows that are left out go.  [default: FILE.rejects.csv, for - rejects.csv]",
)
@pass_app
def import_(app: App, file: str, dry_run: bool, chosen: dict[str, str], rejects: str | None) -> None:
    """Import readers from a CSV file, or from - for standard input.

    Exports of Mailchimp, Substack, Ghost, Buttondown, listmonk and beehiiv are recognised, and plain lists
    (email,name,status). Rows without a status are confirmed: you vouch that they agreed. Whoever left stays
    gone. No mail is sent. An import that was stopped can simply be run again.
    """
    if rejects is None and not dry_run:
        rejects = "rejects.csv" if file == "-" else str(Path(file).with_suffix(".rejects.csv"))
    source = "standard input" if file == "-" else file
    with click.open_file(file, "rb") as opened, reading_bar(opened) as progress:
        report = import_file(
            app.database,
            opened,
            source,
            clock=app.clock,
            keys=secret_keys(app.settings),
            chosen=chosen,
            rejects=rejects,
            dry_run=dry_run,
            progress=progress,
        )
    _print_problems(report)
    for line in said(report, source, dry_run):
        click.echo(line)


@click.command()
@status_option
@click.option("--interest", help="Only readers who want this category, or all of them.")
@click.option("--language", help="Only readers of this language, such as en.")
@click.option("--format", "form", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True)
@click.option(
    "--output", "-o", "path", type=click.Path(dir_okay=False), help="A file instead of standard output."
)
@pass_app
def export(
    app: App, status: str | None, interest: str | None, language: str | None, form: str, path: str | None
) -> None:
    """Write readers as CSV (email,name,status) or as JSON, one a line."""
    part = store.Part(None if status is None else Status(status), interest, language)
    output = click.open_file("-", "w", encoding="utf-8") if path is None else whole_file(path)
    with app.database.reading() as session, output as file:
        write = write_csv if form == "csv" else write_jsonl
        write(store.readers(session, app.clock.now(), part), file)


def said(report: ImportReport, source: str, dry_run: bool) -> list[str]:
    """Return the lines that tell an operator what a file was taken for, and what became of its rows."""
    layout = report.layout
    columns = ", ".join(f"{word} in {column}" for word, column in layout.columns.items() if column)
    letters, separators = report.letters or "ASCII", SEPARATORS[report.separator]
    lines = [f"{source}: {layout.format.name}, {letters}, {separators}; {columns}"]
    if layout.format.advice is not None:
        lines.append(layout.format.advice)
    statuses = ", ".join(f"{number:,} {status.value}" for status, number in sorted(report.added.items()))
    lines.append(
        f"{'nothing is stored; it would be: ' if dry_run else ''}"
        f"{report.added.total():,} added{f' ({statuses})' if statuses else ''}, "
        f"{report.known:,} on the list already, {report.silenced:,} silenced, "
        f"{report.duplicates:,} twice in the file; left out: {report.suppressed:,} suppressed, "
        f"{report.broken:,} broken or never confirmed"
    )
    if report.rejects is not None:
        lines.append(f"what was left out, and why, is in {report.rejects}")
    return lines


def _print_problems(report: ImportReport) -> None:
    for problem in report.problems[:_SHOWN]:
        click.echo(problem, err=True)
    left_out = report.broken + report.suppressed
    if left_out > _SHOWN:
        click.echo(f"… and {left_out - _SHOWN:,} more", err=True)

"""``digest subscribers import`` and ``export``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from digest.cli import App, json_option, pass_app, print_json
from digest.errors import NotFound
from digest.secrets import secret_keys
from subscribers import store
from subscribers.audience import interests
from subscribers.moving.exporting import write_csv, write_jsonl
from subscribers.moving.files import whole_file
from subscribers.moving.formats import FIELDS, PLAIN
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
@json_option
@pass_app
def import_(
    app: App, file: str, dry_run: bool, chosen: dict[str, str], rejects: str | None, as_json: bool
) -> None:
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
    if as_json:
        print_json({"file": source, "dry_run": dry_run, **report.as_json()})
        return
    _print_problems(report)
    for line in said(report, source, dry_run):
        click.echo(line)
    if rejects is not None and report.rejects is None and Path(rejects).exists():
        click.echo(f"nothing was left out: {rejects} is of an earlier import")


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
    if interest is not None:
        _check_interest(app, interest)
    output = click.open_file("-", "w", encoding="utf-8") if path is None else whole_file(path)
    with app.database.reading() as session, output as file:
        write = write_csv if form == "csv" else write_jsonl
        write(store.readers(session, app.clock.now(), part), file)


def said(report: ImportReport, source: str, dry_run: bool) -> list[str]:
    """Return the lines that tell an operator what a file was taken for, and what became of its rows."""
    layout = report.layout
    columns = ", ".join(f"{word} in {column}" for word, column in layout.columns.items() if column)
    unread = f"; columns not read: {', '.join(layout.unread)}" if layout.unread else ""
    letters, separators = report.letters or "ASCII", SEPARATORS[report.separator]
    lines = [f"{source}: {layout.format.name}, {letters}, {separators}; {columns}"]
    if layout.format.advice is not None:
        lines.append(layout.format.advice)
    if layout.format is PLAIN and not layout.clues:
        lines.append(f"no status column: all are taken as confirmed{unread}")
    elif unread:
        lines.append(unread.removeprefix("; "))
    statuses = ", ".join(f"{number:,} {status.value}" for status, number in sorted(report.added.items()))
    taken = {
        "on the list already": report.known,
        "silenced": report.silenced,
        "twice in the file": report.duplicates,
    }
    left_out = {
        "suppressed": report.suppressed,
        "never confirmed": report.unconfirmed,
        "broken": report.broken,
    }
    lines.append(
        f"{'nothing is stored; it would be: ' if dry_run else ''}"
        + ", ".join([f"{report.added.total():,} added{f' ({statuses})' if statuses else ''}", *_some(taken)])
        + (f"; left out: {', '.join(_some(left_out))}" if report.left_out else "")
    )
    if report.rejects is not None:
        lines.append(f"what was left out, and why, is in {report.rejects}")
    return lines


def _print_problems(report: ImportReport) -> None:
    for problem in report.problems[:_SHOWN]:
        click.echo(problem, err=True)
    if report.left_out > _SHOWN:
        click.echo(f"… and {report.left_out - _SHOWN:,} more", err=True)


def _some(counted: Mapping[str, int]) -> list[str]:
    """Return the numbers that are not zero, each with its word."""
    return [f"{number:,} {word}" for word, number in counted.items() if number]


def _check_interest(app: App, interest: str) -> None:
    """Raise NotFound for a category that no tool has and nobody chose: who chose none would match it."""
    with app.database.reading() as session:
        known = sorted({*app.categories(session), *interests(session)}, key=str.casefold)
    if interest.casefold() not in {one.casefold() for one in known}:
        there = f"there are: {', '.join(known)}" if known else "neither a tool nor a reader has one"
        raise NotFound(f"there is no category {interest!r}; {there}")

"""What every command group shares: the application in ``ctx.obj``, and printing for people or programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import click
from sqlalchemy.orm import Session

from digest.clock import Clock
from digest.db import Database
from digest.settings import Settings

Told = Sequence[tuple[datetime, Mapping[str, Any]]]


@dataclass
class App:
    """What a command works with. The database is opened when first asked for.

    The rest is what one room needs of another and may not import. ``forget`` takes out what hangs on a
    reader's public id elsewhere than on the list, when one is erased. ``categories`` are those of the tools.
    ``issues_of`` tells which issues a reader got, by row id: when, and more in plain JSON values.
    """

    settings: Settings
    clock: Clock
    open_database: Callable[[Settings], Database]
    forget: Callable[[Session, str], None] = lambda session, reader: None
    categories: Callable[[Session], Sequence[str]] = lambda session: ()
    issues_of: Callable[[Session, int], Told] = lambda session, reader_id: ()

    @cached_property
    def database(self) -> Database:
        return self.open_database(self.settings)


pass_app = click.make_pass_decorator(App)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def print_json(value: object) -> None:
    """Print one JSON document; what is unknown is null."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, empty: str) -> None:
    """Print rows as a table with these columns; unknown values stay blank. ``empty`` is said for no rows."""
    if not rows:
        click.echo(empty)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*[column.replace("_", " ") for column in columns], box=None, pad_edge=False)
    for row in rows:
        # Text from outside must not be read as rich markup, nor reach the terminal as escape codes.
        table.add_row(*[_plain("" if row[column] is None else str(row[column])) for column in columns])
    console = Console()
    if not console.is_terminal:
        # A program, or a file, gets whole values: nothing is cut or wrapped to fit a window.
        console = Console(width=100_000)
    console.print(table, markup=False, highlight=False)


def _plain(text: str) -> Any:
    from rich.text import Text

    return Text("".join(char if char.isprintable() else " " for char in text))

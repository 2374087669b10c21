"""``digest catalogue poll`` and ``sources``: tools that come over the network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from digest.cli import App, json_option, pass_app, print_json, print_rows
from digest.errors import DigestError

if TYPE_CHECKING:
    from digest.catalogue.feeds.polling import PollResult

_NO_SOURCES = "No sources; name one in digest.toml as [sources.NAME] with its url."


class PollFailed(DigestError):
    """Some sources could not be polled; what the others brought is stored."""


@click.command()
@click.argument("names", metavar="[NAME…]", nargs=-1)
@json_option
@pass_app
def poll(app: App, names: tuple[str, ...], as_json: bool) -> None:
    """Fetch the sources of digest.toml now, all or those named, and take in what is new."""
    from rich.console import Console

    from digest.catalogue.feeds.polling import chosen
    from digest.catalogue.feeds.polling import poll as poll_sources

    results: list[PollResult] = []
    wanted = chosen(app.settings, names)
    for name in wanted:
        with Console(stderr=True).status(f"Fetching {name}"):
            results += poll_sources(app.database, app.settings, app.clock, [name], force=True)
    if as_json:
        print_json([_result_json(result) for result in results])
    elif not wanted:
        click.echo(_NO_SOURCES)
    else:
        click.echo("\n".join(line for result in results for line in _lines(result)))
    failed = [result.name for result in results if result.error is not None]
    if failed:
        raise PollFailed(f"{len(failed)} of {len(wanted)} sources could not be polled: {', '.join(failed)}")


@click.command()
@json_option
@pass_app
def sources(app: App, as_json: bool) -> None:
    """Show how the sources of digest.toml stand: when each was read, and when it is due."""
    from digest.catalogue.feeds.states import states

    with app.database.reading() as session:
        rows = [state.json() for state in states(session, app.settings, app.clock.now())]
    if as_json:
        print_json(rows)
        return
    columns = ("name", "state", "url", "succeeded_at", "next_at", "failures", "error")
    print_rows(rows, columns, empty=_NO_SOURCES)


def _result_json(result: PollResult) -> dict[str, Any]:
    taken = result.taken
    return {
        "name": result.name,
        "new": list(taken.new),
        "changed": list(taken.changed),
        "unchanged": taken.unchanged,
        "refused": list(taken.refused),
        "remarks": list(taken.remarks),
        "not_modified": result.not_modified,
        "error": result.error,
    }


def _lines(result: PollResult) -> Iterator[str]:
    if result.error is not None:
        yield f"{result.name}: {_plain(result.error)}"
        return
    if result.not_modified:
        yield f"{result.name}: nothing new"
        return
    taken = result.taken
    counts = (f"{len(taken.new)} new", f"{len(taken.changed)} changed", f"{taken.unchanged} unchanged")
    refused = (f"{len(taken.refused)} refused",) if taken.refused else ()
    yield f"{result.name}: {', '.join((*counts, *refused))}"
    yield from (f"  new: {slug}" for slug in taken.new)
    yield from (f"  changed: {slug}" for slug in taken.changed)
    yield from (f"  refused: {_plain(line)}" for line in taken.refused)
    yield from (f"  {_plain(line)}" for line in taken.remarks)


def _plain(line: str) -> str:
    # Names come from strangers, and a terminal obeys escape codes.
    return "".join(char if char.isprintable() else " " for char in line)

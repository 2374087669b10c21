"""Asks where links lead: our own pages without a network, other sites guarded and only on request."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from digest.clock import Clock
from digest.db import Database
from digest.settings import Settings

if TYPE_CHECKING:
    from digest.catalogue.feeds.fetching import Fetcher
    from digest.lint.links import Answered

# One site, and all of them together; in seconds.
_SITE = 10.0
_ALL = 60.0
_AT_ONCE = 8


def ask_own_pages(
    settings: Settings, database: Database, clock: Clock, paths: Collection[str]
) -> Mapping[str, int]:
    """Return the HTTP status that the web application answers each path with, in this process."""
    # Whoever has no link to follow needs no web application.
    import httpx

    from jobs.app import web_app

    async def asked() -> dict[str, int]:
        transport = httpx.ASGITransport(web_app(settings, database, clock), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return {path: (await client.get(path)).status_code for path in paths}

    return asyncio.run(asked())


def other_sites() -> Fetcher:
    """Return what asks other sites: never a private address, however often it is sent on."""
    from digest.catalogue.feeds.fetching import Fetcher, Limits

    return Fetcher(limits=Limits(seconds=_SITE))


def ask_other_sites(addresses: Collection[str], fetcher: Fetcher, most: int) -> Mapping[str, Answered]:
    """Return what each address answers, asked several at once and for a minute in all; silence is no status.

    Of a body no more than ``most`` bytes and one are read.
    """
    return asyncio.run(_asked(addresses, fetcher, most))


async def _asked(addresses: Collection[str], fetcher: Fetcher, most: int) -> dict[str, Answered]:
    from digest.catalogue.feeds.answers import FetchError, PrivateAddress
    from digest.lint.links import Answered

    gate = asyncio.Semaphore(_AT_ONCE)
    found = dict.fromkeys(addresses, Answered(None))

    async def ask(address: str) -> None:
        async with gate:
            try:
                status, size = await fetcher.probe(address, most)
                found[address] = Answered(status, size=size)
            except PrivateAddress:
                found[address] = Answered(None, private=True)
            except FetchError:
                return

    tasks = [asyncio.create_task(ask(address)) for address in found]
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=_ALL)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
    return found

"""Lints an issue as it stands, and follows its links: into our own pages, and on request to other sites."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import httpx
from fastapi import FastAPI

from digest.cli import App
from digest.issues.rendered import Renderer, content_of
from digest.issues.store import get_issue
from digest.issues.values import IssueContent
from digest.lint.running import Report, lint
from digest.lint.sample import mail_of
from digest.lint.values import Mail
from digest.rendering.slots import BODY_SLOTS
from digest.rendering.view import compare_url
from digest.secrets import secret_keys
from digest.week import Week
from jobs.app import web_app

_SECONDS = 10.0
_AT_ONCE = 8
# Pages of one reader each; the invented reader of a lint has none.
_PERSONAL = tuple(f"{slot}/" for slot in BODY_SLOTS)


def lint_issue(app: App, week: Week, *, online: bool = False) -> Report:
    """Return what is wrong with the week's issue; with ``online`` other sites are asked too.

    Raises NotFound and TemplateError.
    """
    renderer = Renderer.of(app.settings, secret_keys(app.settings)[0])
    with app.database.reading() as session:
        issue = get_issue(session, week)
        email = renderer.render(session, issue)
        content = content_of(session, issue, renderer.desk.panel)
    mail = mail_of(email, renderer.identity)
    ours, theirs = _followed(mail, content)
    inside = asyncio.run(_own_pages(web_app(app.settings, app.database, app.clock), mail.base_url, ours))
    outside = asyncio.run(_other_sites(theirs)) if online else {}
    return lint(
        mail,
        silence=renderer.desk.silence,
        # What is not followed is taken for good: it is there once the issue is out, or for its reader only.
        internal=lambda address: inside.get(address, 200),
        external=outside.get if online else None,
    )


def _followed(mail: Mail, content: IssueContent) -> tuple[list[str], list[str]]:
    """Return the links to our own pages and to other sites that can be followed before the issue is out."""
    base = f"{mail.base_url}/"
    later = {f"{base}issues/{content.week}"}
    later |= {compare_url(mail.base_url, pair.left, pair.right) for pair in content.matchups}
    addresses = dict.fromkeys(address.partition("#")[0] for address, _ in mail.links())
    ours = [
        one for one in addresses if one.startswith(base) and one not in later and not _personal(one, base)
    ]
    theirs = [
        one for one in addresses if one.startswith(("http://", "https://")) and not one.startswith(base)
    ]
    return ours, theirs


def _personal(address: str, base: str) -> bool:
    return address.removeprefix(base).startswith(_PERSONAL)


async def _own_pages(app: FastAPI, base_url: str, addresses: Collection[str]) -> dict[str, int | None]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        return {one: (await client.get(one.removeprefix(base_url))).status_code for one in addresses}


async def _other_sites(addresses: Collection[str]) -> dict[str, int | None]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def status(client: httpx.AsyncClient, address: str) -> int | None:
        try:
            async with gate, client.stream("GET", address) as answer:
                return answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL):
            return None

    async with httpx.AsyncClient(timeout=_SECONDS, follow_redirects=True) as client:
        found = await asyncio.gather(*(status(client, one) for one in addresses))
    return dict(zip(addresses, found, strict=True))

"""Which links can be followed before an issue is out, and what our own pages say to them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from digest.issues.values import IssueContent
from digest.lint.addresses import own_path
from digest.lint.links import Fetch, addresses
from digest.lint.values import Mail
from digest.rendering.view import compare_url

# Asks our own pages without a network: paths in, the HTTP status of each out. The composition root gives it.
OwnPages = Callable[[Collection[str]], Mapping[str, int]]
# Pages of one reader each; an invented reader has none.
_PERSONAL = tuple(f"/{name}/" for name in ("unsubscribe", "preferences", "vote", "saved", "confirm"))


def asked_inside(mail: Mail, content: IssueContent | None, own_pages: OwnPages) -> Fetch:
    """Return what answers for each link to our own pages; they are asked all at once, here.

    What is not followed is taken for good: it is there once the issue is out, or for its reader only.
    """
    paths = {
        address: path
        for address in addresses(mail)
        if (path := own_path(address, mail.base_url)) and not path.startswith(_PERSONAL)
    }
    for address in _later(mail, content):
        paths.pop(address, None)
    statuses = own_pages(list(dict.fromkeys(paths.values()))) if paths else {}
    return lambda address: statuses.get(paths.get(address, ""), 200)


def _later(mail: Mail, content: IssueContent | None) -> list[str]:
    """Return the addresses that have a page only once the issue is out."""
    if content is None:
        return []
    return [
        f"{mail.base_url}/issues/{content.week}",
        *(compare_url(mail.base_url, pair.left, pair.right) for pair in content.matchups),
    ]

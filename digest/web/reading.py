"""From the database to what the pages show. Takes a session, changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from digest.catalogue import store as catalogue
from digest.catalogue.values import Tool
from digest.desk import Desk
from digest.errors import BadInput, NotFound
from digest.issues.rendered import content_of
from digest.issues.rows import IssueRow
from digest.panel import Panel
from digest.votes.store import with_votes
from digest.web import archive, views
from digest.week import Week

_VERSUS = "-vs-"
# More can only be an attempt to make us ask the database a great deal.
_MOST_SPLITS = 16


def issue_heads(
    session: Session, desk: Desk, before: str | None, limit: int
) -> tuple[list[views.IssueHead], str | None]:
    """Return a page of public issues before a week and the week to ask for next, None on the last page."""
    rows, older = _issues(session, before, limit)
    return [_head(row, desk) for row in rows], older


def issue_pages(
    session: Session, desk: Desk, before: str | None, limit: int
) -> tuple[list[views.IssuePage], str | None]:
    """Return the same with every issue's matchups."""
    rows, older = _issues(session, before, limit)
    return [_page(session, desk, row) for row in rows], older


def issue_page(session: Session, desk: Desk, week: str) -> views.IssuePage:
    """Return the week's issue; raise NotFound unless it has begun to go out."""
    try:
        row = archive.public_issue(session, Week.parse(week))
    except BadInput:
        row = None
    if row is None:
        raise NotFound("no such issue has gone out; the week may be mistyped, or still to come")
    return _page(session, desk, row)


def tool_named(session: Session, slug: str, today: date) -> Tool:
    """Return a tool; raise NotFound, also for one that is embargoed, excluded or still without a panel.

    One that an issue featured keeps its page whatever becomes of it: readers hold links to it.
    """
    ids = catalogue.ids_by_slug(session, [slug])
    if not archive.open_tools(session, ids.values(), today):
        raise NotFound("there is no such tool; it may go by another name")
    return with_votes(session, [catalogue.load_tool(session, slug)])[0]


def pair_named(session: Session, pair: str, today: date) -> tuple[Tool, Tool]:
    """Return the two tools that ``left-vs-right`` names, if both have pages; raise NotFound.

    A slug may itself hold "-vs-", so every place to part the two is tried, the leftmost first.
    """
    parts = pair.split(_VERSUS)
    if len(parts) > _MOST_SPLITS:
        parts = []
    splits = [(_VERSUS.join(parts[:at]), _VERSUS.join(parts[at:])) for at in range(1, len(parts))]
    known = catalogue.ids_by_slug(session, {slug for split in splits for slug in split})
    open_ids = archive.open_tools(session, known.values(), today)
    ids = {slug: tool_id for slug, tool_id in known.items() if tool_id in open_ids}
    for left, right in splits:
        if left != right and left in ids and right in ids:
            return _pair(session, ids[left], ids[right])
    raise NotFound("there is no such comparison; one of the two tools is not known here")


def known_order(session: Session, left: Tool, right: Tool) -> tuple[Tool, Tool] | None:
    """Return two tools in the order an issue, or else a source, set them side by side; None if none did."""
    ids = catalogue.ids_by_slug(session, [left.slug, right.slug])
    one, other = ids[left.slug], ids[right.slug]
    met = archive.met_in(session, one, other)
    order = (met.left_id, met.right_id) if met else archive.compared_as(session, one, other)
    if order is None:
        return None
    return (left, right) if order == (one, other) else (right, left)


def matchup_after(session: Session, panel: Panel, left: Tool, right: Tool) -> views.Line | None:
    """Return the matchup that follows this pair in its issue, or None."""
    ids = catalogue.ids_by_slug(session, [left.slug, right.slug])
    met = archive.met_in(session, ids[left.slug], ids[right.slug])
    following = archive.after(session, met) if met else None
    return views.line(*_pair(session, *following), panel) if following else None


def reviewed_in(session: Session, panel: Panel, left: Tool, right: Tool) -> views.Reviewed | None:
    """Return where the pair, in the order of its issue, ran last and whether it says more today, or None."""
    ids = catalogue.ids_by_slug(session, [left.slug, right.slug])
    met = archive.met_in(session, ids[left.slug], ids[right.slug])
    if met is None:
        return None
    issue = archive.issue_of(session, met)
    kept = content_of(session, issue, panel).matchups if issue.content is not None else ()
    slugs = (left.slug, right.slug)
    then = next(
        ((pair.left, pair.right) for pair in kept if (pair.left.slug, pair.right.slug) == slugs), None
    )
    return views.reviewed(issue.week, then, (left, right))


def tools_page(
    session: Session, category: str | None, after: str | None, limit: int, *, today: date
) -> tuple[list[Tool], str | None]:
    """Return a page of tools, the latest first, and the slug to go on after, None on the last page."""
    ids = archive.listed_tools(session, category, after, limit + 1, today=today)
    shown = _tools(session, ids[:limit])
    return shown, shown[-1].slug if len(ids) > limit else None


def _issues(session: Session, before: str | None, limit: int) -> tuple[list[IssueRow], str | None]:
    rows = archive.public_issues(session, Week.parse(before) if before else None, limit + 1)
    return rows[:limit], rows[limit - 1].week if len(rows) > limit else None


def _head(row: IssueRow, desk: Desk) -> views.IssueHead:
    return views.issue_head(Week.parse(row.week), row.subject, desk.weekday)


def _page(session: Session, desk: Desk, row: IssueRow) -> views.IssuePage:
    return views.issue_page(_head(row, desk), content_of(session, row, desk.panel))


def _pair(session: Session, left: int, right: int) -> tuple[Tool, Tool]:
    one, other = with_votes(session, _tools(session, [left, right]))
    return one, other


def _tools(session: Session, ids: Sequence[int]) -> list[Tool]:
    """Return the tools in the order of their ids, which have to be there."""
    slugs = catalogue.slugs_by_id(session, ids)
    tools = {tool.slug: tool for tool in catalogue.load_tools(session, ids=ids)}
    return [tools[slugs[tool_id]] for tool_id in ids]

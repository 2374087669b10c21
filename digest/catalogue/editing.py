"""One tool changed at a time, as the API does it: what is said stands, and nothing is merged.

Takes a session and never commits: whoever calls owns the transaction, and a change is stored whole or not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from digest.catalogue import store
from digest.catalogue.model import TakeModel, ToolModel
from digest.catalogue.rows import ComparisonRow, ToolRow
from digest.catalogue.takes import in_order
from digest.catalogue.values import Take, Tool
from digest.errors import NotFound, WrongState

# What the desk and other sources decide on too: left out, it stays as it is.
_KEPT_UNLESS_SAID = ("published_on", "community", "embargoed_until", "excluded", "pinned")
# Called with what is about to be replaced (None: nothing is there yet); raises to leave it as it is.
Guard = Callable[[Tool | None], None]


@dataclass(frozen=True, slots=True)
class Editor:
    """Who changes something, and when. ``reviewers`` is the order takes are kept in."""

    source: str
    reviewers: tuple[str, ...]
    now: datetime
    today: date


@dataclass(frozen=True, slots=True)
class Change:
    """What a tool says after a change; ``created`` if what was changed was not there before."""

    tool: Tool
    created: bool


def add(session: Session, said: ToolModel, by: Editor) -> Tool:
    """Add a tool and return it; without a day it is published today.

    Raises WrongState if its slug is taken, or names under ``compared_with`` what is not there.
    """
    tool = said.tool()
    if store.ids_by_slug(session, [tool.slug]):
        raise _slug_taken(tool.slug)
    tool = replace(tool, published_on=tool.published_on or by.today, takes=in_order(tool.takes, by.reviewers))
    row = store.add_tool(session, tool, by.source, by.now)
    _flush(session, _slug_taken(tool.slug))
    _compare(session, row, tool.compared_with, by.source)
    return store.load_tool(session, tool.slug)


def put(session: Session, slug: str, said: ToolModel, by: Editor, guard: Guard) -> Change:
    """Make a tool say what is said, or add it under this slug.

    Fields that are left out become unknown, except the day, readers' votes, the desk's word and
    ``compared_with``: these stay. Raises WrongState like ``add``, and for another slug in what is said
    (RFC 9110, section 9.3.4).
    """
    if said.slug not in (None, slug):
        raise WrongState(f"this is the place of {slug}, but the tool says slug: {said.slug}; leave it out")
    row = _row(session, slug)
    if row is None:
        guard(None)
        return Change(add(session, said.model_copy(update={"slug": slug}), by), created=True)
    old = _tool(session, row)
    guard(old)
    kept = {
        field: getattr(old, field)
        for field in _KEPT_UNLESS_SAID
        if field not in said.model_fields_set or (field == "published_on" and said.published_on is None)
    }
    tool = replace(said.tool(), slug=slug, **kept, takes=in_order(said.tool().takes, by.reviewers))
    if "compared_with" in said.model_fields_set:
        _compare(session, row, tool.compared_with, by.source)
    return Change(_update(session, row, old, tool, by), created=False)


def remove(session: Session, slug: str, guard: Guard) -> None:
    """Remove a tool with its takes; raise NotFound, or WrongState when it stands in an issue."""
    guard(_tool(session, _found(session, slug)))
    store.remove_tools(session, [slug])


def put_take(session: Session, slug: str, reviewer: str, said: TakeModel, by: Editor, guard: Guard) -> Change:
    """Make a reviewer's take on a tool say what is said, or add it.

    ``guard`` is called with the tool as it is, if it has a take of this reviewer. Raises NotFound for an
    unknown tool, WrongState for a take of somebody else.
    """
    if said.reviewer != reviewer:
        raise WrongState(f"this is the place of the {reviewer}'s take, but the take is the {said.reviewer}'s")
    row = _found(session, slug)
    old = _tool(session, row)
    there = any(take.reviewer == said.reviewer for take in old.takes)
    guard(old if there else None)
    takes = [said.take() if take.reviewer == said.reviewer else take for take in old.takes]
    if not there:
        takes.append(said.take())
    tool = replace(old, takes=in_order(takes, by.reviewers))
    return Change(_update(session, row, old, tool, by), created=not there)


def add_take(session: Session, slug: str, said: TakeModel, by: Editor) -> Tool:
    """Add a reviewer's take; raise NotFound for an unknown tool, WrongState if they have one already."""

    def refuse_second(old: Tool | None) -> None:
        if old is not None:
            raise WrongState(f"the {said.reviewer} has a take on {slug} already; put another in its place")

    return put_take(session, slug, said.reviewer, said, by, refuse_second).tool


def remove_take(session: Session, slug: str, reviewer: str, by: Editor, guard: Guard) -> None:
    """Remove one reviewer's take; raise NotFound for a tool or a take that is not there."""
    row = _found(session, slug)
    old = _tool(session, row)
    take_of(old, reviewer)
    guard(old)
    rest = tuple(take for take in old.takes if take.reviewer != reviewer)
    _update(session, row, old, replace(old, takes=rest), by)


def take_of(tool: Tool, reviewer: str) -> Take:
    """Return a reviewer's take on a tool; raise NotFound."""
    for take in tool.takes:
        if take.reviewer == reviewer:
            return take
    raise NotFound(f"{tool.slug} has no take by “{reviewer[:40]}”")


def _row(session: Session, slug: str) -> ToolRow | None:
    # Locked, so that what the guard saw still holds when the change is written; SQLite has one writer anyway.
    return session.scalar(select(ToolRow).where(ToolRow.slug == slug).with_for_update())


def _found(session: Session, slug: str) -> ToolRow:
    row = _row(session, slug)
    if row is None:
        raise NotFound(f"there is no tool {slug}")
    return row


def _tool(session: Session, row: ToolRow) -> Tool:
    return store.tools_of(session, [row])[0]


def _update(session: Session, row: ToolRow, old: Tool, new: Tool, by: Editor) -> Tool:
    if replace(new, compared_with=old.compared_with) != old:
        store.update_tool(row, new, by.source, by.now)
        _flush(session, _changed_meanwhile(old.slug))
    return _tool(session, row)


def _compare(session: Session, row: ToolRow, slugs: Collection[str], source: str) -> None:
    """Leave ``slugs`` as all that a tool is compared with; pairs that stay keep their order and source."""
    ids = store.ids_by_slug(session, slugs)
    strange = [slug for slug in slugs if ids.get(slug, row.id) == row.id]
    if strange:
        raise WrongState(f"compared_with: there is no other tool {strange[0]}; add it first")
    known = _tool(session, row).compared_with
    gone = store.ids_by_slug(session, set(known) - set(slugs)).values()
    for mine, theirs in (
        (ComparisonRow.left_id, ComparisonRow.right_id),
        (ComparisonRow.right_id, ComparisonRow.left_id),
    ):
        session.execute(delete(ComparisonRow).where(mine == row.id, theirs.in_(gone)))
    store.add_comparisons(session, [(row.id, ids[slug], source) for slug in slugs if slug not in known])
    _flush(session, _changed_meanwhile(row.slug))


def _flush(session: Session, refusal: WrongState) -> None:
    """Send what has changed to the database; ``refusal`` is raised if it stands against another's change."""
    try:
        session.flush()
    except IntegrityError:
        raise refusal from None


def _changed_meanwhile(slug: str) -> WrongState:
    return WrongState(f"{slug} or what it is compared with was changed by somebody else; try again")


def _slug_taken(slug: str) -> WrongState:
    return WrongState(f"there is a tool {slug} already; change that one, or give this one another slug")

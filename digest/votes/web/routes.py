"""Routes of the vote and save links. The token is the capability, as on the readers' other pages.

GET and HEAD never change anything (law 6), so no scanner or prefetcher is ever counted: what counts is a
button pressed. A link whose reader is no longer on the list opens a page, and records nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from digest import phrases
from digest.catalogue import store as catalogue
from digest.catalogue.values import Tool, Verdict
from digest.clock import Clock
from digest.db import OF_READERS, Database
from digest.errors import BadInput, NotFound
from digest.frames import ENGLISH, frame
from digest.votes import store
from digest.web import views
from digest.web.forms import SmallForm
from digest.web.pages import Pages
from digest.web.routes import Asked

_LOOK = ["GET", "HEAD"]
_CHOICES = {verdict.value: verdict for verdict in (Verdict.SHIP, Verdict.SKIP)}
_UNDO = "undo"
Chosen = Annotated[str | None, Query(alias="as", max_length=500)]


class Holder(Protocol):
    """Tells whose a token is: the reader's opaque id, None for nobody on the list. Raises for a bad one.

    With ``lock`` the reader cannot be erased before the transaction ends.
    """

    def __call__(self, session: Session, token: str, *, lock: bool = False) -> str | None: ...


@dataclass(frozen=True, slots=True)
class VoteServices:
    """What these pages work with; ``jobs.app`` builds it. ``language_of`` tells the one a reader chose."""

    database: Database
    clock: Clock
    pages: Pages
    voter: Holder
    keeper: Holder
    language_of: Callable[[Session, str], str]


def router(services: VoteServices) -> APIRouter:
    """Return the routes /vote and /saved."""
    api = APIRouter(include_in_schema=False)
    _add_vote(api, services)
    _add_saved(api, services)
    return api


def _add_vote(api: APIRouter, services: VoteServices) -> None:
    @api.api_route("/vote/{token}", methods=_LOOK)
    def look(token: str, tool: Asked = None, chosen: Chosen = None) -> Response:
        with services.database.reading() as session:
            reader = services.voter(session, token)
            tool_id = _featured(session, tool)
            shown = _tool(session, tool_id)
            own = store.vote_of(session, reader, tool_id) if reader else None
            language = _language(services, session, reader)
        pressed = _CHOICES.get(chosen or "")
        return _ballot(services, language, shown, own, on_list=reader is not None, pressed=pressed)

    @api.post("/vote/{token}")
    def vote(token: str, fields: SmallForm, tool: Asked = None, chosen: Chosen = None) -> Response:
        said = fields.get("vote", chosen)
        if said != _UNDO and said not in _CHOICES:
            raise BadInput("this vote is neither ship nor skip; go back and press one of the two buttons")
        with services.database.writing(OF_READERS) as session:
            reader = services.voter(session, token, lock=True)
            tool_id = _featured(session, tool)
            if reader and said in _CHOICES:
                store.cast(session, reader, tool_id, _CHOICES[said])
            elif reader:
                store.take_back(session, reader, tool_id)
            shown = _tool(session, tool_id)
            language = _language(services, session, reader)
        if not reader or said == _UNDO:
            undone = said == _UNDO
            return _ballot(services, language, shown, None, on_list=reader is not None, taken_back=undone)
        return services.pages.html(
            "voted.html.j2",
            language=language,
            slug=shown.slug,
            tool=views.card(shown),
            own=said,
            votes=phrases.community_words(shown.community, frame(language)),
        )


def _ballot(
    services: VoteServices,
    language: str,
    tool: Tool,
    own: Verdict | None,
    *,
    on_list: bool,
    pressed: Verdict | None = None,
    taken_back: bool = False,
) -> Response:
    """Return the page with the buttons; ``pressed`` is the one that was pressed in the mail."""
    return services.pages.html(
        "vote.html.j2",
        language=language,
        slug=tool.slug,
        tool=views.card(tool, said=frame(language)),
        own=own,
        on_list=on_list,
        choices=tuple(_CHOICES),
        pressed=pressed,
        taken_back=taken_back,
    )


def _add_saved(api: APIRouter, services: VoteServices) -> None:
    @api.api_route("/saved/{token}", methods=_LOOK)
    def look(token: str, add: Asked = None) -> Response:
        with services.database.reading() as session:
            reader = services.keeper(session, token)
            return _saved(services, session, reader, offered=None if add is None else _featured(session, add))

    @api.post("/saved/{token}")
    def change(token: str, fields: SmallForm, add: Asked = None) -> Response:
        with services.database.writing(OF_READERS) as session:
            reader = services.keeper(session, token, lock=True)
            if reader:
                _keep(session, services, reader, fields, add)
            return _saved(services, session, reader, done=True)


def _keep(
    session: Session, services: VoteServices, reader: str, fields: Mapping[str, str], add: str | None
) -> None:
    if "remove" in fields:
        # One that is not there is removed already.
        for tool_id in catalogue.ids_by_slug(session, [fields["remove"]]).values():
            store.unsave(session, reader, tool_id)
    else:
        store.save(session, reader, _featured(session, fields.get("add", add)), services.clock.now())


def _saved(
    services: VoteServices,
    session: Session,
    reader: str | None,
    *,
    offered: int | None = None,
    done: bool = False,
) -> Response:
    """Return the page of what the reader saved; ``offered`` is a tool with a button to add it."""
    ids = list(store.saved(session, reader)) if reader else []
    slugs = catalogue.slugs_by_id(session, ids)
    tools = {tool.slug: tool for tool in catalogue.load_tools(session, ids=ids)}
    return services.pages.html(
        "saved.html.j2",
        language=_language(services, session, reader),
        on_list=reader is not None,
        tools=[(slugs[tool_id], views.card(tools[slugs[tool_id]])) for tool_id in ids],
        offered=_offer(session, offered) if offered is not None and offered not in ids else None,
        done=done,
    )


def _offer(session: Session, tool_id: int) -> tuple[str, views.Card]:
    tool = _tool(session, tool_id)
    return tool.slug, views.card(tool)


def _language(services: VoteServices, session: Session, reader: str | None) -> str:
    return ENGLISH if reader is None else services.language_of(session, reader)


def _featured(session: Session, slug: str | None) -> int:
    """Return the tool's id; raise NotFound unless an issue that went out featured it."""
    tool_id = None if slug is None else store.find_featured(session, slug)
    if tool_id is None:
        raise NotFound(
            "no issue that went out features such a tool; the links of a test mail work once it has"
        )
    return tool_id


def _tool(session: Session, tool_id: int) -> Tool:
    [tool] = store.with_votes(session, catalogue.load_tools(session, ids=[tool_id]))
    return tool

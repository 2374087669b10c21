"""Routes of the readers' pages. The token in a link is the capability: no cookie, no session, no login."""

from __future__ import annotations

from fastapi import APIRouter

from subscribers.consent import AGREED
from subscribers.web.change import add_change
from subscribers.web.confirm import add_confirm
from subscribers.web.owndata import add_own_data
from subscribers.web.preferences import add_preferences
from subscribers.web.services import ReaderServices
from subscribers.web.subscribe import add_subscribe
from subscribers.web.unsubscribe import add_unsubscribe

__all__ = ["ReaderServices", "router"]


def router(services: ReaderServices) -> APIRouter:
    """Return the routes /subscribe, /embed.js, /confirm, /unsubscribe, /preferences and /change.

    A bad token is raised as BadToken; see ``subscribers.web.problems``.
    """
    services.pages.share(agreed=AGREED, new_stamp=services.stamps.new)
    api = APIRouter(include_in_schema=False)
    add_subscribe(api, services)
    add_confirm(api, services)
    add_unsubscribe(api, services)
    add_preferences(api, services)
    add_own_data(api, services)
    add_change(api, services)
    return api

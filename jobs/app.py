"""The web application: every room's routes on one FastAPI app, with the guards round it."""

from __future__ import annotations

from functools import partial

from fastapi import FastAPI

from digest import __version__
from digest.clock import Clock
from digest.db import Database
from digest.desk import Desk
from digest.secrets import secret_keys
from digest.settings import Settings
from digest.votes.web import routes as votes
from digest.web import routes as public
from digest.web.api.app import mount_api
from digest.web.api.services import ApiServices
from digest.web.pages import Pages
from digest.web.problems import add_problem_pages
from digest.web.security import protect
from subscribers.links import holder
from subscribers.tokens import Purpose, Tokens
from subscribers.web import routes as readers
from subscribers.web.problems import add_link_problems


def web_app(settings: Settings, database: Database, clock: Clock) -> FastAPI:
    """Return the public pages and the API; raises SettingsError."""
    keys = secret_keys(settings)
    tokens = Tokens(keys, clock)
    pages = Pages.of(settings)
    # The pages are not described; the API describes itself.
    app = FastAPI(title=settings.brand.name, version=__version__, openapi_url=None, redirect_slashes=False)
    app.include_router(public.router(database, pages, Desk.of(settings), clock))
    app.include_router(
        readers.router(readers.ReaderServices(database, clock, tokens, keys, pages, settings.schedule.zone))
    )
    mount_api(app, ApiServices.of(settings, database, clock), pages)
    voter, keeper = partial(holder, tokens, Purpose.VOTE), partial(holder, tokens, Purpose.SAVED)
    app.include_router(votes.router(votes.VoteServices(database, clock, pages, voter, keeper)))
    add_problem_pages(app, pages)
    add_link_problems(app, pages)
    protect(app, https=settings.web.base_url.startswith("https://"))
    return app

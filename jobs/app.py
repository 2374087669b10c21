"""The web application: every room's routes on one FastAPI app, with the guards round it."""

from __future__ import annotations

from functools import partial

from fastapi import FastAPI
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from digest import __version__
from digest.clock import Clock
from digest.db import Database
from digest.desk import Desk
from digest.secrets import secret_keys
from digest.settings import Settings
from digest.votes.store import forget
from digest.votes.web import routes as votes
from digest.web import routes as public
from digest.web.api.app import mount_api
from digest.web.api.bodies import read_json
from digest.web.api.services import MOUNT, ApiServices
from digest.web.pages import Pages
from digest.web.problems import add_problem_pages
from digest.web.security import protect
from jobs.keeping import categories, kept_elsewhere
from subscribers.links import holder
from subscribers.store import language_of
from subscribers.tokens import Purpose, Tokens
from subscribers.web import api as joining
from subscribers.web import routes as readers
from subscribers.web.problems import add_link_problems, link_language


def web_app(settings: Settings, database: Database, clock: Clock) -> FastAPI:
    """Return the public pages and the API; raises SettingsError."""
    keys = secret_keys(settings)
    tokens = Tokens(keys, clock)
    pages = Pages.of(settings)
    # The pages are not described; the API describes itself.
    app = FastAPI(title=settings.brand.name, version=__version__, openapi_url=None, redirect_slashes=False)
    app.include_router(public.router(database, pages, Desk.of(settings), clock))
    proxies = settings.web.trusted_proxies
    doors = readers.ReaderServices(
        database,
        clock,
        tokens,
        keys,
        pages,
        settings.schedule.zone,
        settings.limits,
        proxies,
        categories=categories,
        elsewhere=kept_elsewhere,
        forget=forget,
    )
    app.include_router(readers.router(doors))
    mount_api(
        app,
        ApiServices.of(settings, database, clock),
        pages,
        open_to_all=joining.router(doors, read_json),
    )
    voter, keeper = partial(holder, tokens, Purpose.VOTE), partial(holder, tokens, Purpose.SAVED)
    app.include_router(votes.router(votes.VoteServices(database, clock, pages, voter, keeper, language_of)))
    spoken_by = link_language(database, tokens)
    add_problem_pages(app, pages, spoken_by)
    add_link_problems(app, pages, spoken_by)
    app.add_middleware(joining.OpenToAll, path=f"{MOUNT}/v1/subscribers")
    protect(app, https=settings.web.base_url.startswith("https://"))
    # Outermost: all that follows knows for whom a proxy asks.
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(proxies))
    return app

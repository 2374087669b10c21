"""Links that do not work, answered with a page that says what to do."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response

from digest.db import Database
from digest.frames import ENGLISH, said
from digest.web.pages import Pages
from digest.web.problems import SpokenBy, english
from subscribers.links import language_of
from subscribers.tokens import BadToken, ExpiredToken, Purpose, Tokens


def link_language(database: Database, tokens: Tokens) -> SpokenBy:
    """Return what tells the language of a request: that of the reader whose link it follows, else English."""

    def spoken_by(request: Request) -> str:
        room, token = request.scope["path"].split("/")[1], request.path_params.get("token")
        if token is None or room not in set(Purpose):
            return ENGLISH
        with database.reading() as session:
            return language_of(session, tokens, Purpose(room), token)

    return spoken_by


def add_link_problems(app: FastAPI, pages: Pages, spoken_by: SpokenBy = english) -> None:
    """Answer a bad token anywhere in ``app`` with 404, one that is too old or overtaken with 410.

    The page is in the language that is ``spoken_by`` whoever asked.
    """

    @app.exception_handler(ExpiredToken)
    def expired(request: Request, error: ExpiredToken) -> Response:
        return _page(request, 410, "expired", error)

    @app.exception_handler(BadToken)
    def broken(request: Request, error: BadToken) -> Response:
        return _page(request, 404, "broken", error)

    def _page(request: Request, status: int, reason: str, error: BadToken) -> Response:
        language = spoken_by(request)
        message = said(language, str(error))
        return pages.html("token_problem.html.j2", status, reason=reason, message=message, language=language)

"""Links that do not work, answered with a page that says what to do."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response

from digest.web.pages import Pages
from subscribers.tokens import BadToken, ExpiredToken


def add_link_problems(app: FastAPI, pages: Pages) -> None:
    """Answer a bad token anywhere in ``app`` with 404, one that is too old or overtaken with 410."""

    @app.exception_handler(ExpiredToken)
    def expired(request: Request, error: ExpiredToken) -> Response:
        del request
        return pages.html("token_problem.html.j2", status=410, reason="expired", message=str(error))

    @app.exception_handler(BadToken)
    def broken(request: Request, error: BadToken) -> Response:
        del request
        return pages.html("token_problem.html.j2", status=404, reason="broken", message=str(error))

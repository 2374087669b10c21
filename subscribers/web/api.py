"""Signing up for programs and for the widget: JSON, without a key, from any origin."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from fastapi import APIRouter, BackgroundTasks, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from digest.errors import BadInput
from subscribers import asking
from subscribers.abuse.stamps import Verdict
from subscribers.addresses import MAX_ADDRESS, MAX_NAME, clean_name, parse_address
from subscribers.consent import AGREED, Form
from subscribers.web.services import NOTHING_FOLLOWS, ReaderServices

_PATH = "/v1/subscribers"
_STAMP = "What `/v1/subscribers/challenge` gave; may be left out unless that asks for work."
_SAID = "If this address can be subscribed, a mail with a link to confirm is on its way to it."
_EXAMPLE = {"email": "reader@example.com"}


class SignUp(BaseModel):
    """A request to join the list."""

    model_config = ConfigDict(extra="forbid", strict=True)

    email: str = Field(max_length=MAX_ADDRESS, json_schema_extra={"format": "email"})
    name: str | None = Field(None, max_length=MAX_NAME, description="One line.")
    form: Literal["api", "embed"] = Field("api", description="Where it was asked for: `embed` is the widget.")
    stamp: str | None = Field(None, max_length=200, description=_STAMP)
    work: str | None = Field(None, max_length=200, description="The proof of work, if one is asked for.")


class SignedUp(BaseModel):
    """The answer to every request, whether the address is known or not."""

    message: str


class Challenge(BaseModel):
    """What a form is sent with, like a ticket."""

    stamp: str
    bits: int = Field(
        ge=0,
        le=24,
        description="So many zero bits SHA-256 of `stamp:work` has to begin with; 0 asks for no work.",
    )


def router(services: ReaderServices, read_json: Callable[..., Awaitable[object]]) -> APIRouter:
    """Return the routes below /v1/subscribers; ``read_json`` gives a request's body, and refuses others."""
    api = APIRouter()
    _add_sign_up(api, services, read_json)
    _add_challenge(api, services)
    return api


def _refused(description: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": description, "content": content}


def _add_sign_up(
    api: APIRouter, services: ReaderServices, read_json: Callable[..., Awaitable[object]]
) -> None:
    read = Depends(read_json)
    schema = {"schema": SignUp.model_json_schema(), "example": _EXAMPLE}

    @api.post(
        _PATH,
        operation_id="signUp",
        summary="Ask to join the list",
        description=(
            "Needs no key. The address gets one mail, with a link to confirm; nothing else happens. The "
            "answer is the same whether the address is new, known, or has had enough mails. Whoever sends "
            f"this in somebody’s name has shown them: “{AGREED}”"
        ),
        status_code=202,
        response_description="It was taken.",
        response_model=SignedUp,
        responses={
            400: _refused("The body is no JSON."),
            413: _refused("The body is larger than 1 MB."),
            415: _refused("The body is not sent as application/json."),
            422: _refused("Something is not acceptable; `errors` or `detail` says what."),
        },
        openapi_extra={"requestBody": {"required": True, "content": {"application/json": schema}}},
    )
    def sign_up(request: Request, later: BackgroundTasks, body: Any = read) -> Response:
        said = _said(body)
        judged = services.stamps.judge(said.stamp or "", said.work or "")
        address, name = parse_address(said.email), clean_name(said.name)
        if judged.verdict is Verdict.AGAIN:
            raise BadInput("this needs a fresh stamp with its work done: GET /api/v1/subscribers/challenge")
        if judged.verdict is Verdict.GOOD:
            form = Form(said.form)
            # A stamp tells that the widget, which shows our words, is behind it.
            agreed = AGREED if form is Form.EMBED and judged.stamped else None
            asked = asking.Request(address, name, form, services.client(request), judged.once, agreed)
            # After the answer, so that its time does not tell who is on the list.
            later.add_task(services.door.ask, asked)
        return JSONResponse({"message": _SAID}, 202, NOTHING_FOLLOWS)


def _said(body: object) -> SignUp:
    try:
        return SignUp.model_validate(body)
    except ValidationError as error:
        # As the framework itself would say it: the API has one way to answer that.
        found = [{**problem, "loc": ("body", *problem["loc"])} for problem in error.errors()]
        raise RequestValidationError(found) from None


def _add_challenge(api: APIRouter, services: ReaderServices) -> None:
    def challenge() -> Response:
        # Ripe: a program that is asked for no work may leave the stamp out, so its age would tell nothing.
        stamp = Challenge(stamp=services.stamps.new(ripe=True), bits=services.stamps.bits)
        return JSONResponse(stamp.model_dump(), headers={"Cache-Control": "no-store"})

    path = f"{_PATH}/challenge"
    api.add_api_route(
        path,
        challenge,
        methods=["GET"],
        operation_id="getChallenge",
        summary="Get a stamp for a form",
        description="Needs no key. A stamp is good for a day; with work done for it, once.",
        response_description="A stamp, and the work it takes.",
        response_model=Challenge,
    )
    api.add_api_route(path, challenge, methods=["HEAD"], include_in_schema=False)


class OpenToAll:
    """ASGI middleware that opens the routes below a path to pages of any origin, without credentials.

    Cross-origin resource sharing is a part of the Fetch standard; errors are readable too.
    """

    def __init__(self, app: ASGIApp, *, path: str) -> None:
        self._app = app
        self._path = path
        self._open = CORSMiddleware(
            app, allow_origins=["*"], allow_methods=["GET", "POST"], allow_headers=["Content-Type"]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        inside = scope["type"] == "http" and (scope["path"] + "/").startswith(self._path + "/")
        await (self._open if inside else self._app)(scope, receive, send)

"""The sign-up form, and what it and its like on other people's sites send."""

from __future__ import annotations

from hashlib import sha256

from fastapi import APIRouter, BackgroundTasks, Request, Response

from digest.errors import BadInput
from digest.frames import ENGLISH, LANGUAGES, frame, said
from digest.web.forms import SmallForm
from digest.web.languages import wished
from digest.web.security import SCRIPT_POLICY
from subscribers import asking
from subscribers.abuse.stamps import Verdict
from subscribers.addresses import clean_name, parse_address
from subscribers.consent import AGREED, Form
from subscribers.web.services import LOOK, NOTHING_FOLLOWS, ReaderServices

# A field that no person sees; whoever fills it is a program.
_TRAP = "website"
_SCRIPTS = {"/embed.js": "embed.js.j2", "/static/subscribe.js": "subscribe.js.j2"}
# How long a browser need not ask again; other people's pages load the widget with each visit.
_ONE_HOUR = 3600


def add_subscribe(api: APIRouter, services: ReaderServices) -> None:
    """Add /subscribe, /embed.js and /static/subscribe.js; raise SettingsError where limits cannot be kept."""
    door = services.door

    @api.api_route("/subscribe", methods=LOOK)
    def form(request: Request) -> Response:
        return _form(services, services.stamps.new(), wished(request.headers.get("accept-language", "")))

    @api.post("/subscribe")
    def sign_up(request: Request, fields: SmallForm, later: BackgroundTasks) -> Response:
        stamp, email, name = (fields.get(key, "") for key in ("stamp", "email", "name"))
        judged = services.stamps.judge(stamp, fields.get("work", ""))
        # The form itself says what it was shown in: the words agreed to are in that language.
        language = fields.get("language", ENGLISH)
        language = language if language in LANGUAGES else ENGLISH
        if fields.get(_TRAP) or judged.verdict is Verdict.ROBOT:
            return _thanks(services, language)
        try:
            asked = asking.Request(
                parse_address(email),
                clean_name(name),
                Form.PAGE if judged.stamped else Form.EMBED,
                services.client(request),
                judged.once,
                frame(language)[AGREED] if judged.stamped else None,
                language,
            )
        except BadInput as error:
            known = judged.stamped and judged.verdict is Verdict.GOOD
            stamp = stamp if known else services.stamps.new(ripe=True)
            problem = said(language, str(error))
            return _form(services, stamp, language, status=422, email=email, name=name, error=problem)
        if judged.verdict is Verdict.AGAIN:
            stamp = services.stamps.new(ripe=True)
            return _form(services, stamp, language, email=email, name=name, again=True)
        # After the answer, so that its time does not tell who is on the list.
        later.add_task(door.ask, asked)
        return _thanks(services, language)

    for path, template in _SCRIPTS.items():
        _add_script(api, services, path, template)


def _form(
    services: ReaderServices,
    stamp: str,
    language: str,
    *,
    status: int = 200,
    email: str = "",
    name: str = "",
    error: str | None = None,
    again: bool = False,
) -> Response:
    bits = services.stamps.bits
    page = services.pages.html(
        "subscribe.html.j2",
        status,
        language=language,
        email=email,
        name=name,
        error=error,
        again=again,
        stamp=stamp,
        bits=bits,
    )
    # A stamp from a cache would soon be too old.
    page.headers["Cache-Control"] = "no-store"
    if bits:
        page.headers["Content-Security-Policy"] = SCRIPT_POLICY
    return page


def _thanks(services: ReaderServices, language: str) -> Response:
    page = services.pages.html("subscribed.html.j2", language=language)
    page.headers.update(NOTHING_FOLLOWS)
    return page


def _add_script(api: APIRouter, services: ReaderServices, path: str, template: str) -> None:
    source = services.pages.source(template)
    headers = {
        "Cache-Control": f"public, max-age={_ONE_HOUR}",
        # Sites that isolate themselves (COEP) may use it too.
        "Cross-Origin-Resource-Policy": "cross-origin",
        "ETag": f'"{sha256(source.encode()).hexdigest()[:16]}"',
    }

    @api.api_route(path, methods=LOOK)
    def script(request: Request) -> Response:
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(source, media_type="text/javascript", headers=headers)

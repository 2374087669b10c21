"""Conditional requests (RFC 9110, section 13): nothing is sent twice, no change overwrites an unseen one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from digest.web.api.problems import PreconditionFailed

# Kept by the client alone, and asked for again each time: the catalogue may be embargoed.
PRIVATE = {"Cache-Control": "private, no-cache"}
_TAG = re.compile(r'(W/)?("[^"]*")')


def entity_tag(value: Mapping[str, Any]) -> str:
    """Return the strong entity tag of a JSON object: the same content, the same tag."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return f'"{sha256(text.encode()).hexdigest()[:32]}"'


def shown(request: Request, value: Mapping[str, Any]) -> Response:
    """Return a JSON object with its tag, or 304 if ``If-None-Match`` says that it is known."""
    tag = entity_tag(value)
    headers = {"ETag": tag, **PRIVATE}
    known = _header(request, "if-none-match")
    # Compared weakly, as section 13.1.2 asks.
    if known is not None and (known == "*" or tag in (plain for _, plain in _TAG.findall(known))):
        return Response(status_code=304, headers=headers)
    return JSONResponse(value, headers=headers)


def check_preconditions(request: Request, value: Mapping[str, Any] | None) -> None:
    """Raise PreconditionFailed unless what is there (None: nothing) is what a change was meant for.

    ``If-Match`` compares strongly (section 13.1.1). For a change only ``If-None-Match: *`` is of use: it adds
    and never overwrites.
    """
    wanted = _header(request, "if-match")
    if wanted is not None:
        if value is None:
            raise PreconditionFailed("If-Match: nothing is there yet")
        strong = [tag for weak, tag in _TAG.findall(wanted) if not weak]
        if wanted != "*" and entity_tag(value) not in strong:
            raise PreconditionFailed("If-Match: it was changed since you read it; read it again")
    if value is not None and _header(request, "if-none-match") == "*":
        raise PreconditionFailed("If-None-Match: it is there already")


def _header(request: Request, name: str) -> str | None:
    """Return a header whose list may stand in several lines, or None without one."""
    lines = request.headers.getlist(name)
    return ", ".join(lines).strip() if lines else None

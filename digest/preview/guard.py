"""Keeps other sites' pages from having the preview do something: a POST only its own page may send."""

from __future__ import annotations

import json
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request

# A form cannot send it, and a script of another origin may not: the preview answers no CORS preflight.
HEADER = "X-Preview"
_MOST_BYTES = 10_000


async def json_of(request: Request) -> dict[str, Any]:
    """Return the JSON object that our own page sent.

    Raises HTTPException 403 for a request of another origin (Fetch Metadata's Sec-Fetch-Site, and Origin),
    413 for a large one and 400 for what is no object.
    """
    headers = request.headers
    own = f"{request.url.scheme}://{headers.get('host', '')}"
    ours = (
        headers.get(HEADER) == "1"
        and headers.get("origin") == own
        and headers.get("sec-fetch-site", "same-origin") == "same-origin"
        and headers.get("content-type") == "application/json"
    )
    if not ours:
        raise HTTPException(403, "only the preview's own page may ask this")
    if int(headers.get("content-length") or _MOST_BYTES + 1) > _MOST_BYTES:
        raise HTTPException(413, "what was sent is too large")
    try:
        asked = json.loads(await request.body())
        # A lone surrogate is JSON, but no text that anything could be looked up by.
        json.dumps(asked, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise HTTPException(400, "what was sent is not a JSON object")
    return asked

"""Forms from strangers, read with a bound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from starlette.requests import ClientDisconnect
from starlette.types import Message

MOST_BYTES = 16 * 1024
_MOST_FIELDS = 20


async def _read(request: Request) -> Mapping[str, str]:
    taken = 0

    async def receive() -> Message:
        nonlocal taken
        message = await request.receive()
        taken += len(message.get("body", b""))
        if taken > MOST_BYTES:
            raise HTTPException(413, "this form is too large")
        return message

    bounded = Request(request.scope, receive)
    # A file in the form stays under the same bound; it is dropped with the fields that are not text.
    try:
        async with bounded.form(max_fields=_MOST_FIELDS, max_files=_MOST_FIELDS) as form:
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
    except ClientDisconnect:
        # Nobody is left to read the answer; without one the server would log a fault of ours.
        raise HTTPException(400, "the form did not arrive whole") from None
    # PostgreSQL cannot even be asked for a text with a NUL in it, and nobody types one.
    if any("\0" in value for value in fields.values()):
        raise HTTPException(400, "the form holds what is no text")
    return fields


# The text fields of a form, urlencoded or multipart; 413 above 16 KB, 400 when it cannot be read.
SmallForm = Annotated[Mapping[str, str], Depends(_read)]

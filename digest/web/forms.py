"""Forms from strangers, read with a bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from starlette.requests import ClientDisconnect
from starlette.types import Message

MOST_BYTES = 16 * 1024
_MOST_FIELDS = 20
# A list of boxes to tick, beside the other fields.
_MOST_TICKED = 200


async def _read(request: Request) -> Mapping[str, str]:
    return dict(await _pairs(request, _MOST_FIELDS))


async def _read_ticked(request: Request) -> Mapping[str, Sequence[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in await _pairs(request, _MOST_TICKED):
        fields.setdefault(name, []).append(value)
    return fields


async def _pairs(request: Request, most_fields: int) -> list[tuple[str, str]]:
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
        async with bounded.form(max_fields=most_fields, max_files=_MOST_FIELDS) as form:
            fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    except ClientDisconnect:
        # Nobody is left to read the answer; without one the server would log a fault of ours.
        raise HTTPException(400, "the form did not arrive whole") from None
    # PostgreSQL cannot even be asked for a text with a NUL in it, and nobody types one.
    if any("\0" in value for _, value in fields):
        raise HTTPException(400, "the form holds what is no text")
    return fields


# The text fields of a form, urlencoded or multipart; 413 above 16 KB, 400 when it cannot be read.
SmallForm = Annotated[Mapping[str, str], Depends(_read)]
# The same where a name may come several times: every value of each, for up to 200 fields.
TickedForm = Annotated[Mapping[str, Sequence[str]], Depends(_read_ticked)]

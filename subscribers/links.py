"""Who holds a link: for the rooms whose pages a reader opens from an issue, but which know no reader."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.frames import ENGLISH
from subscribers import store
from subscribers.rows import AddressChangeRow, SubscriberRow
from subscribers.tokens import BadToken, Purpose, Tokens


def holder(
    tokens: Tokens, purpose: Purpose, session: Session, token: str, *, lock: bool = False
) -> str | None:
    """Return the public id of the reader a link was made for, None if erased since or never on the list.

    With ``lock`` the reader stays where they are until the transaction ends. Raises BadToken.
    """
    row = store.find_by_public_id(session, tokens.read(purpose, token), lock=lock)
    return None if row is None else row.public_id


def language_of(session: Session, tokens: Tokens, purpose: Purpose, token: str) -> str:
    """Return the language of the reader a link was made for, however old it is; else English."""
    try:
        name = tokens.read(purpose, token, max_age=timedelta.max)
    except BadToken:
        return ENGLISH
    if purpose is not Purpose.CHANGE:
        return store.language_of(session, name)
    asked = select(SubscriberRow.language).join(
        AddressChangeRow, AddressChangeRow.subscriber_id == SubscriberRow.id
    )
    return session.scalar(asked.where(AddressChangeRow.nonce == name)) or ENGLISH

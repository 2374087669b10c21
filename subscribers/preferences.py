"""What a reader may see and change about themselves, with the link from any issue."""

from __future__ import annotations

from sqlalchemy.orm import Session

from subscribers import store
from subscribers.addresses import clean_name
from subscribers.rows import SubscriberRow
from subscribers.tokens import ExpiredToken, Purpose, Tokens
from subscribers.values import Reader


def shown(session: Session, tokens: Tokens, token: str) -> Reader:
    """Return the reader a preferences link was made for. Raises BadToken, or ExpiredToken once erased."""
    return store.reader_of(_row(session, tokens, token, lock=False))


def rename(session: Session, tokens: Tokens, token: str, name: str) -> Reader:
    """Change the reader's name, an empty one for none. Raises BadToken, ExpiredToken or BadInput."""
    row = _row(session, tokens, token, lock=True)
    row.name = clean_name(name)
    return store.reader_of(row)


def _row(session: Session, tokens: Tokens, token: str, *, lock: bool) -> SubscriberRow:
    row = store.find_by_public_id(session, tokens.read(Purpose.PREFERENCES, token), lock=lock)
    if row is None:
        raise ExpiredToken("the address this link was made for is no longer on the list")
    return row

"""Who holds a link: for the rooms whose pages a reader opens from an issue, but which know no reader."""

from __future__ import annotations

from sqlalchemy.orm import Session

from subscribers import store
from subscribers.tokens import Purpose, Tokens


def holder(
    tokens: Tokens, purpose: Purpose, session: Session, token: str, *, lock: bool = False
) -> str | None:
    """Return the public id of the reader a link was made for, None if erased since or never on the list.

    With ``lock`` the reader stays where they are until the transaction ends. Raises BadToken.
    """
    row = store.find_by_public_id(session, tokens.read(purpose, token), lock=lock)
    return None if row is None else row.public_id

"""What a reader may see and change about themselves, with the link from any issue."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from digest.clock import Clock
from subscribers import leaving, store
from subscribers.addresses import clean_name, parse_address
from subscribers.events import What, note
from subscribers.rows import SubscriberRow
from subscribers.tokens import ExpiredToken, Purpose, Tokens
from subscribers.values import Reader


def rename(session: Session, tokens: Tokens, token: str, name: str, *, clock: Clock) -> Reader:
    """Change the reader's name, an empty one for none. Raises BadToken, ExpiredToken or BadInput."""
    row, cleaned = reader_row(session, tokens, token, lock=True), clean_name(name)
    if row.name != cleaned:
        row.name = cleaned
        # Not the name itself: it is the reader's to change, and old ones are not kept.
        note(session, row.id, What.CHOSE, clock.now(), changed="name")
    return store.reader_of(row, clock.now())


def erase(
    session: Session,
    tokens: Tokens,
    token: str,
    *,
    clock: Clock,
    keys: Sequence[str],
    forget: Callable[[Session, str], None],
) -> None:
    """Forget the reader of a link, at once and for good, as ``leaving.erase`` does.

    Raises BadToken, or ExpiredToken once erased. Call ``Database.fold`` after the transaction.
    """
    row = reader_row(session, tokens, token, lock=True)
    leaving.erase(session, parse_address(row.address), clock=clock, keys=keys, forget=forget)


def reader_row(session: Session, tokens: Tokens, token: str, *, lock: bool = False) -> SubscriberRow:
    """Return the row a preferences link opens. Raises BadToken, or ExpiredToken once erased."""
    row = store.find_by_public_id(session, tokens.read(Purpose.PREFERENCES, token), lock=lock)
    if row is None:
        raise ExpiredToken("the address this link was made for is no longer on the list")
    return row

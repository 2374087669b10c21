"""Coming onto the list: sign up, confirm, be added by the operator; and tidying up what led nowhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from types import MappingProxyType

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from digest.clock import Clock
from digest.errors import WrongState
from digest.frames import ENGLISH, frame
from subscribers import notices, store
from subscribers.addresses import Address, address_hashes, clean_name, parse_address
from subscribers.consent import CONFIRMING, Form
from subscribers.events import What, note
from subscribers.rows import NoticeRow, SubscriberRow
from subscribers.tokens import CONFIRM_WITHIN, ExpiredToken, Purpose, Tokens
from subscribers.values import REASON_FOR, Reader, Status, standing

_NOTHING: Mapping[str, str] = MappingProxyType({})


class Answer(Enum):
    """What a sign-up led to. It is for the operator: a public page says the same for all of them."""

    QUEUED = auto()
    ENOUGH_MAILS = auto()
    ALREADY_CONFIRMED = auto()
    SUPPRESSED = auto()


def sign_up(
    session: Session,
    address: Address,
    *,
    name: str | None,
    clock: Clock,
    keys: Sequence[str],
    form: Form,
    language: str = ENGLISH,
    record: Mapping[str, str] = _NOTHING,
    due: datetime | None = None,
) -> Answer:
    """Ask for an address to be put on the list: queue a confirmation mail, and only that.

    Nobody is subscribed by what somebody else typed. A confirmed reader stays untouched, a suppressed address
    gets no mail, one who left may come back by confirming and until then stays gone. One mailbox gets at most
    three such mails in 24 hours, ten minutes apart. ``form`` says how the request came, ``record`` what else
    its proof holds; ``due`` is when the mail may go out. Raises BadInput for a bad name.
    """
    name, now = clean_name(name), clock.now()
    # Everybody's sign-up is written, and taken back where it must have no effect: the same work for known
    # and unknown addresses takes the same time.
    with session.begin_nested() as trial:
        fresh = store.new_reader(address, name, Status.PENDING, consent=form, now=now)
        fresh["language"] = language
        store.insert_readers(session, [fresh])
        reader = store.find(session, address.key, lock=True)
        assert reader is not None
        _renew(session, reader, name, form, language)
        asked = notices.queue(session, notices.CONFIRM, reader.id, address.mailbox, now, due, keys=keys)
        note(session, reader.id, What.SIGNED_UP, now, form=form, **record)
        session.flush()
        answer = Answer.QUEUED if asked else Answer.ENOUGH_MAILS
        if standing(reader.status, reader.paused_until, now) is Status.CONFIRMED:
            answer = Answer.ALREADY_CONFIRMED
        if store.suppressions(session, address_hashes(keys, address.key)) or reader.status in REASON_FOR:
            answer = Answer.SUPPRESSED
        if answer is not Answer.QUEUED:
            trial.rollback()
    return answer


def add_reader(
    session: Session, address: Address, *, name: str | None, clock: Clock, keys: Sequence[str]
) -> Reader:
    """Put a reader on the list who has agreed elsewhere; the operator vouches for it. Return the reader.

    Adding a confirmed or paused reader again changes nothing. Raises WrongState for an address that is
    suppressed or whose reader has left: only the reader can undo that. Raises BadInput for a bad name.
    """
    name, now = clean_name(name), clock.now()
    _refuse_hashed(session, address.key, keys)
    fresh = store.new_reader(address, name, Status.CONFIRMED, consent=Form.OPERATOR, now=now)
    store.insert_readers(session, [fresh])
    row = store.find(session, address.key, lock=True)
    assert row is not None
    _refuse_suppressed(row)
    if row.status == Status.UNSUBSCRIBED:
        raise WrongState(
            "this reader has unsubscribed; add them without --confirmed and they are asked to come back"
        )
    if row.status == Status.PENDING:
        row.status, row.confirmed_at, row.consent = Status.CONFIRMED, now, Form.OPERATOR
        row.name = name or row.name
        notices.cancel(session, row.id)
        note(session, row.id, What.CONFIRMED, now, form=Form.OPERATOR)
    elif row.public_id == fresh["public_id"]:
        note(session, row.id, What.SIGNED_UP, now, form=Form.OPERATOR)
    return store.reader_of(row, now)


@dataclass(frozen=True, slots=True)
class Awaited:
    """What a confirmation link is for: to come onto the list, to stay there, or nothing (``settled``)."""

    reader: Reader
    stays: bool
    settled: bool


def awaiting(session: Session, tokens: Tokens, token: str, *, clock: Clock) -> Awaited:
    """Return what pressing the button behind a confirmation link would do; nothing changes.

    Raises BadToken, or ExpiredToken when the link is too old or the sign-up is no longer there.
    """
    row = _asked(session, tokens, token, lock=False)
    reader = store.reader_of(row, clock.now())
    stays = reader.status is Status.CONFIRMED
    settled = stays and not notices.asked_anew_since(session, row.id, row.confirmed_at)
    return Awaited(reader, stays, settled)


def confirm(
    session: Session,
    tokens: Tokens,
    token: str,
    *,
    clock: Clock,
    keys: Sequence[str],
    record: Mapping[str, str] = _NOTHING,
) -> Reader:
    """Confirm the reader a link was made for, welcome and return them; doing it again changes nothing.

    It ends a pause: who signs up again wants to read again. The proof of it holds the words above the button,
    in the reader's language, and what ``record`` adds.

    Who was asked whether they still want it says so with it. A link from before a reader left does not bring
    them back. Raises BadToken, ExpiredToken, or WrongState for an address that is suppressed.
    """
    row, now = _asked(session, tokens, token, lock=True), clock.now()
    _refuse_hashed(session, row.address_key, keys)
    _refuse_suppressed(row)
    if row.status != Status.CONFIRMED:
        # Who was only paused has been welcomed before.
        came = row.status != Status.PAUSED
        what = What.CAME_BACK if row.status == Status.UNSUBSCRIBED else What.CONFIRMED
        note(session, row.id, what, now, agreed=frame(row.language)[CONFIRMING], **record)
        row.status, row.confirmed_at, row.left_at, row.paused_until = Status.CONFIRMED, now, None, None
        notices.cancel(session, row.id)
        if came:
            mailbox = parse_address(row.address).mailbox
            notices.queue(session, notices.WELCOME, row.id, mailbox, now, keys=keys)
    elif notices.asked_anew_since(session, row.id, row.confirmed_at):
        row.confirmed_at = now
    return store.reader_of(row, now)


def purge_pending(session: Session, now: datetime, most: int) -> int:
    """Delete sign-ups that nobody confirmed in 14 days, ``most`` at once; return how many."""
    cutoff = now - CONFIRM_WITHIN
    row = SubscriberRow
    still_open = select(NoticeRow.id).where(NoticeRow.subscriber_id == row.id, NoticeRow.queued_at >= cutoff)
    over = select(row.id).where(row.status == Status.PENDING, row.joined_at < cutoff, ~still_open.exists())
    gone = delete(row).where(row.id.in_(over.order_by(row.id).limit(most))).returning(row.id)
    return len(session.scalars(gone).all())


def _renew(session: Session, row: SubscriberRow, name: str | None, form: Form, language: str) -> None:
    """Let a row tell of the last request; only one that was never confirmed has name and language from it.

    It is written even where nothing changes: the same work for everybody.
    """
    never_confirmed = row.status == Status.PENDING
    values = {
        "consent": form.value,
        "name": name if never_confirmed and name is not None else row.name,
        "language": language if never_confirmed else row.language,
    }
    session.execute(update(SubscriberRow).where(SubscriberRow.id == row.id).values(values))


def _asked(session: Session, tokens: Tokens, token: str, *, lock: bool) -> SubscriberRow:
    row = store.find_by_public_id(session, tokens.read(Purpose.CONFIRM, token), lock=lock)
    if row is None:
        raise ExpiredToken("this sign-up is no longer there")
    left = row.left_at if row.status == Status.UNSUBSCRIBED else None
    if left is not None and not notices.asked_since(session, row.id, left):
        raise ExpiredToken("this link is from before you unsubscribed")
    return row


def _refuse_hashed(session: Session, key: str, keys: Sequence[str]) -> None:
    for row in store.suppressions(session, address_hashes(keys, key)).values():
        raise WrongState(f"this address is suppressed and gets no mail: {row.reason}, {row.at:%Y-%m-%d}")


def _refuse_suppressed(row: SubscriberRow) -> None:
    """Refuse a reader whose status alone still tells: the secret key of the hash may have been lost."""
    if row.status in REASON_FOR:
        raise WrongState(f"this address is suppressed and gets no mail: {row.status}")

"""Takes what came back: reads it, finds the reader by a signature, and does what follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from digest.clock import Clock
from digest.settings import BounceSettings
from subscribers import leaving, store
from subscribers.addresses import parse_address
from subscribers.bounces import soft
from subscribers.bounces import store as bounces
from subscribers.bounces.reading import read
from subscribers.bounces.values import FAILURES, Done, Finding, Kind, Received
from subscribers.bounces.verp import BounceTokens, Mail, Sort
from subscribers.events import What, note
from subscribers.notices import CHANGE, ELSEWHERE, PROBE
from subscribers.rows import AddressChangeRow, SubscriberRow
from subscribers.tokens import BadToken, Purpose, Tokens
from subscribers.values import ON_THE_LIST, Reason

# RFC 5321, 4.5.4.1: servers give up after four or five days; some much later. An older one is a replay.
BOUNCES_WITHIN = timedelta(days=30)
_DEFAULTS = BounceSettings()
# Stands in where a server failed a mail without a code.
_NO_CODE = "5.0.0"


def receive(
    session: Session,
    message: bytes,
    recipient: str,
    *,
    tokens: Tokens,
    clock: Clock,
    keys: Sequence[str],
    settings: BounceSettings = _DEFAULTS,
) -> Received:
    """Read a message that arrived for ``recipient`` (its envelope's, not its To field) and act on it.

    A bounce counts only if ``recipient`` is the sealed address of the mail that came back; a complaint also
    if it quotes that address, or the signed link to unsubscribe. All else is ignored, and the answer says
    why. The same message twice changes nothing the second time. Never raises for what is in the message.
    """
    finding = read(message)
    seals = BounceTokens(keys)
    if finding.kind is Kind.COMPLAINT:
        return _complained(session, finding, recipient, seals, tokens=tokens, clock=clock, keys=keys)
    if finding.kind not in FAILURES:
        return _received(finding, Done.IGNORED)
    try:
        mail = seals.open(recipient)
    except BadToken:
        return _received(finding, Done.REFUSED, "it did not come to the sealed address of a mail of ours")
    today = clock.now().date()
    if not timedelta(days=-1) <= today - mail.day <= BOUNCES_WITHIN:
        return _received(finding, Done.REFUSED, f"the mail is not of the last {BOUNCES_WITHIN.days} days")
    return bounced(session, mail, finding, clock=clock, keys=keys, settings=settings)


def bounced(
    session: Session,
    mail: Mail,
    finding: Finding,
    *,
    clock: Clock,
    keys: Sequence[str],
    settings: BounceSettings = _DEFAULTS,
) -> Received:
    """Do what follows from a mail that certainly failed: ``finding`` is one of ``FAILURES``."""
    reader = bounces.find_reader(session, mail.reader_id)
    if reader is None:
        return _received(finding, Done.IGNORED, "the reader has been erased since")

    def done(what: Done, why: str | None = None) -> Received:
        return _received(finding, what, why, reader=reader, mail=str(mail))

    if reader.status not in ON_THE_LIST:
        return done(Done.KNOWN, f"no mail goes to this reader any more ({reader.status})")
    if bounces.moved_since(session, [reader.id], mail.day):
        return done(Done.IGNORED, "the mail went to an address that the reader has left since")
    kind = _notice_kind(session, mail)
    if kind in ELSEWHERE:
        return done(Done.IGNORED, "the mail went to another address than the reader's own")
    status, named = finding.status or _NO_CODE, str(mail)
    probe = kind == PROBE
    # A probe that we are not allowed to send tells nothing of the mailbox.
    if finding.kind is Kind.HARD or (probe and finding.kind is Kind.SOFT):
        leaving.mark_bounced(session, {reader.id: status}, named, clock=clock, keys=keys)
        return done(Done.SUPPRESSED)
    scored = soft.score(
        session, {reader.id: status}, named, mail.day, clock=clock, keys=keys, settings=settings
    )
    return done(scored[reader.id])


def _complained(
    session: Session,
    finding: Finding,
    recipient: str,
    seals: BounceTokens,
    *,
    tokens: Tokens,
    clock: Clock,
    keys: Sequence[str],
) -> Received:
    """Never mail the reader again whom a complaint proves to be about.

    However old the mail is: people press "spam" when they come to read it.
    """
    reader, mail = _quoted(session, finding, recipient, seals, tokens)
    if reader is None:
        return _received(
            finding, Done.REFUSED, "it quotes no signature of a mail of ours, or the reader is erased"
        )
    named = None if mail is None else str(mail)
    kind = None if mail is None else _notice_kind(session, mail)
    if kind in ELSEWHERE:
        return _strangers_complaint(session, finding, reader, kind, str(mail), clock=clock, keys=keys)
    if bounces.last_event(session, reader.id, What.COMPLAINED):
        return _received(finding, Done.KNOWN, reader=reader, mail=named)
    note(session, reader.id, What.COMPLAINED, clock.now(), why=finding.why, mail=named)
    leaving.suppress(session, parse_address(reader.address), Reason.COMPLAINT, clock=clock, keys=keys)
    return _received(finding, Done.SUPPRESSED, reader=reader, mail=named)


def _strangers_complaint(
    session: Session,
    finding: Finding,
    reader: SubscriberRow,
    kind: str | None,
    mail: str,
    *,
    clock: Clock,
    keys: Sequence[str],
) -> Received:
    """Never mail an address again that a reader asked to move to, if whoever has it complains.

    The reader, who may only have mistyped it, keeps getting mail at their own.
    """
    change = session.get(AddressChangeRow, reader.id) if kind == CHANGE else None
    if change is None or change.address_key == reader.address_key:
        return _received(finding, Done.IGNORED, "nothing more goes to the address it came from", mail=mail)
    address = parse_address(change.address)
    session.delete(change)
    leaving.suppress(session, address, Reason.COMPLAINT, clock=clock, keys=keys)
    return _received(finding, Done.SUPPRESSED, "the address a reader wanted to move to", mail=mail)


def _notice_kind(session: Session, mail: Mail) -> str | None:
    """Return the kind of a notice, None for what is none."""
    is_notice = mail.sort is Sort.NOTICE
    return bounces.notice_kind(session, mail.number, mail.reader_id) if is_notice else None


def _quoted(
    session: Session, finding: Finding, recipient: str, seals: BounceTokens, tokens: Tokens
) -> tuple[SubscriberRow | None, Mail | None]:
    """Return the reader, and the mail if it is known, of the first claim whose signature is good."""
    for sender in (recipient, *finding.senders):
        try:
            mail = seals.open(sender)
        except BadToken:
            continue
        return bounces.find_reader(session, mail.reader_id), mail
    for token in finding.links:
        try:
            public_id = tokens.read(Purpose.UNSUBSCRIBE, token)
        except BadToken:
            continue
        return store.find_by_public_id(session, public_id, lock=True), None
    return None, None


def _received(
    finding: Finding,
    done: Done,
    why: str | None = None,
    *,
    reader: SubscriberRow | None = None,
    mail: str | None = None,
) -> Received:
    return Received(
        finding.kind,
        done,
        why or finding.why,
        finding.status,
        None if reader is None else reader.public_id,
        mail,
    )

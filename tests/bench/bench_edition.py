"""What one reader's copy of an issue costs, part by part, beside the standard library's way.

An edition of some 40 KB with the slots of a real issue, tokens signed by real keys, a bounce address of the
reader's own ([mail] bounces) and one to leave by mail ([mailin] unsubscribe). All of it computes and waits
for nothing, so the processor's time is counted, and the best of many rounds: other work disturbs it less.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from statistics import median
from time import process_time

from digest.rendering.edition import Edition
from digest.rendering.slots import BODY_SLOTS
from digest.rendering.transparency import OnTheLine, on_the_line
from digest.rendering.values import RenderedEmail
from digest.settings import MailInSettings, MailSettings, Settings
from jobs.envelopes import Envelopes
from jobs.outgoing import by_edition, composer, personals
from subscribers.mailin.doors import Doors
from subscribers.store import Contact
from subscribers.tokens import Purpose, Tokens
from subscribers.values import Status
from tests.digest.rendering.samples import IDENTITY, LANTERN, LOUPE, WEEK, pair, rendered

BAR = 60
ROUNDS, READERS = 60, 100
BEGUN = datetime(2026, 11, 20, 9, tzinfo=UTC)
KEYS = (secrets.token_hex(32),)
SETTINGS = Settings(
    mail=MailSettings(bounces="bounces@news.example.com"),
    mailin=MailInSettings(unsubscribe="unsubscribe@news.example.com"),
)
Part = Callable[[Contact], object]


def readers(name: str) -> list[Contact]:
    return [
        Contact(number, secrets.token_urlsafe(16), f"reader{number}@example.com", name, Status.CONFIRMED)
        for number in range(1, READERS + 1)
    ]


def with_standard_library(email: RenderedEmail, contact: Contact) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "digest@example.com", contact.address, email.subject
    message.set_content(email.text, cte="quoted-printable")
    message.add_alternative(email.html, subtype="html", cte="quoted-printable")
    return message.as_bytes()


def microseconds(
    parts: Mapping[str, Part], contacts: Sequence[Contact], rounds: int = ROUNDS
) -> dict[str, list[float]]:
    """Return what each part takes for one reader, a mean for each round; in a round all have their turn."""
    taken: dict[str, list[float]] = {name: [] for name in parts}
    for _ in range(rounds):
        for name, part in parts.items():
            begin = process_time()
            for contact in contacts:
                part(contact)
            taken[name].append((process_time() - begin) / len(contacts) * 1e6)
    return taken


def row(what: str, cost: float, middle: float | None = None) -> None:
    print(f"{what:52}{cost:10.1f}{'' if middle is None else f'{middle:12.1f}'}")


def rows(parts: Mapping[str, Part], contacts: Sequence[Contact], rounds: int = ROUNDS) -> None:
    """Measure and print these parts."""
    for what, taken in microseconds(parts, contacts, rounds).items():
        row(what, min(taken), median(taken))


def main() -> None:
    email = rendered(pair(LOUPE, LANTERN))
    tokens, leave_at = Tokens(KEYS), Doors.of(SETTINGS).leave_at(KEYS)
    edition = Edition.compile(email, IDENTITY)
    without_slots = Edition.compile(replace(email, html="", text=""), IDENTITY)
    personal_of = personals(WEEK, BEGUN, IDENTITY, tokens, leave_at=leave_at)
    compose = by_edition(lambda _: composer(email, WEEK, BEGUN, IDENTITY, tokens, leave_at=leave_at))
    sender = Envelopes.of(SETTINGS.mail, KEYS).of_issue(WEEK, BEGUN.date())
    purposes = tuple(map(Purpose, BODY_SLOTS))
    contacts = readers("Ann Lee")
    known = {contact.id: personal_of(contact) for contact in contacts}
    written = {contact.id: edition.message(known[contact.id]) for contact in contacts}

    def whole(contact: Contact) -> tuple[str, OnTheLine]:
        return sender(contact), compose(contact, None)

    print(
        f"{len(compose(contacts[0], None)):,} bytes a message, {len(edition.slots)} slots, {READERS} readers"
    )
    print(f"{'what':52}{'best µs':>10}{'median µs':>12}")
    rows({f"a reader's envelope sender and message (bar: {BAR})": whole}, contacts)
    rows({"the same, with a name in encoded words": whole}, readers("José Łukasz"))
    taken = microseconds(
        {
            "sender": sender,
            "tokens": lambda one: [tokens.sign(purpose, one.public_id) for purpose in purposes],
            "leave_at": lambda one: leave_at(one.public_id),
            "personal": personal_of,
            "header": lambda one: without_slots.on_the_line(known[one.id]),
            "message": lambda one: edition.on_the_line(known[one.id]),
        },
        contacts,
    )
    best = {name: min(rounds) for name, rounds in taken.items()}
    row("  envelope sender (VERP)", best["sender"])
    row("  four tokens", best["tokens"])
    row("  address to leave by mail", best["leave_at"])
    row("  the rest that is personal", best["personal"] - best["tokens"] - best["leave_at"])
    row("  header", best["header"])
    row("  slots filled, all joined", best["message"] - best["header"])
    rows(
        {
            "for comparison: dots of a written message doubled": lambda one: on_the_line(written[one.id]),
            "for comparison: EmailMessage": lambda one: with_standard_library(email, one),
            "once an edition: compiled": lambda _: Edition.compile(email, IDENTITY),
        },
        contacts[:2],
        rounds=10,
    )


if __name__ == "__main__":
    main()

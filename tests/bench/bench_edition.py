"""How long one reader's message takes, beside the standard library's way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from time import perf_counter

from digest.rendering.edition import Edition, Personal
from digest.rendering.slots import mark, sentinel_for
from digest.rendering.values import Identity, RenderedEmail

SENTINEL = sentinel_for(b"benchmark", "2026-W47")
IDENTITY = Identity("Weekly Verdicts", "Ship or Skip", "", "digest@example.com", "https://digest.example.com")


def an_email() -> RenderedEmail:
    """About 90 KB of HTML and 9 KB of text with both slots in each, as a full issue has."""
    links = f"https://digest.example.com/unsubscribe/{mark(SENTINEL, 'unsubscribe')} " + mark(
        SENTINEL, "preferences"
    )
    style = "padding:4px 10px;color:#2B3238;font-size:14px;line-height:20px"
    html = f'<td style="{style}">A take, 88 of 100 — ship</td>\n' * 830 + links
    text = "A take, 88 of 100 — ship\n" * 330 + links
    return RenderedEmail("Nova vs Orbit", "", html, text, "", SENTINEL)


def reader(number: int, name: str | None = "Ann Lee", token: int = 64) -> Personal:
    return Personal(
        address=f"reader{number}@example.com",
        name=name,
        message_id=f"<weekly.2026-W47.{number}@example.com>",
        date=datetime(2026, 11, 20, 9, tzinfo=UTC),
        unsubscribe=f"{number:x}".zfill(token),
        preferences=f"{number:x}".zfill(token),
    )


def with_standard_library(email: RenderedEmail, personal: Personal) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "digest@example.com", personal.address, email.subject
    message.set_content(email.text, cte="quoted-printable")
    message.add_alternative(email.html, subtype="html", cte="quoted-printable")
    return message.as_bytes()


def microseconds(make: Callable[[int], object], rounds: int) -> float:
    """Return the best of five means."""
    best = float("inf")
    for _ in range(5):
        start = perf_counter()
        for number in range(rounds):
            make(number)
        best = min(best, (perf_counter() - start) / rounds)
    return best * 1e6


def main() -> None:
    email = an_email()
    edition = Edition.compile(email, IDENTITY)
    rows = {
        "compile once": microseconds(lambda _: Edition.compile(email, IDENTITY), 3),
        "message": microseconds(lambda n: edition.message(reader(n)), 3000),
        "message, name in encoded words": microseconds(
            lambda n: edition.message(reader(n, "José Łukasz")), 3000
        ),
        "message, tokens of 150": microseconds(lambda n: edition.message(reader(n, token=150)), 3000),
        "EmailMessage": microseconds(lambda n: with_standard_library(email, reader(n)), 2),
    }
    print(f"{len(edition.message(reader(1)))} bytes a message, {len(edition.slots)} slots")
    print(f"{'what':32}{'µs':>12}")
    for what, cost in rows.items():
        print(f"{what:32}{cost:12.1f}")


if __name__ == "__main__":
    main()

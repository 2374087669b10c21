"""Messages to the list, as people and programs write them."""

from __future__ import annotations

from subscribers.mailin.doors import Doors
from subscribers.mailin.reading import Mail, read

DOORS = Doors(
    list="digest@example.com",
    subscribe="subscribe@news.example.com",
    unsubscribe="unsubscribe@news.example.com",
    bounces="bounces@news.example.com",
)
READER = "reader@example.org"


def letter(*headers: str, author: str = READER, subject: str = "hello", text: str = "Hi.") -> bytes:
    """Return a message with these headers on top of the usual ones."""
    lines = [
        *headers,
        f"From: {author}",
        f"Subject: {subject}",
        "Message-ID: <1@mua.example.org>",
        "",
        text,
        "",
    ]
    return "\r\n".join(lines).encode()


def mail(*headers: str, author: str = READER, subject: str = "hello") -> Mail:
    """Return the same, read."""
    return read(letter(*headers, author=author, subject=subject))

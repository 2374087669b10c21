"""What goes in comes out: received by a mail server, and read by three mail libraries.

The libraries are Python's, npm's mailparser and postal-mime.
"""

from __future__ import annotations

import base64
import json
import os
import random
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from smtplib import SMTP
from typing import Any

import pytest

from digest.issues.files import bodies_of
from digest.rendering.edition import Edition, Personal
from digest.rendering.slots import BODY_SLOTS, mark
from digest.rendering.transparency import OnTheLine
from digest.rendering.values import RenderedEmail
from tests.digest.rendering.samples import IDENTITY, SENTINEL, pair, rendered
from tests.factories import tool
from tests.processes import require
from tests.servers import Mailbox, mail_server

READERS = Path(__file__).parents[3] / ".mailreaders" / "node_modules"
SCRIPT = Path(__file__).parents[2] / "mailreaders.cjs"

READER = Personal(
    address="reader@example.com",
    name="A Reader",
    message_id="<weekly.2026-W47.abc@example.com>",
    date=datetime(2026, 11, 20, 9, tzinfo=UTC),
    **dict.fromkeys(BODY_SLOTS, "token"),
)
# What mail libraries stumble over: other scripts and directions, encodings, MIME's own signs.
PIECES = (
    *("é", "日本語のツール", "שלום", "مرحبا", "🦊", "👩‍👩‍👧", "a\u0301", "\u00a0", "\u00ad", "\u2028x", "ﬁ"),
    *(
        "=",
        "=20",
        "=?utf-8?q?no?=",
        "--=_x",
        "\\",
        '"quoted"',
        "'",
        "(",
        "<b>",
        "&amp;",
        "&",
        "%41",
        ";",
        ",",
    ),
    *(
        ".",
        "..",
        "From ",
        "\t",
        " ",
        "  ",
        "word ",
        "https://example.com/?a=1&b=2#c",
        "x" * 80,
        "@",
        ":",
        ",",
    ),
)
# Lines that servers and clients stumble over.
LINES = (
    *(".", "..", ". ", ".\t.", f".{mark(SENTINEL, 'vote')}", f"{mark(SENTINEL, 'saved')}."),
    *(
        "x" * 10_000,
        "." * 10_000,
        "word " * 2_000,
        "é" * 5_000,
        "=" * 10_000,
        "👩‍👩‍👧" * 500,
        f"{' ' * 10_000}x",
    ),
    *("MAIL FROM:<x@example.org>", "QUIT", "From x", "", " ", "--", "a\rb", "a\r\n.\r\nb", "a\n\r.\n\rb"),
)


@dataclass(frozen=True, slots=True)
class Sent:
    """What went into a message, and what a mail server had of it in the end."""

    email: RenderedEmail
    edition: Edition
    reader: Personal
    received: bytes


def generated(chance: random.Random, most: int) -> str:
    return "".join(chance.choices(PIECES, k=chance.randrange(1, most)))


def one_line(chance: random.Random, most: int) -> str:
    """Return a text fit for a header: no line ends, and single spaces, since readers trim the others."""
    text = generated(chance, most).replace("\u2028", "").replace("\t", " ")
    return " ".join(filter(None, text.split(" "))).strip() or "x"


def written(count: int) -> list[tuple[RenderedEmail, Personal]]:
    """Return so many e-mails, each with its reader, and some of our own templates; the same in every run."""
    chance = random.Random(47)
    found = []
    for number in range(count):
        lines = [generated(chance, 12) for _ in range(chance.randrange(1, 20))]
        lines[chance.randrange(len(lines))] = LINES[number % len(LINES)]
        email = RenderedEmail(
            subject=one_line(chance, 12),
            preheader="",
            html="<!DOCTYPE html>\n<html><body>\n" + "\n".join(lines) + "\n</body></html>",
            text="Text\n" + "\n".join(lines) + "\nend",
            mjml="",
            sentinel=SENTINEL,
        )
        name = "jörg" if number % 9 == 0 else "reader"
        found.append(
            (email, replace(READER, name=one_line(chance, 6), address=f"{name}{number}@example.com"))
        )
    for words in ("Łódź ⇄ 東京", "\u202edrawkcab", '"; DROP', "a" * 200, "👩‍👩‍👧 & co", "R&D <b>"):
        matchup = pair(tool(words, 80, 70), tool(words + " two", 40, 90))
        found.append((rendered(matchup), READER))
    return found


def received(lines: Iterable[OnTheLine]) -> list[bytes]:
    """Return what a mail server has after it was given these, each as it is, behind DATA."""
    mailbox = Mailbox()
    with mail_server(mailbox, utf8=True) as port, SMTP("127.0.0.1", port) as client:
        client.ehlo()
        for line in lines:
            client.mail(IDENTITY.from_address, ["SMTPUTF8"])
            client.rcpt(READER.address)
            assert client.docmd("DATA")[0] == 354
            client.send(line)
            assert client.getreply()[0] == 250
    return [message for _, message in mailbox.messages]


@pytest.fixture(scope="module")
def sent() -> list[Sent]:
    compiled = [(email, Edition.compile(email, IDENTITY), reader) for email, reader in written(400)]
    arrived = received(edition.on_the_line(reader) for _, edition, reader in compiled)
    return [Sent(*made, message) for made, message in zip(compiled, arrived, strict=True)]


def by_npm(sent: list[Sent]) -> list[dict[str, Any]]:
    require(Path("/usr/bin/node"), "nodejs")
    require(READERS, "npm, then npm install --prefix .mailreaders mailparser@3.7.5 postal-mime@2.6.1")
    lines = "".join(base64.b64encode(one.received).decode() + "\n" for one in sent)
    answer = subprocess.run(
        ["node", str(SCRIPT)],
        input=lines.encode(),
        stdout=subprocess.PIPE,
        env=os.environ | {"NODE_PATH": str(READERS)},
        check=True,
    )
    return [json.loads(line) for line in answer.stdout.splitlines()]


def test_case_21_a_server_receives_what_was_written_byte_for_byte(sent: list[Sent]) -> None:
    for one in sent:
        assert one.received == one.edition.message(one.reader)


def test_python_reads_back_what_went_in(sent: list[Sent]) -> None:
    for one in sent:
        assert bodies_of(one.received) == (one.edition.html(one.reader), one.edition.text(one.reader))


def test_npm_reads_back_what_went_in(sent: list[Sent]) -> None:
    for one, read in zip(sent, by_npm(sent), strict=True):
        bodies = one.edition.html(one.reader), one.edition.text(one.reader)
        html, text = (body.replace("\r\n", "\n") for body in bodies)
        for library, found in read.items():
            assert found["html"].replace("\r\n", "\n").rstrip("\n") == html.rstrip("\n"), library
            assert found["text"].replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n"), library
            assert found["subject"] == one.email.subject, library
            assert found["to"] == [{"address": one.reader.address, "name": one.reader.name}], library
        links = read["mailparser"]["unsubscribe"]
        assert links["url"] == f"{IDENTITY.base_url}/unsubscribe/{one.reader.unsubscribe}"

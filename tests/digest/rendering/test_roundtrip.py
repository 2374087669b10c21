"""What goes in comes out, read by three mail libraries: Python's, npm's mailparser and postal-mime."""

from __future__ import annotations

import base64
import json
import os
import random
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from digest.issues.files import bodies_of
from digest.rendering.edition import Edition, Personal
from digest.rendering.slots import BODY_SLOTS
from digest.rendering.values import RenderedEmail
from tests.digest.rendering.samples import IDENTITY, SENTINEL, pair, rendered
from tests.factories import tool
from tests.processes import require

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


def generated(chance: random.Random, most: int) -> str:
    return "".join(chance.choices(PIECES, k=chance.randrange(1, most)))


def one_line(chance: random.Random, most: int) -> str:
    """Return a text fit for a header: no line ends, and single spaces, since readers trim the others."""
    text = generated(chance, most).replace("\u2028", "").replace("\t", " ")
    return " ".join(filter(None, text.split(" "))).strip() or "x"


def messages(count: int) -> list[tuple[RenderedEmail, Personal, bytes]]:
    """Return so many messages with what went in; the same ones in every run."""
    chance = random.Random(47)
    found = []
    for number in range(count):
        lines = [generated(chance, 12) for _ in range(chance.randrange(1, 20))]
        email = RenderedEmail(
            subject=one_line(chance, 12),
            preheader="",
            html="<!DOCTYPE html>\n<html><body>\n" + "\n".join(lines) + "\n</body></html>",
            text="Text\n" + "\n".join(lines) + "\nend",
            mjml="",
            sentinel=SENTINEL,
        )
        reader = replace(READER, name=one_line(chance, 6), address=f"reader{number}@example.com")
        found.append((email, reader, Edition.compile(email, IDENTITY).message(reader)))
    for name in ("Łódź ⇄ 東京", "‮drawkcab", '"; DROP', "a" * 200, "👩‍👩‍👧 & co", "R&D <b>"):
        email = rendered(pair(tool(name, 80, 70), tool(name + " two", 40, 90)))
        found.append((email, READER, Edition.compile(email, IDENTITY).message(READER)))
    return found


@pytest.fixture(scope="module")
def sent() -> list[tuple[RenderedEmail, Personal, bytes]]:
    return messages(400)


def by_npm(sent: list[tuple[RenderedEmail, Personal, bytes]]) -> list[dict[str, Any]]:
    require(Path("/usr/bin/node"), "nodejs")
    require(READERS, "npm, then npm install --prefix .mailreaders mailparser@3.7.5 postal-mime@2.6.1")
    lines = "".join(base64.b64encode(message).decode() + "\n" for _, _, message in sent)
    answer = subprocess.run(
        ["node", str(SCRIPT)],
        input=lines.encode(),
        stdout=subprocess.PIPE,
        env=os.environ | {"NODE_PATH": str(READERS)},
        check=True,
    )
    return [json.loads(line) for line in answer.stdout.splitlines()]


def filled(email: RenderedEmail, reader: Personal) -> tuple[str, str]:
    edition = Edition.compile(email, IDENTITY)
    return edition.html(reader), edition.text(reader)


def test_python_reads_back_what_went_in(sent: list[tuple[RenderedEmail, Personal, bytes]]) -> None:
    for email, reader, message in sent:
        assert bodies_of(message) == filled(email, reader)


def test_npm_reads_back_what_went_in(sent: list[tuple[RenderedEmail, Personal, bytes]]) -> None:
    for (email, reader, _), read in zip(sent, by_npm(sent), strict=True):
        html, text = (body.replace("\r\n", "\n") for body in filled(email, reader))
        for library, found in read.items():
            assert found["html"].replace("\r\n", "\n").rstrip("\n") == html.rstrip("\n"), library
            assert found["text"].replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n"), library
            assert found["subject"] == email.subject, library
            assert found["to"] == [{"address": reader.address, "name": reader.name}], library
        links = read["mailparser"]["unsubscribe"]
        assert links["url"] == f"{IDENTITY.base_url}/unsubscribe/{reader.unsubscribe}"

"""Reading a header: one address or none, any bytes whatever."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.mailin.reading import LONGEST_HEADER, read


def author(value: str) -> str | None:
    found = read(f"From: {value}\r\nSubject: x\r\n\r\n".encode()).author
    return None if found is None else found.display


@pytest.mark.parametrize(
    "value",
    [
        "ann@example.com",
        "<ann@example.com>",
        " Ann Lee <ann@example.com> ",
        '"Lee, Ann" <ann@example.com>',
        '"ann@bank.example" <ann@example.com>',
        '"a \\" <b@example.com>" <ann@example.com>',
        "=?utf-8?q?=C3=84nn?= <ann@example.com>",
        "Ann (at work) <ann@example.com>",
        "ann@example.com (Ann Lee)",
        "Änn <ann@example.com>",
        "Ann\r\n <ann@example.com>",
    ],
)
def test_the_one_address_in_from_is_found(value: str) -> None:
    assert author(value) == "ann@example.com"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Ann",
        "ann@example.com, bob@example.com",
        "Ann <ann@example.com>, Bob <bob@example.com>",
        "ann@example.com <bob@example.com>",
        "<ann@example.com> <bob@example.com>",
        "ann@example.com)bob@example.com",
        "undisclosed: ann@example.com;",
        "<@relay.example:ann@example.com>",
        "<ann@localhost>",
        "<-oQ/tmp@example.com>",
        "<=cmd|x@example.com>",
        f"<{'a' * 65}@example.com>",
        "<ann@example.com\x00>",
        "(" * 1500 + "ann@example.com",
        "ann@example.com" + " " * 2000 + ", bob@example.com",
        "<ann@[127.0.0.1]>",
    ],
)
def test_a_from_with_another_number_of_addresses_or_one_we_would_not_mail_names_nobody(value: str) -> None:
    assert author(value) is None


def test_two_from_headers_name_nobody() -> None:
    assert read(b"From: ann@example.com\r\nFrom: ann@example.com\r\n\r\n").author is None
    assert read(b"From: ann@example.com\rFrom: bob@example.com\r\n\r\n").author is None


@pytest.mark.parametrize(
    ("written", "subject"),
    [
        (b"subscribe", "subscribe"),
        (b" Subscribe ", "Subscribe"),
        (b"=?utf-8?b?c3Vic2NyaWJl?=", "subscribe"),
        (b"=?utf-8?q?sub?=\r\n =?utf-8?q?scribe?=", "subscribe"),
        (b"=?no-such-charset?q?x?=", "=?no-such-charset?q?x?="),
        (b"=?rot13?q?fhofpevor?=", "=?rot13?q?fhofpevor?="),
        (b"=?utf-8?b?a?=", "=?utf-8?b?a?="),
        (b"=?ascii?q?=FF?=", "=?ascii?q?=FF?="),
        ("Käse".encode(), "Käse"),
        (b"\xff", "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_a_subject_is_read_as_a_person_sees_it(written: bytes, subject: str) -> None:
    assert read(b"Subject: " + written + b"\r\n\r\nSubject: another\r\n").subject == subject


def test_a_header_without_an_end_is_not_read() -> None:
    endless = b"From: ann@example.com\r\n" + b"X: y\r\n" * LONGEST_HEADER
    assert read(endless).headers == ()
    assert read(b"From: ann@example.com\r\n").author is not None


def test_a_megabyte_of_one_header_is_not_read() -> None:
    assert read(b"From: " + b"(" * 1024 * 1024).headers == ()
    assert read(b"Subject: " + b"=?" * 60_000 + b"\r\n\r\n").subject.startswith("=?=?")


def test_the_body_is_not_looked_at() -> None:
    assert read(b"Subject: x\n\nFrom: ann@example.com\n").author is None


@given(st.binary(max_size=3_000))
def test_any_bytes_are_read(message: bytes) -> None:
    mail = read(message)
    assert mail.author is None or mail.author.display.count("@") == 1
    assert isinstance(mail.subject, str)


@given(st.text(max_size=300))
def test_any_from_names_one_address_that_stands_in_it_or_nobody(value: str) -> None:
    found = read(f"From: {value}\r\n\r\n".encode(errors="surrogatepass")).author
    assert found is None or found.display.partition("@")[0] in value

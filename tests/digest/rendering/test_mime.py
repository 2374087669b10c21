from __future__ import annotations

import binascii
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import default

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.errors import BadInput
from digest.rendering.mime import encode_phrase, encode_text, mailbox, quoted_printable

FAMILY = "👩‍👩‍👧‍👦"
printable = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")))


def read(header: str) -> str:
    """The text of a header by RFC 2047: what stands between two encoded words is dropped."""
    return str(make_header(decode_header(header.replace("\r\n", ""))))


@pytest.mark.parametrize(
    "subject",
    [
        "Nova vs Orbit",
        "A plain subject that goes on and on, so that it must be folded near the end of a line",
        f"{FAMILY * 9} twice: {FAMILY}",
        "Zażółć gęślą jaźń",
        " spaces  everywhere ",
        "=?utf-8?q?not_encoded?=",
        "x" * 2000,
        "",
    ],
)
def test_a_subject_is_read_back_as_it_was(subject: str) -> None:
    header = f"Subject: {encode_text(subject, 9, 'the subject')}"
    assert all(len(line) <= 76 for line in header.split("\r\n"))
    parsed = message_from_bytes(header.encode("ascii") + b"\r\n\r\n", policy=default)
    assert parsed["Subject"] == subject
    assert not parsed["Subject"].defects


def test_a_plain_subject_stays_readable() -> None:
    assert encode_text("Nova vs Orbit: ship, 3 to 1", 9, "the subject") == "Nova vs Orbit: ship, 3 to 1"


@given(printable)
def test_any_printable_subject_is_folded_safely(subject: str) -> None:
    encoded = encode_text(subject, 9, "the subject")
    assert encoded.isascii()
    assert all(line.startswith(" ") and line.strip() for line in encoded.split("\r\n")[1:])
    assert all(len(line) <= 76 for line in f"Subject: {encoded}".split("\r\n"))
    assert read(encoded) == subject


@pytest.mark.parametrize(
    "bad", ["a\r\nBcc: x@example.com", "a\nb", "a\rb", "\0", "a\x85b", "a\u2028b", "\ud83d"]
)
def test_line_ends_and_controls_are_refused(bad: str) -> None:
    for encode in (encode_text, encode_phrase):
        with pytest.raises(BadInput, match="the subject holds the control character"):
            encode(bad, 9, "the subject")
    with pytest.raises(BadInput):
        mailbox(bad, "ann@example.com", 4, "a reader")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        (None, "ann@example.com"),
        ("  ", "ann@example.com"),
        ("Ann Lee", "Ann Lee <ann@example.com>"),
        ("Lee, Ann", '"Lee, Ann" <ann@example.com>'),
        ('Ann "A\\B" Lee', '"Ann \\"A\\\\B\\" Lee" <ann@example.com>'),
        ("ann@elsewhere.example", '"ann@elsewhere.example" <ann@example.com>'),
        ("José", "=?utf-8?b?Sm9zw6k=?=\r\n <ann@example.com>"),
    ],
)
def test_a_mailbox_is_written_as_rfc_5322_says(name: str | None, written: str) -> None:
    assert mailbox(name, "ann@example.com", 4, "a reader") == written


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=70))
@example("=?utf-8?q?x?=")
@example("x" * 60)
@example("x" * 61)
@example("Ann  Lee ")
def test_a_plain_name_is_written_as_every_other_phrase(name: str) -> None:
    phrase = encode_phrase(name.strip(), 4, "a reader")
    gap = "\r\n " if phrase.startswith("=?") else " "
    written = f"{phrase}{gap}<ann@example.com>" if name.strip() else "ann@example.com"
    assert mailbox(name, "ann@example.com", 4, "a reader") == written


@given(printable.filter(lambda name: bool(name.strip())))
def test_any_name_is_read_back_and_hides_no_second_address(name: str) -> None:
    written = mailbox(name, "ann@example.com", 4, "a reader")
    assert written.isascii()
    assert all(len(line) <= 76 for line in f"To: {written}".split("\r\n") if "=?" in line)
    parsed = message_from_bytes(f"To: {written}\r\n\r\n".encode(), policy=default)["To"]
    assert [address.addr_spec for address in parsed.addresses] == ["ann@example.com"]
    assert " ".join(read(written.rpartition("<")[0]).replace("\\", "").replace('"', "").split()) == " ".join(
        name.replace("\\", "").replace('"', "").split()
    )


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "ann@",
        "@example.com",
        "ann@example.com, bo@example.com",
        "<ann@example.com>",
        "ann@exämple.com",
        "änn@example.com",
        "ann@example.com\r\nBcc: x",
        "ann@example.com\n",
        "a b@example.com",
        "a@" + "x" * 260,
    ],
)
def test_an_address_that_could_be_two_or_none_is_refused(address: str) -> None:
    with pytest.raises(BadInput, match="an address that cannot be mailed"):
        mailbox("Ann", address, 4, "a reader")


def test_a_reader_beyond_ascii_stands_as_they_are_and_the_name_in_encoded_words() -> None:
    written = mailbox("Jörg", "jörg@example.com", 4, "a reader", international=True)
    assert written == "=?utf-8?b?SsO2cmc=?=\r\n <jörg@example.com>"


@pytest.mark.parametrize("address", ["jörg@exämple.com", "a\u2028b@example.com", "ö" * 124 + "@example.com"])
def test_not_everything_beyond_ascii_can_be_mailed(address: str) -> None:
    with pytest.raises(BadInput, match="an address that cannot be mailed"):
        mailbox(None, address, 4, "a reader", international=True)


def test_refusals_do_not_repeat_the_address() -> None:
    with pytest.raises(BadInput) as caught:
        mailbox(None, "zoe lee@example.org", 4, "a reader")
    assert "zoe" not in str(caught.value)


def test_lines_that_begin_with_a_dot_are_encoded() -> None:
    assert quoted_printable(".\r\n..\r\na.b") == b"=2E\r\n=2E.\r\na.b"
    assert b"\r\n." not in quoted_printable("a" * 75 + "." * 300)


def test_spaces_at_the_end_of_a_line_are_encoded() -> None:
    assert quoted_printable("a \r\nb\t\r\n c") == b"a=20\r\nb=09\r\n c"


@given(st.text(st.sampled_from("a.= \té€😀\u200d")), st.booleans(), st.integers(0, 90))
def test_quoted_printable_is_read_back_exactly(text: str, goes_on: bool, before: int) -> None:
    text = "x" * before + text + "\r\n" + text
    quoted = quoted_printable(text, goes_on=goes_on)
    assert binascii.a2b_qp(quoted) == text.encode()
    for line in quoted.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith(b".")
        assert not line.endswith((b" ", b"\t"))
    if goes_on:
        assert quoted.endswith(b"\r\n")

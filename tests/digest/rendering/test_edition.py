from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest.errors import BadInput, TemplateError
from digest.rendering.edition import Edition, Personal
from digest.rendering.slots import BODY_SLOTS, mark, sentinel_for
from digest.rendering.transparency import on_the_line
from digest.rendering.values import Identity, RenderedEmail

SENTINEL = sentinel_for(b"secret", "2026-W47")
UNSUBSCRIBE, PREFERENCES = mark(SENTINEL, "unsubscribe"), mark(SENTINEL, "preferences")
FAMILY = "👩‍👩‍👧‍👦"

IDENTITY = Identity(
    name="Weekly Verdicts",
    sender="Ship or Skip",
    address="1 Example Street",
    from_address="digest@example.com",
    base_url="https://digest.example.com",
)
ANN = Personal(
    address="ann@example.com",
    name="Ann",
    message_id="<weekly.2026-W47.r1@example.com>",
    date=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
    unsubscribe="abc-DEF.123_~",
    preferences="p" * 150,
)


def an_email(
    html: str = "<p>Hello</p>\n", text: str = "Hello\n", subject: str = "Nova vs Orbit"
) -> RenderedEmail:
    return RenderedEmail(subject, "preheader", html, text, "<mjml/>", SENTINEL)


def linked(email: RenderedEmail) -> RenderedEmail:
    """The same e-mail with both slots in both bodies."""
    footer = f"<a href=3D{UNSUBSCRIBE}>leave</a>{PREFERENCES}{UNSUBSCRIBE}"
    return replace(email, html=email.html + footer, text=f"{UNSUBSCRIBE}{email.text}/p/{PREFERENCES}\n.")


def parse(message: bytes) -> EmailMessage:
    return message_from_bytes(message, policy=default)


def bodies(message: bytes) -> tuple[str, str]:
    text, html = parse(message).iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert (text.get_content_charset(), html.get_content_charset()) == ("utf-8", "utf-8")
    assert not text.defects
    assert not html.defects
    return html.get_content(), text.get_content()


def test_a_reader_beyond_ascii_stands_in_to_and_nowhere_else_is_anything_but_ascii() -> None:
    """RFC 6532, 3.2: such a message needs servers with SMTPUTF8."""
    message = Edition.compile(linked(an_email()), IDENTITY).message(replace(ANN, address="jörg@example.com"))
    lines = message.split(b"\r\n")
    assert [line for line in lines if not line.isascii()] == ["To: Ann <jörg@example.com>".encode()]


def test_a_message_carries_the_headers_of_a_list() -> None:
    parsed = parse(Edition.compile(linked(an_email()), IDENTITY).message(ANN))
    assert dict(parsed.items()) == {
        "From": "Ship or Skip <digest@example.com>",
        "To": "Ann <ann@example.com>",
        "Subject": "Nova vs Orbit",
        "Date": "Fri, 20 Nov 2026 09:00:00 +0000",
        "Message-ID": "<weekly.2026-W47.r1@example.com>",
        "List-Id": "Weekly Verdicts <weekly.example.com>",
        "List-Unsubscribe": "<https://digest.example.com/unsubscribe/abc-DEF.123_~>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Precedence": "bulk",
        "MIME-Version": "1.0",
        "Content-Type": parsed["Content-Type"],
    }
    assert parsed.get_content_type() == "multipart/alternative"
    assert not parsed.defects


def test_a_single_mail_has_no_list_headers_and_says_that_it_is_automatic() -> None:
    single = replace(ANN, unsubscribe="", preferences="")
    parsed = parse(Edition.compile(an_email(), IDENTITY, one_click=False).message(single))
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert not [name for name in parsed if name.startswith("List-") or name == "Precedence"]


def test_every_slot_is_filled_with_its_own_token_in_both_bodies() -> None:
    body = " ".join(mark(SENTINEL, slot) for slot in BODY_SLOTS)
    reader = replace(ANN, unsubscribe="tu", preferences="tp", vote="tv", saved="ts")
    html, text = bodies(Edition.compile(an_email(html=body, text=body), IDENTITY).message(reader))
    assert html.split() == text.split() == ["tu", "tp", "tv", "ts"]


def test_a_slot_without_a_token_is_refused() -> None:
    body = mark(SENTINEL, "vote")
    with pytest.raises(BadInput, match="vote token"):
        Edition.compile(an_email(html=body), IDENTITY).message(ANN)


def test_replies_go_where_the_operator_wants_them() -> None:
    identity = replace(IDENTITY, reply_to="desk@example.com")
    assert parse(Edition.compile(an_email(), identity).message(ANN))["Reply-To"] == "desk@example.com"
    assert parse(Edition.compile(an_email(), IDENTITY).message(ANN))["Reply-To"] is None


def test_names_beyond_ascii_arrive() -> None:
    identity = replace(IDENTITY, sender="Über & Söhne", name="Wöchentlich")
    parsed = parse(
        Edition.compile(an_email(subject=f"{FAMILY} gewinnt"), identity).message(replace(ANN, name="José"))
    )
    assert parsed["From"] == "Über & Söhne <digest@example.com>"
    assert parsed["To"] == "José <ann@example.com>"
    assert parsed["Subject"] == f"{FAMILY} gewinnt"
    assert "<weekly.example.com>" in parsed["List-Id"]


def test_a_long_unsubscribe_address_stays_one_raw_uri() -> None:
    long = replace(IDENTITY, base_url="https://digest.example.com/" + "a/" * 100)
    message = Edition.compile(an_email(), long).message(replace(ANN, unsubscribe="t" * 300))
    raw = next(line for line in message.split(b"\r\n") if line.startswith(b"List-Unsubscribe: "))
    assert raw == b"List-Unsubscribe: <https://digest.example.com/%sunsubscribe/%s>" % (
        b"a/" * 100,
        b"t" * 300,
    )
    assert len(raw) < 998


def test_who_can_leave_by_mail_too_finds_the_address_behind_the_one_web_address() -> None:
    edition = Edition.compile(linked(an_email()), IDENTITY)
    message = edition.message(replace(ANN, leave_at="unsubscribe+abc234@news.example.com"))
    assert (
        b"List-Unsubscribe: <https://digest.example.com/unsubscribe/abc-DEF.123_~>,\r\n"
        b" <mailto:unsubscribe+abc234@news.example.com?subject=unsubscribe>\r\n"
    ) in message
    with pytest.raises(BadInput, match="the way to leave"):
        edition.message(replace(ANN, leave_at="a@b.example>\r\nBcc: c@d.example"))


def test_readers_differ_only_where_they_should() -> None:
    edition = Edition.compile(linked(an_email()), IDENTITY)
    bo = replace(ANN, address="bo@example.com", name=None, unsubscribe="t2", message_id="<2@example.com>")
    ours, theirs = bodies(edition.message(ANN))[0], bodies(edition.message(bo))[0]
    assert ours.replace(ANN.unsubscribe, "t2") == theirs
    assert ANN.unsubscribe.encode() not in edition.message(bo)


def test_the_same_input_gives_the_same_bytes() -> None:
    messages = {Edition.compile(linked(an_email()), IDENTITY).message(ANN) for _ in range(2)}
    assert len(messages) == 1


hostile = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "\r",
                "\n",
                "\r\n",
                ".",
                "\r\n.\r\n",
                "=",
                "=\r\n",
                "=41",
                " \n",
                "\t",
                "--=_",
                "x" * 80,
                "é" * 40,
                FAMILY,
                "\u2028",
                "\x85",
                "\ufeff",
                "&amp;",
                "<b>",
                SENTINEL[:-1],
                UNSUBSCRIBE,
                PREFERENCES,
                "From x\n",
            ]
        ),
        st.text(max_size=5),
    ),
    max_size=30,
).map("".join)
tokens = st.text(st.sampled_from("abcXYZ019-._~"), min_size=1, max_size=300)


def sent_as(body: str, personal: Personal) -> str:
    lines = body.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    return lines.replace(UNSUBSCRIBE, personal.unsubscribe).replace(PREFERENCES, personal.preferences)


def has_no_broken_mark(body: str) -> bool:
    """Whether what is left without whole marks holds no sentinel, as two pieces together may, and no NUL."""
    rest = body.replace(UNSUBSCRIBE, "").replace(PREFERENCES, "")
    return SENTINEL not in rest and "\0" not in rest


@given(hostile.filter(has_no_broken_mark), hostile.filter(has_no_broken_mark), tokens, tokens)
@example("", "", ".", ".")
@example(UNSUBSCRIBE, PREFERENCES, ".", "." * 300)
@example(
    f"{'x' * 75} {UNSUBSCRIBE}\n{PREFERENCES} ", f"{'é' * 200}{PREFERENCES}{PREFERENCES}", "a" * 75, "b" * 76
)
def test_both_bodies_are_read_back_exactly(html: str, text: str, unsubscribe: str, preferences: str) -> None:
    edition = Edition.compile(an_email(html, text), IDENTITY)
    reader = replace(ANN, unsubscribe=unsubscribe, preferences=preferences)
    message = edition.message(reader)
    assert bodies(message) == (edition.html(reader), edition.text(reader))
    assert edition.html(reader) == sent_as(html, reader)
    assert edition.text(reader) == sent_as(text, reader)
    assert message.isascii()
    assert message.endswith(b"--\r\n")
    head, _, body = message.partition(b"\r\n\r\n")
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))
    for line in body.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith(b".")
        assert b"\r" not in line
        assert b"\n" not in line


one_line = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=100)
dots_and_ends = st.sampled_from(
    ("", ".", "..", f".{UNSUBSCRIBE}", f"{PREFERENCES}.", "x" * 10_000, "." * 999, "é \t", FAMILY)
)
row = st.one_of(dots_and_ends, st.text(max_size=9))
rows = st.lists(row, max_size=9).map("\n".join).filter(has_no_broken_mark)


@settings(deadline=None)
@given(one_line, one_line, rows, rows, tokens, st.booleans())
@example(".", ".", ".", ".", ".", True)
def test_case_21_what_goes_on_the_line_is_the_message_made_ready_for_it(
    subject: str, name: str, html: str, text: str, token: str, one_click: bool
) -> None:
    """``on_the_line`` looks at every line of a message: at the edition's own ones, nobody does any more."""
    email = an_email(html, text, subject)
    edition = Edition.compile(email, IDENTITY, one_click=one_click)
    reader = replace(ANN, name=name, unsubscribe=token, leave_at="unsubscribe+abc234@news.example.com")
    line = edition.on_the_line(reader)
    assert on_the_line(edition.message(reader)) == line
    assert line.count(b"\r\n.\r\n") == 1


def test_a_date_is_written_in_its_own_zone_also_after_the_same_moment_in_another() -> None:
    edition = Edition.compile(an_email(), IDENTITY)
    elsewhere = ANN.date.astimezone(timezone(timedelta(hours=9)))
    dates = [parse(edition.message(replace(ANN, date=date)))["Date"] for date in (ANN.date, elsewhere)]
    assert dates == ["Fri, 20 Nov 2026 09:00:00 +0000", "Fri, 20 Nov 2026 18:00:00 +0900"]


@pytest.mark.parametrize(
    "change",
    [
        {"address": "ann@example.com\r\nBcc: eve@example.com"},
        {"address": "ann@exämple.com"},
        {"name": "Ann\r\nBcc: eve@example.com"},
        {"name": "Ann\rBcc: eve@example.com"},
        {"name": "Ann\nBcc: eve@example.com"},
        {"name": "Ann\0"},
        {"message_id": "<a@example.com>\r\nX: y"},
        {"message_id": "a@example.com"},
        {"unsubscribe": "a\r\nb"},
        {"unsubscribe": "a>b"},
        {"unsubscribe": ""},
        {"unsubscribe": "abc\n"},
        {"preferences": "<script>"},
        {"preferences": "é"},
    ],
)
def test_a_personal_value_that_could_break_out_is_refused(change: dict[str, Any]) -> None:
    edition = Edition.compile(linked(an_email()), IDENTITY)
    with pytest.raises(BadInput):
        edition.message(replace(ANN, **change))


@pytest.mark.parametrize(
    "change",
    [
        {"sender": "Ship\r\nBcc: eve@example.com"},
        {"from_address": "digest"},
        {"reply_to": "a@example.com, b@example.com"},
        {"base_url": "javascript:alert(1)"},
        {"base_url": "https://digest.example.com/>,<mailto:eve@example.com"},
        {"base_url": "https://exämple.com"},
        {"newsletter": "weekly news"},
    ],
)
def test_an_identity_that_cannot_stand_in_a_header_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        Edition.compile(an_email(), replace(IDENTITY, **change))


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\n\r"])
def test_case_21_a_subject_of_two_lines_is_refused(end: str) -> None:
    with pytest.raises(BadInput, match=r"the subject holds the control character U\+000[AD]"):
        Edition.compile(an_email(subject=f"Nova{end}Bcc: eve@example.com"), IDENTITY)


@pytest.mark.parametrize(
    ("email", "told"),
    [
        (an_email(html="a\0b"), "the HTML body holds U\\+0000"),
        (an_email(text="\ud800"), "the text body holds U\\+D800"),
        (an_email(html=mark(SENTINEL, "address")), "an unknown slot address"),
        (an_email(text=UNSUBSCRIBE[:-1]), "a mark that was cut in two"),
        (an_email(subject=f"Hello {UNSUBSCRIBE}"), "the subject has a slot"),
    ],
)
def test_a_faulty_body_is_refused_when_compiled(email: RenderedEmail, told: str) -> None:
    with pytest.raises(TemplateError, match=told):
        Edition.compile(email, IDENTITY)


def test_another_issues_marks_are_plain_text() -> None:
    foreign = mark(sentinel_for(b"secret", "2026-W46"), "unsubscribe")
    edition = Edition.compile(an_email(html=f"<p>{foreign}</p>"), IDENTITY)
    assert bodies(edition.message(ANN))[0] == f"<p>{foreign}</p>"


def test_the_sender_need_not_load_the_renderer() -> None:
    heavy = "{'jinja2', 'lxml', 'mjml', 'premailer', 'cssutils', 'email.message'}"
    code = f"import sys, digest.rendering.edition; print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"

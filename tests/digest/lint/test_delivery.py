from dataclasses import replace

import pytest

from digest.lint.delivery import check_headers, check_mime, check_size, check_slots
from digest.lint.values import Mail, Severity
from digest.rendering.sizes import CLIP
from tests.digest.lint.mails import rules, shipped, with_body

IDENTIFIER = b"Message-ID: <weekly.lint.reader@weekly-verdicts.dev>"


def changed(old: bytes, new: bytes) -> Mail:
    assert old in shipped().message
    return replace(shipped(), message=shipped().message.replace(old, new, 1))


def test_a_clipped_message_is_an_error_and_a_near_one_a_warning() -> None:
    assert [finding.severity for finding in check_size(with_body("x" * CLIP))] == [Severity.ERROR]
    assert [finding.severity for finding in check_size(with_body("x" * (CLIP - 3_000)))] == [Severity.WARNING]
    assert rules(check_size(with_body("x"))) == []


@pytest.mark.parametrize("left", ["{{ name }}", "%%NAME%%", "*|FNAME|*", "{% if x %}", "[[first_name]]"])
def test_placeholders_that_nobody_filled_are_found(left: str) -> None:
    assert rules(check_slots(with_body(f"<p>Dear {left}</p>"))) == ["slots"]


def test_an_unfilled_slot_is_an_error() -> None:
    mail = with_body(f'<a href="https://e.com/{shipped().sentinel}xvotex">vote</a>')
    assert [finding.severity for finding in check_slots(mail)] == [Severity.ERROR]


def test_what_the_program_composes_is_whole() -> None:
    assert rules(check_mime(shipped())) == []
    assert rules(check_headers(shipped())) == []


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b"\r\n\r\n", b"\r\n\r\n" + b"x" * 999 + b"\r\n", "a line has 999 bytes; 998 are allowed"),
        (b"\r\n\r\n", b"\r\n\r\nbare\nline\r\n", "a bare line feed or carriage return"),
        (b"text/plain", b"text/calendar", "its parts are multipart/alternative, text/calendar, text/html"),
    ],
)
def test_broken_mime_is_found(old: bytes, new: bytes, why: str) -> None:
    assert any(finding.why.startswith(why) for finding in check_mime(changed(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "where", "why"),
    [
        (IDENTIFIER, b"X-A: b", "Message-Id", "is missing"),
        (
            b"Message-ID: <weekly.lint.reader@weekly-verdicts.dev>",
            b"Message-ID: abc",
            "Message-Id",
            "“abc” is no",
        ),
        (b"Subject: ", b"Subject: Twice\r\nSubject: ", "Subject", "is there 2 times"),
        (b"List-Unsubscribe-Post: ", b"X-Post: ", "List-Unsubscribe-Post", "is missing"),
        (
            b"List-Unsubscribe: <https",
            b"List-Unsubscribe: <http",
            "List-Unsubscribe",
            "one-click needs https",
        ),
        (b"=One-Click", b"=Two-Clicks", "List-Unsubscribe-Post", "must say"),
    ],
)
def test_headers_that_bulk_receivers_ask_for(old: bytes, new: bytes, where: str, why: str) -> None:
    found = [(finding.where, finding.why) for finding in check_headers(changed(old, new))]
    assert len(found) == 1
    assert found[0][0] == where
    assert found[0][1].startswith(why)


def test_an_issue_too_large_by_an_editors_own_depth_is_told_of_the_depth() -> None:
    mail = replace(shipped(), html="x" * CLIP, depth_chosen=True)
    (finding,) = check_size(mail)
    assert str(finding.severity) == "error"
    assert '[issue] depth = "auto"' in finding.do
    assert "[selection] size" in next(check_size(replace(mail, depth_chosen=False))).do

"""The protocol log: what it shows of a dialogue, and what never gets into it."""

from __future__ import annotations

import logging
from base64 import b64encode
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.clock import FixedClock
from digest.errors import DigestError
from jobs.sending.auth import Login
from jobs.sending.relay import Mechanism, Relay
from jobs.sending.trace import Trace

CLOCK = FixedClock(datetime(2026, 11, 22, 9, 0, 4, 118_900, tzinfo=UTC))
AT = "2026-11-22T09:00:04.118Z"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "trace.log"


def shown(file: Path) -> list[str]:
    """Return the lines of a trace without their time."""
    return [line.removeprefix(f"{AT} ") for line in file.read_text("utf-8").splitlines()]


def test_a_dialogue_is_shown_line_by_line_with_time_connection_and_direction(file: Path) -> None:
    trace = Trace.open(str(file), CLOCK)
    trace.note(3, "connected to smtp://127.0.0.1:25")
    trace.received(3, b"220 mail.example.test ESMTP\r\n")
    trace.sent(3, b"EHLO digest.example.com\r\n")
    trace.received(3, b"250-mail.example.test")
    trace.received(3, b"250 PIPELINING")
    trace.sent(
        3,
        b"MAIL FROM:<bounces+abcdefgh234567@news.example.com> SIZE=40960\r\n"
        b"RCPT TO:<ann.lee@example.org>\r\nDATA\r\n",
    )
    trace.received(4, b"421 4.3.2 later")
    trace.received(3, b"354 go on")
    trace.body(3, 40_960)
    trace.close()
    assert file.read_text("utf-8").startswith(f"{AT} 3 * connected")
    assert shown(file) == [
        "3 * connected to smtp://127.0.0.1:25",
        "3 < 220 mail.example.test ESMTP",
        "3 > EHLO digest.example.com",
        "3 < 250-mail.example.test",
        "3 < 250 PIPELINING",
        "3 > MAIL FROM:<…@news.example.com> SIZE=40960",
        "3 > RCPT TO:<…@example.org>",
        "3 > DATA",
        "4 < 421 4.3.2 later",
        "3 < 354 go on",
        "3 > <40,960 bytes>",
    ]


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ("550 5.1.1 <Ann.Lee@example.org>: unknown", "550 5.1.1 <…@example.org>: unknown"),
        ("550 5.1.1 no such user: ann.lee", "550 5.1.1 no such user: …"),
        ("550-bounce+ann.lee=example.org@lists.example.net", "550-…@lists.example.net"),
        ("550 ann.lee=example.org", "550 …=example.org"),
        (
            "550 see https://example.net/?rcpt=ann.lee%40example.org",
            "550 see https://example.net/?…%40example.org",
        ),
        ("550 from abcdefgh or bob@example.net", "550 from … or …@example.net"),
        ("250 \x1b[31m2.1.5 fine\x00", "250 [31m2.1.5 fine"),
        ("\x1b[31m ann.lee", "[31m …"),
        ("250", "250"),
        ("", ""),
    ],
)
def test_an_answer_shows_no_local_part_in_whatever_form(file: Path, answer: str, line: str) -> None:
    trace = Trace.open(str(file), CLOCK)
    trace.sent(1, b"MAIL FROM:<abcdefgh@news.example.com>\r\nRCPT TO:<ann.lee@example.org>\r\n")
    trace.received(1, answer.encode())
    assert shown(file)[2] == f"1 < {line}"


@settings(deadline=None)
@given(st.from_regex(r"[a-z0-9!#$%&'*+/=?^_`{|}~.\"ä-]{5,30}", fullmatch=True).map("§{}".format))
def test_no_local_part_is_ever_shown(local: str) -> None:
    log = StringIO()
    trace = Trace(log, "-", CLOCK)
    address = f"{local}@example.org"
    trace.sent(1, f"MAIL FROM:<{address}> AUTH=<>\r\nRCPT TO:<{address}> ORCPT=rfc822;x\r\n".encode())
    for words in (address, f"<{address}>", f"{local} unknown", address.replace("@", "="), address.upper()):
        trace.received(1, f"550 5.1.1 {words}".encode())
    assert local.lower() not in log.getvalue().lower()
    assert "§" not in log.getvalue()


@pytest.mark.parametrize("mechanism", Mechanism)
@pytest.mark.parametrize("length", [10, 600])
def test_of_a_log_in_only_the_mechanism_is_shown(file: Path, mechanism: Mechanism, length: int) -> None:
    user, secret = "desk-7@example.com", "s3cret = ß".ljust(length, "x")
    relay = Relay.parse("smtps://desk-7%40example.com:x@mail.example.com")
    trace, login = Trace.open(str(file), CLOCK), Login(relay, mechanism, secret)
    trace.sent(1, command := login.command() + b"\r\n")
    answers = []
    for challenge in ("UGFzc3dvcmQ6", "")[: 2 if mechanism is Mechanism.LOGIN else 1]:
        trace.received(1, f"334 {challenge}".strip().encode())
        answers.append(login.answer(challenge))
        trace.sent(1, answers[-1] + b"\r\n")
    forms = [b64encode(user.encode()), *command.split()[2:], *filter(None, answers)]
    if mechanism is not Mechanism.CRAM_MD5:
        # There it was not on the line.
        forms += [secret.encode(), b64encode(secret.encode())]
    trace.received(1, b"535-5.7.8 no " + b" ".join(forms))
    trace.received(1, b"535 5.7.8 " + user.encode())
    trace.sent(1, b"QUIT\r\n")
    text = file.read_text("utf-8")
    assert f"1 > AUTH {mechanism.upper()}" in text
    assert text.count("1 > …") == len(answers)
    for form in (*forms, b"desk-7"):
        assert form.decode() not in text
    assert text.endswith("1 > QUIT\n")


def test_only_its_owner_may_read_it_and_an_older_trace_stays(file: Path) -> None:
    file.write_text("older\n")
    file.chmod(0o644)
    trace = Trace.open(str(file), CLOCK)
    trace.note(1, "connected")
    trace.close()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text() == f"older\n{AT} 1 * connected\n"


def test_a_hyphen_is_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    trace = Trace.open("-", CLOCK)
    trace.note(1, "connected")
    trace.close()
    assert capsys.readouterr() == ("", f"{AT} 1 * connected\n")


def test_a_full_disk_ends_the_trace_with_one_word_and_not_the_sending(
    caplog: pytest.LogCaptureFixture,
) -> None:
    trace = Trace.open("/dev/full", CLOCK)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            trace.sent(1, b"NOOP\r\n")
            trace.body(1, 10)
            trace.received(1, b"250 ok")
        trace.close()
    assert [record.getMessage() for record in caplog.records] == [
        "the trace to /dev/full ends here: No space left on device; sending goes on without it"
    ]


def test_a_file_that_cannot_be_written_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(DigestError, match=r"cannot be written to .*: Is a directory; take another file"):
        Trace.open(str(tmp_path))


def test_a_connection_of_long_ago_is_forgotten_and_a_long_answer_cut(file: Path) -> None:
    trace = Trace.open(str(file), CLOCK)
    for connection in range(2_000):
        trace.sent(connection, b"RCPT TO:<ann@example.org>\r\n")
    trace.received(0, b"250 " + b"x" * 100_000)
    assert len(shown(file)[-1]) < 1_100
    assert len(trace._dialogues) <= 500

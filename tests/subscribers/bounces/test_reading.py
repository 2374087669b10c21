"""What returned messages say: one table of samples, and whatever else anybody may send."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subscribers.bounces.reading import read
from subscribers.bounces.values import Kind
from tests.subscribers.bounces.cases import FLUFL, FOLDER, SAMPLES, sample

_HEADERS = (
    "From: MAILER-DAEMON@example.net",
    "X-Failed-Recipients: reader@example.com",
    "Auto-Submitted: auto-replied",
    "Subject: Undelivered Mail Returned to Sender",
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
    "Content-Type: message/delivery-status",
    "Content-Type: message/feedback-report",
    "Content-Type: message/rfc822",
    "Content-Type: text/plain; charset=nobody-knows",
    "Content-Transfer-Encoding: base64",
    "Content-Transfer-Encoding: x-uuencode",
    "Action: failed",
    "Status: 5.1.1",
    "Feedback-Type: abuse",
    "--b",
    "--b--",
    "",
    "550 5.1.1 user unknown",
    "=?utf-8?b?////?=",
    "=?nobody?q?=ff?=",
)
# Lines of real reports in any order: nearer to what breaks a parser than chance.
shuffled = st.lists(st.sampled_from(_HEADERS), max_size=40).map(lambda lines: "\r\n".join(lines).encode())


@pytest.mark.parametrize("name", SAMPLES)
def test_each_sample_is_read_as_it_is_meant(name: str) -> None:
    found = read(sample(name))
    assert (found.kind, found.status) == SAMPLES[name]


def test_every_sample_is_in_the_table() -> None:
    assert {file.stem for file in FOLDER.glob("*.eml")} == set(SAMPLES)


@pytest.mark.parametrize("name", FLUFL)
def test_case_23_what_flufl_bounce_was_made_for_is_read_too(name: str) -> None:
    found = read((FOLDER / "flufl" / f"{name}.txt").read_bytes())
    assert (found.kind, found.status) == FLUFL[name]


def test_the_whole_corpus_of_flufl_bounce_is_in_the_table() -> None:
    files = {file.stem for file in (FOLDER / "flufl").glob("*_*.txt")}
    assert files == set(FLUFL)


def test_no_finding_carries_an_address() -> None:
    for name in SAMPLES:
        found = read(sample(name))
        assert "@" not in f"{found.why}{found.status}"


@given(st.binary(max_size=4000))
def test_case_23_arbitrary_bytes_are_no_hard_bounce_and_no_fault(raw: bytes) -> None:
    assert read(raw).kind is not Kind.HARD


@settings(max_examples=300, deadline=None)
@given(shuffled)
def test_reports_in_pieces_raise_nothing(raw: bytes) -> None:
    read(raw)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_damaged_samples_raise_nothing(name: str, data: st.DataObject) -> None:
    raw = sample(name)
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 200)))
    read(raw[:start] + data.draw(st.binary(max_size=40)) + raw[end:])


def _nested(depth: int, kind: str) -> bytes:
    lines = [f'Content-Type: {kind}; boundary="b{level}"\n\n--b{level}\n' for level in range(depth)]
    return "".join(lines).encode()


@pytest.mark.parametrize(
    "raw",
    [
        _nested(5000, "multipart/mixed"),
        _nested(5000, "multipart/report"),
        b"Content-Type: message/rfc822\n\n" * 20_000,
        b"Content-Type: multipart/digest; boundary=b\n\n" + b"--b\n\n" * 200_000,
        b"Subject: " + b"a" * 100_000 + b"\n\n",
        b"Content-Type: multipart/mixed" + b';\n "' * 100_000 + b"\n\n",
        b"Content-Type: multipart/report" + b'; a="b\\"' * 100_000 + b"\n\n",
        b"From: MAILER-DAEMON@example.net\n\n" + b"5" * 1_000_000,
        b"From: MAILER-DAEMON@example.net\n\n" + b"quota exceeded mailbox user " * 40_000,
        b"From: MAILER-DAEMON@example.net\n\n" + b"<a@b.example>:\n" * 70_000,
        b"Subject: " + b"=?utf-8?q?=20?= " * 60_000 + b"\n\n",
        b"\n" * 1_000_000,
        b"\x00" * 1_000_000,
        b"A: b\n" * 200_000,
    ],
    ids=range(14),
)
def test_what_is_made_to_cost_much_costs_little(raw: bytes) -> None:
    assert read(raw).kind not in (Kind.HARD, Kind.COMPLAINT)


def test_nesting_beyond_reason_is_said() -> None:
    assert read(_nested(50, "multipart/mixed")).kind is Kind.UNREADABLE

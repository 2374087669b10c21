"""Answers that make no sense: a wrong code for the command, none, other bytes, too much or too little."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.faults.again import changed, play, start_again
from tests.faults.conftest import READERS
from tests.faults.plays import Play, Script, Step, Then, at, first_of
from tests.faults.server import FaultyServer
from tests.jobs.mailing import Mailing

VERBS = ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "BODY", "RSET", "QUIT"]
# Which code is the right one at which verb, and so is no nonsense there.
RIGHT = {
    "220": ["CONNECT"],
    "221": ["QUIT"],
    "250": ["EHLO", "MAIL", "RCPT", "BODY", "RSET"],
    "354": ["DATA"],
}
ONE = changed(connections=1)
# For a server that leaves an answer unfinished. On a machine too slow for it a try is lost, which none of the
# tests that use it counts: what is sent at last is sent with patience.
IMPATIENT = changed(connections=1, timeout=timedelta(seconds=0.5))

WRONG = [
    *[
        pytest.param(verb, Play(f"{code} {{mark}}\r\n".encode()), id=f"{code} at {verb}")
        for verb in VERBS
        for code in ("199", "220", "221", "250", "334", "354", "600", "999")
        if verb not in RIGHT.get(code, [])
    ],
    *[
        pytest.param(verb, Play(data), id=f"{name} at {verb}")
        for verb in VERBS
        for name, data in {
            "one digit": b"2\r\n",
            "four digits": b"2500 {mark}\r\n",
            "no code": b"fine {mark}\r\n",
            "an empty line": b"\r\n",
            "garbage": b"\xff\xfe\x80\x81{mark}\r\n",
            "digits of another script": "٢٥٠ {mark}\r\n".encode(),
            "NUL": b"\x00250 {mark}\r\n",
            "a space in front": b" 250 {mark}\r\n",
        }.items()
    ],
]


def wrong(verb: str, answer: Play | str, times: int | None = 1) -> Script:
    """Return a script with one wrong answer; what it takes for RSET to be sent comes with it."""
    script = at(verb, answer, times=times)
    return first_of(script, at("RCPT", "550 5.1.1 nobody", reader=2)) if verb == "RSET" else script


@pytest.mark.parametrize(("verb", "answer"), WRONG)
def test_an_answer_without_sense_costs_no_reader_the_message(
    mailing: Mailing, extensions: tuple[str, ...], verb: str, answer: Play
) -> None:
    counts = play(mailing, FaultyServer(wrong(verb, answer), extensions), ONE)
    assert counts.failed == (verb == "RSET")
    # To a message it may mean that it was taken; and who tears the connection down loses no other's answer.
    assert counts.unknown == (verb == "BODY")


@pytest.mark.parametrize("verb", VERBS)
def test_a_server_that_never_makes_sense_at_one_command_is_given_up(
    mailing: Mailing, extensions: tuple[str, ...], verb: str
) -> None:
    server = FaultyServer(wrong(verb, Play(b"fine {mark}\r\n"), times=None), extensions)
    counts = play(mailing, server, ONE)
    assert counts.failed == (verb == "RSET")


@pytest.mark.parametrize(
    "text", ["größer".encode(), "größer".encode("latin-1"), b"a\x00b", b"\x1b[31mred", b"\x85\xa0", b""]
)
def test_whatever_stands_behind_the_code_is_kept_as_a_printable_line(
    mailing: Mailing, extensions: tuple[str, ...], text: bytes
) -> None:
    def odd(step: Step) -> Play | None:
        code = {"MAIL": b"250", "RCPT": b"250", "DATA": b"354", "BODY": b"250"}.get(step.verb)
        return None if code is None else Play(code + b" " + text + b" {mark}\r\n")

    counts = play(mailing, FaultyServer(odd, extensions), ONE)
    assert counts.sent == READERS
    assert (mailing.row(1).reply or "").isprintable()


@pytest.mark.parametrize("codes", [(250, 550), (550, 250), (354, 250), (250, 421)])
@pytest.mark.parametrize("verb", VERBS)
def test_lines_of_different_codes_send_nobody_twice(
    mailing: Mailing, extensions: tuple[str, ...], verb: str, codes: tuple[int, int]
) -> None:
    answer = Play(b"%d-{mark}\r\n%d {mark}\r\n" % codes)
    play(mailing, FaultyServer(wrong(verb, answer), extensions), ONE)


@pytest.mark.parametrize("then", [Then.GO_ON, Then.SILENCE, Then.CLOSE])
@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", "RCPT", "BODY"])
def test_many_lines_that_never_end_are_no_answer(
    mailing: Mailing, extensions: tuple[str, ...], verb: str, then: Then
) -> None:
    server = FaultyServer(at(verb, Play(b"250-{mark}\r\n", then=then), times=1), extensions)
    play(mailing, server, IMPATIENT)


@pytest.mark.parametrize("verb", VERBS)
def test_a_line_that_ends_in_a_bare_lf(mailing: Mailing, extensions: tuple[str, ...], verb: str) -> None:
    code = next(code for code, verbs in RIGHT.items() if verb in verbs)
    server = FaultyServer(wrong(verb, Play(f"{code} {{mark}}\n".encode())), extensions)
    counts = play(mailing, server, IMPATIENT)
    assert counts.failed == (verb == "RSET")


@pytest.mark.parametrize(
    "extra", [b"250 and another\r\n", b"354 and another\r\n", b"421 and goodbye\r\n", b"550 and no\r\n"]
)
@pytest.mark.parametrize("verb", VERBS)
def test_a_second_answer_that_nobody_asked_for_sends_nobody_twice(
    mailing: Mailing, extensions: tuple[str, ...], verb: str, extra: bytes
) -> None:
    code = next(code for code, verbs in RIGHT.items() if verb in verbs)
    server = FaultyServer(wrong(verb, Play(f"{code} {{mark}}\r\n".encode() + extra)), extensions)
    play(mailing, server, IMPATIENT)


@pytest.mark.parametrize(
    ("early", "late", "refusal"),
    [
        *[
            (*verbs, code)
            for verbs in [("MAIL", "RCPT"), ("RCPT", "DATA"), ("MAIL", "DATA")]
            for code in (b"451", b"550")
        ],
        # Where a message is refused for now by another's answer, no client can tell.
        ("BODY", "MAIL", b"550"),
    ],
)
def test_answers_out_of_order_send_nobody_twice(
    mailing: Mailing, extensions: tuple[str, ...], early: str, late: str, refusal: bytes
) -> None:
    held_back = b"354 late\r\n" if early == "DATA" else b"250 late\r\n"
    swapped = first_of(
        at(early, Play(b""), reader=3, times=1),
        at(late, Play(refusal + b" {mark}\r\n" + held_back), reader=4 if late == "MAIL" else 3, times=1),
    )
    play(mailing, FaultyServer(swapped, extensions), IMPATIENT)


@pytest.mark.parametrize(
    "filling",
    [
        pytest.param(lambda code: code + b" {mark} " + b"x" * 100_000 + b"\r\n", id="one line"),
        pytest.param(
            lambda code: (code + b"-{mark} xx\r\n") * 5_000 + code + b" {mark}\r\n", id="many lines"
        ),
    ],
)
@pytest.mark.parametrize("verb", VERBS)
def test_an_answer_of_100_kilobytes_fails_nobody(
    mailing: Mailing, extensions: tuple[str, ...], verb: str, filling: Callable[[bytes], bytes]
) -> None:
    code = next(code for code, verbs in RIGHT.items() if verb in verbs)
    counts = play(mailing, FaultyServer(wrong(verb, Play(filling(code.encode()))), extensions), ONE)
    assert counts.failed == (verb == "RSET")


@pytest.mark.parametrize("last", range(1, 60))
def test_answers_of_several_lines_may_be_split_at_any_byte(
    mailing: Mailing, extensions: tuple[str, ...], last: int
) -> None:
    start_again(mailing, 2)

    def in_two_pieces(step: Step) -> Play:
        if step.verb == "EHLO":
            return Play(cuts=(last,), pause=0.001)
        code = next(code for code, verbs in RIGHT.items() if step.verb in verbs)
        return Play(f"{code}-one\r\n{code} {{mark}}\r\n".encode(), cuts=(last,), pause=0.001)

    few = tuple(word for word in extensions if word in ("PIPELINING", "SMTPUTF8"))
    assert play(mailing, FaultyServer(in_two_pieces, few), ONE).sent == 2


def test_answers_that_come_byte_by_byte_are_answers(mailing: Mailing, extensions: tuple[str, ...]) -> None:
    server = FaultyServer(lambda step: Play(cuts=tuple(range(1, 200)), pause=0.0005), extensions)
    assert play(mailing, server, changed(connections=3)).sent == READERS

"""The engine keeps to the pace: rates, whoever asks to slow down, and too many refusals."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

import pytest

from jobs.sending import engine
from jobs.sending.pace import Pace
from tests.jobs.mailing import QUICK, Mailing, address, new_mailing
from tests.jobs.sending.simulating import fullest
from tests.servers import Mailbox, Sink, mail_server

# The shortest first hold, in seconds: 2, less a quarter.
HOLD = 1.5


def mailing_of(folder: Path, readers: int, **settings: object) -> Mailing:
    mailing = new_mailing(folder / "digest.db", readers=readers)
    mailing.settings = QUICK.model_copy(update=settings)
    return mailing


def seconds_to_send(mailing: Mailing, port: int) -> float:
    """Send everything; return how long it took at least, whatever else the machine has to do."""
    started = monotonic()
    outcome = mailing.send(port)
    took = monotonic() - started
    assert outcome.counts.sent == outcome.counts.audience
    return took


@pytest.mark.parametrize("bound", [{"rate_per_second": 50.0}, {"per_domain": {"*": 50.0}}])
def test_no_second_of_a_real_run_has_more_bodies_than_the_rate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: dict[str, object]
) -> None:
    begun: list[float] = []

    class Noting(Pace):
        def body(self, domain: str) -> None:
            super().body(domain)
            begun.append(self._bodies[-1])

    monkeypatch.setattr(engine, "Pace", Noting)
    mailing = mailing_of(tmp_path, 120, **bound)
    sink = Sink()
    with sink.serve() as port:
        assert seconds_to_send(mailing, port) > 2
    assert len(begun) == len(sink.accepted) == 120
    assert fullest(begun) <= 50


def test_a_domain_that_asks_to_slow_down_is_left_alone_for_a_while(tmp_path: Path) -> None:
    mailbox = Mailbox(refuse={address(1): ["451 4.7.1 too many messages, slow down"]})
    with mail_server(mailbox) as port:
        assert seconds_to_send(mailing_of(tmp_path, 12), port) > HOLD
    assert mailbox.tried.count(address(1)) == 2


def test_a_relay_that_takes_no_mail_now_is_left_alone_for_a_while(tmp_path: Path) -> None:
    answers = ["450 4.7.1 Error: too much mail from 127.0.0.1"]
    sink = Sink(lambda step, recipient: answers.pop() if step == "MAIL" and answers else None)
    with sink.serve() as port:
        assert seconds_to_send(mailing_of(tmp_path, 12), port) > HOLD


def test_an_issue_that_most_readers_are_refused_stops_and_says_what_it_heard(tmp_path: Path) -> None:
    mailing = mailing_of(tmp_path, 200)
    mailbox = Mailbox(refuse={address(number): ["550 5.7.1 you are listed"] for number in range(1, 201)})
    with mail_server(mailbox) as port:
        outcome = mailing.send(port)
    assert outcome.too_many is not None
    assert "all of them 550 5.7.1 you are listed; the issue is paused" in outcome.too_many
    assert outcome.counts.failed >= 100
    assert outcome.counts.pending > 0

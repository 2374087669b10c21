"""Single mails: which relay takes them, and that nobody waits for a silent one who was told to stop."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from digest.errors import TransportError
from digest.settings import SendingSettings
from jobs.sending.relays import Relays
from jobs.sending.replies import Accepted
from jobs.sending.single import knock, send_one
from tests.servers import HANG_UP, SILENCE, Sink

MESSAGE = b"Subject: x\r\n\r\nShip.\r\n"
SETTINGS = SendingSettings(timeout=timedelta(seconds=20))


@pytest.mark.parametrize("step", ["CONNECT", "MAIL", "RCPT"])
@pytest.mark.parametrize("answer", ["421 4.3.2 closing", HANG_UP])
def test_a_mail_that_one_relay_cannot_take_now_goes_through_the_next(step: str, answer: str) -> None:
    troubled, healthy = Sink(lambda at, recipient: answer if at == step else None), Sink()
    with troubled.serve() as one, healthy.serve() as other:
        relays = Relays.parse(f"smtp://127.0.0.1:{one} smtp://127.0.0.1:{other}?weight=0")
        answered = send_one(relays, SETTINGS, "desk@example.com", "ann@example.com", MESSAGE)
    assert isinstance(answered, Accepted)
    assert healthy.accepted == ["ann@example.com"]


def test_who_is_told_to_stop_does_not_wait_for_a_silent_server() -> None:
    stop = threading.Event()

    def silent(step: str, recipient: str) -> str:
        stop.set()
        return SILENCE

    with Sink(silent).serve() as port, pytest.raises(TransportError, match="stopped before"):
        knock(Relays.parse(f"smtp://127.0.0.1:{port}"), SETTINGS, stop)

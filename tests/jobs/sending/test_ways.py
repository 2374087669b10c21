"""The ways to a relay: Unix sockets, LMTP, IPv6, and several relays at once; the servers are Postfix's."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from jobs.sending.relays import Relays
from jobs.sending.replies import Accepted
from jobs.sending.single import send_one
from tests.conftest import Certificate
from tests.jobs.mailin.dovecot import dovecot
from tests.jobs.mailin.postfix import postfix
from tests.jobs.mailing import QUICK, SENDER, Mailing, new_mailing
from tests.jobs.sending.test_postfix import SINK
from tests.processes import free_port, require, require_ipv6, until
from tests.servers import HANG_UP, Sink

READERS = 40


@pytest.fixture
def mailing(tmp_path: Path) -> Mailing:
    return new_mailing(tmp_path / "test.db", READERS)


@contextmanager
def smtp_sink(place: str, *options: str) -> Iterator[None]:
    """Run Postfix's smtp-sink at ``unix:/path`` or ``inet:host:port`` while the block runs."""
    require(SINK, "postfix")
    become = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [str(SINK), *become, *options, place, "100"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: answers(place))
            yield
        finally:
            process.terminate()


def answers(place: str) -> bool:
    """Tell whether somebody listens at a place as smtp-sink names it."""
    kind, _, where = place.partition(":")
    host, _, port = where.rpartition(":")
    family = socket.AF_UNIX if kind == "unix" else socket.AF_INET6
    with socket.socket(family) as probe:
        try:
            probe.connect(where if kind == "unix" else (host.strip("[]"), int(port)))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
    return True


@pytest.mark.postfix
@pytest.mark.parametrize(("scheme", "options"), [("smtp", ()), ("lmtp", ("-L",))])
def test_an_issue_goes_out_over_a_unix_socket(
    mailing: Mailing, tmp_path: Path, scheme: str, options: tuple[str, ...]
) -> None:
    path = tmp_path / "relay.sock"
    with smtp_sink(f"unix:{path}", *options):
        assert mailing.send(0, url=f"{scheme}://{path}").counts.sent == READERS
    assert mailing.row(1).relay == f"{scheme}://{path}"


@pytest.mark.postfix
def test_an_issue_goes_out_over_ipv6(mailing: Mailing) -> None:
    require_ipv6()
    port = free_port()
    with smtp_sink(f"inet:[::1]:{port}"):
        assert mailing.send(port, url="smtp://[::1]:{port}").counts.sent == READERS


@pytest.mark.postfix
def test_postfix_takes_mail_at_the_socket_that_the_documentation_sets_up() -> None:
    with postfix(free_port()) as running:
        until(running.socket.is_socket, lambda: running.log)
        relays = Relays.parse(f"smtp://{running.socket}")
        message = b"Subject: x\r\n\r\nShip.\r\n"
        answer = send_one(relays, QUICK, SENDER, "ann@example.test", message)
        assert isinstance(answer, Accepted), answer
        # So it comes from a network that Postfix relays for; its log is written by another process.
        until(lambda: "client=localhost[127.0.0.1]" in running.log, lambda: running.log)


def test_dovecot_takes_an_issue_by_lmtp(mailing: Mailing, certificate: Certificate) -> None:
    with dovecot(certificate, lmtp=True) as running:
        again = new_mailing(running.folder / "test.db", READERS)
        assert mailing.send(running.lmtp_port, url="lmtp://127.0.0.1:{port}").counts.sent == READERS
        assert again.send(0, url=f"lmtp://{running.lmtp_socket}").counts.sent == READERS
        assert [subject for subject, _ in running.lies()] == ["Verdicts"] * READERS * 2


def test_two_relays_share_an_issue_by_their_weights(tmp_path: Path) -> None:
    mailing = new_mailing(tmp_path / "test.db", 1200)
    # A slow machine's silence is not to be taken for a failure, which would shift the shares.
    mailing.settings = QUICK.model_copy(update={"timeout": timedelta(seconds=60)})
    heavy, light = Sink(), Sink()
    with heavy.serve() as one, light.serve() as other:
        url = f"smtp://127.0.0.1:{one}?weight=3 smtp://127.0.0.1:{other}"
        assert mailing.send(0, url=url).counts.sent == 1200
    assert len(heavy.accepted) + len(light.accepted) == 1200
    # 900 and 300, but for a turn (33 or 100) that each of the four connections may not have finished.
    assert 170 <= len(light.accepted) <= 430


def test_a_standby_takes_over_from_a_relay_that_fails_on_the_way(mailing: Mailing) -> None:
    def gives_up(step: str, recipient: str) -> str | None:
        return HANG_UP if len(main.accepted) >= 10 and step in ("CONNECT", "MAIL") else None

    main, standby = Sink(gives_up), Sink()
    with main.serve() as one, standby.serve() as other:
        url = f"smtp://127.0.0.1:{one} smtp://127.0.0.1:{other}?weight=0"
        assert mailing.send(0, url=url).counts.sent == READERS
    assert len(main.accepted) >= 10
    assert sorted(main.accepted + standby.accepted) == sorted(mailing.states())


def test_a_relay_that_is_not_there_leaves_all_to_the_other(mailing: Mailing) -> None:
    there = Sink()
    with there.serve() as port:
        url = f"smtp://127.0.0.1:{free_port()}?weight=1000 smtp://127.0.0.1:{port}"
        assert mailing.send(0, url=url).counts.sent == READERS
    assert len(there.accepted) == READERS

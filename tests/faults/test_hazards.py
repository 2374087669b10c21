"""Every line of the hazard table of the design (shared/DELIVERY.md), each by its name, in both dialogues."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.rendering.transparency import OnTheLine, on_the_line
from subscribers.store import Contact
from tests.conftest import Certificate
from tests.faults.again import changed, play, start_again
from tests.faults.conftest import MOST_READERS, READERS
from tests.faults.plays import Play, Step, Then, at, first_of
from tests.faults.server import EXTENSIONS, STEP_BY_STEP, FaultyServer
from tests.jobs.mailing import Mailing, message_for

ONE = changed(connections=1)


def test_after_a_refused_rcpt_nobody_falls_into_the_old_transaction(
    mailing: Mailing, extensions: tuple[str, ...]
) -> None:
    def every_other(step: Step) -> str | None:
        return "550 5.1.1 nobody" if step.verb == "RCPT" and step.reader % 2 else None

    counts = play(mailing, FaultyServer(every_other, extensions), ONE)
    assert (counts.sent, counts.failed) == (3, 3)
    assert [mailing.row(reader).state for reader in (1, 2)] == ["failed", "sent"]


def test_after_a_refused_data_nobody_falls_into_the_old_transaction(
    mailing: Mailing, extensions: tuple[str, ...]
) -> None:
    server = FaultyServer(at("DATA", "550 5.7.1 not that one", reader=3), extensions)
    counts = play(mailing, server, ONE)
    assert (counts.sent, counts.failed) == (5, 1)


def test_all_refused_one_after_the_other_are_each_refused_by_their_own_answer(
    mailing: Mailing, extensions: tuple[str, ...]
) -> None:
    server = FaultyServer(lambda step: f"55{step.reader} no" if step.verb == "RCPT" else None, extensions)
    counts = play(mailing, server, ONE)
    assert counts.failed == READERS
    assert [mailing.row(reader).code for reader in range(1, READERS + 1)] == [551, 552, 553, 554, 555, 556]


def test_no_body_goes_where_data_is_answered_354_although_rcpt_was_refused(
    mailing: Mailing, extensions: tuple[str, ...]
) -> None:
    goes_on = first_of(at("RCPT", "550 5.1.1 nobody", reader=3), at("DATA", "354 go on", reader=3))
    server = FaultyServer(goes_on, extensions)
    counts = play(mailing, server, ONE)
    assert (counts.sent, counts.failed, mailing.row(3).code) == (5, 1, 550)
    assert not server.truth.bodies_for(3)


def test_no_body_is_sent_before_354(mailing: Mailing, extensions: tuple[str, ...]) -> None:
    # The server looks for it when it has waited.
    server = FaultyServer(at("DATA", Play(delay=0.1)), extensions)
    assert play(mailing, server, changed(connections=3)).sent == READERS


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
def test_421_and_a_close_with_data_unread_cost_nobody_more_than_their_certainty(
    mailing: Mailing, extensions: tuple[str, ...], verb: str
) -> None:
    closing = Play(b"421 4.3.2 {mark} closing down\r\n", then=Then.CLOSE_UNREAD)
    counts = play(mailing, FaultyServer(at(verb, closing, reader=4, times=1), extensions), ONE)
    # The answer to the third body may be lost with the reset.
    assert counts.sent + counts.unknown == READERS
    assert counts.unknown <= 1
    assert mailing.row(4).state == "sent"


def test_a_server_that_drops_whoever_pipelines_is_served_step_by_step(mailing: Mailing) -> None:
    def hates_it(step: Step) -> Play | None:
        return Play(upto=0, then=Then.RESET) if step.ahead else None

    counts = play(mailing, FaultyServer(hates_it), changed(connections=2))
    assert (counts.sent, counts.unknown) == (READERS, 0)


@pytest.mark.parametrize(("before", "after"), [(EXTENSIONS, STEP_BY_STEP), (STEP_BY_STEP, EXTENSIONS)])
def test_what_ehlo_says_after_starttls_counts(
    mailing: Mailing, certificate: Certificate, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    hello = b"250-in the clear {mark}\r\n250-STARTTLS\r\n"
    hello += b"".join(f"250-{word}\r\n".encode() for word in before[:-1]) + f"250 {before[-1]}\r\n".encode()
    server = FaultyServer(
        lambda step: Play(hello) if step.verb == "EHLO" and step.answer == 2 else None,
        after,
        starttls=certificate.server,
    )
    url = f"smtp://127.0.0.1:{{port}}?tls=starttls&ca={certificate.file}"
    assert play(mailing, server, ONE, url=url).sent == READERS


def test_dots_and_line_ends_in_a_message_never_end_it(mailing: Mailing, extensions: tuple[str, ...]) -> None:
    hostile = (
        b"Subject: x\r\n\r\n.\r\n..\r\n\r\n.\r\nMAIL FROM:<x@example.org>\r\n.x\r\n" + b"." * 2000 + b"\r\n"
    )

    def compose(contact: Contact, edition: int | None) -> OnTheLine:
        return on_the_line(contact.address.encode() + b": " + hostile)

    assert play(mailing, FaultyServer(extensions=extensions), ONE, compose=compose).sent == READERS


@pytest.mark.parametrize("smuggled", [b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r\n.\n", b"\r\n.\r"])
def test_a_bare_cr_or_lf_costs_its_reader_the_message_and_nobody_else(
    mailing: Mailing, extensions: tuple[str, ...], smuggled: bytes
) -> None:
    def compose(contact: Contact, edition: int | None) -> OnTheLine:
        if contact.id != 2:
            return message_for(contact)
        return on_the_line(b"Subject: x\r\n\r\nShip." + smuggled + b"MAIL FROM:<x@example.org>\r\n")

    counts = play(mailing, FaultyServer(extensions=extensions), ONE, compose=compose)
    assert (counts.sent, counts.failed, mailing.row(2).state) == (5, 1, "failed")


def test_nothing_is_sent_behind_starttls_and_auth(
    mailing: Mailing, certificate: Certificate, extensions: tuple[str, ...]
) -> None:
    server = FaultyServer(
        lambda step: Play(delay=0.05) if step.verb in ("STARTTLS", "AUTH") else None,
        (*extensions, "AUTH PLAIN", "STARTTLS"),
        starttls=certificate.server,
    )
    url = f"smtp://desk:secret@127.0.0.1:{{port}}?tls=starttls&ca={certificate.file}"
    assert play(mailing, server, ONE, url=url).sent == READERS


@pytest.mark.parametrize(
    "injected",
    [b"250 injected\r\n", b"250-injected\r\n250 AUTH LOGIN\r\n", b"535 injected\r\n", b"\x16\x03\x01"],
)
def test_what_was_said_in_the_clear_behind_the_answer_to_starttls_counts_for_nothing(
    mailing: Mailing, certificate: Certificate, extensions: tuple[str, ...], injected: bytes
) -> None:
    server = FaultyServer(
        at("STARTTLS", Play(b"220 2.0.0 {mark} go ahead\r\n" + injected), times=1),
        (*extensions, "STARTTLS"),
        starttls=certificate.server,
    )
    url = f"smtp://127.0.0.1:{{port}}?tls=starttls&ca={certificate.file}"
    # Refusing the connection would be right, too; and then they are sent over another.
    assert play(mailing, server, ONE, url=url).sent == READERS


def test_a_server_that_closes_idle_connections_costs_nobody_an_attempt(
    mailing: Mailing, extensions: tuple[str, ...]
) -> None:
    start_again(mailing, MOST_READERS)
    server = FaultyServer(at("RCPT", "451 4.7.1 come back", reader=1, times=1), extensions, idle=0.2)
    settings = changed(connections=2, retry_first=timedelta(milliseconds=800))
    counts = play(mailing, server, settings)
    assert counts.sent == MOST_READERS
    attempts = [mailing.row(reader).attempts for reader in range(1, MOST_READERS + 1)]
    assert attempts == [2, *[1] * (MOST_READERS - 1)]

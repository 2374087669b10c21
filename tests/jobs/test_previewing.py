"""The preview's way to readers, notices and the relay."""

from __future__ import annotations

import threading
from email import message_from_bytes
from pathlib import Path

import pytest

from digest.db import Database
from digest.errors import BadInput, NotFound
from digest.issues.building import build_issue
from digest.preview.surroundings import NAMELESS, SAMPLE
from digest.rendering.values import RenderedEmail
from digest.settings import Settings, SmtpSettings
from jobs.previewing import PreviewSurroundings
from jobs.starting import start
from subscribers.tokens import Purpose
from tests.digest.preview.conftest import WEEK, Preview, preview_of
from tests.factories import DESK
from tests.servers import Mailbox, mail_server
from tests.stock import stock_pair, stock_readers


@pytest.fixture
def preview(database: Database, tmp_path: Path) -> Preview:
    with database.writing() as session:
        stock_pair(session)
        stock_readers(session, 3)
    made = preview_of(database, tmp_path / "own")
    made.source.refresh()
    return made


@pytest.fixture
def around(preview: Preview) -> PreviewSurroundings:
    return PreviewSurroundings(preview.work, WEEK)


@pytest.fixture
def email(preview: Preview) -> RenderedEmail:
    email = preview.source.snapshot.email
    assert email is not None
    return email


def test_the_preview_of_a_reader_is_what_the_reader_gets(database: Database, tmp_path: Path) -> None:
    with database.writing() as session:
        stock_pair(session)
        stock_readers(session, 1)
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        settings = Settings(smtp=SmtpSettings(url=f"smtp://127.0.0.1:{port}"))
        preview = preview_of(database, tmp_path / "own", settings)
        preview.source.refresh()
        reader = preview.room.around.readers("")[0].id
        with database.writing() as session:
            build_issue(session, WEEK, DESK, preview.work.clock)
        start(preview.work, WEEK)
        preview.work.run(WEEK, threading.Event())
        email = preview.source.refresh().email

    assert email is not None
    shown = preview.room.around.compose(email, WEEK, reader)
    (_, received) = mailbox.messages[0]
    assert received.rstrip() == shown.rstrip()


def test_a_test_is_the_sample_readers_message_to_another_address(
    around: PreviewSurroundings, email: RenderedEmail
) -> None:
    shown = around.compose(email, WEEK, SAMPLE)
    test, again = (around.compose(email, WEEK, SAMPLE, "me@example.com") for _ in range(2))

    assert test.partition(b"\r\n\r\n")[2] == shown.partition(b"\r\n\r\n")[2]
    assert message_from_bytes(test)["To"] == "A Reader <me@example.com>"
    assert len({message_from_bytes(one)["Message-ID"] for one in (shown, test, again)}) == 3


def test_a_test_never_carries_a_readers_own_links(
    preview: Preview, around: PreviewSurroundings, email: RenderedEmail
) -> None:
    reader = around.readers("")[0].id
    token = preview.work.tokens.sign(Purpose.UNSUBSCRIBE, reader)

    assert token.encode() in around.compose(email, WEEK, reader)
    assert token.encode() not in around.compose(email, WEEK, reader, "me@example.com")


def test_the_nameless_reader_has_an_address_only(around: PreviewSurroundings, email: RenderedEmail) -> None:
    assert message_from_bytes(around.compose(email, WEEK, NAMELESS))["To"] == "reader@example.com"


def test_readers_are_named_by_an_opaque_id(around: PreviewSurroundings) -> None:
    (found,) = around.readers("reader001")

    assert found.address == "reader001@example.com"
    assert "reader" not in found.id


def test_an_unknown_reader_or_mail_is_not_found(around: PreviewSurroundings, email: RenderedEmail) -> None:
    with pytest.raises(NotFound):
        around.compose(email, WEEK, "nobody")
    with pytest.raises(NotFound, match="there are: confirm"):
        around.mail("welcome-back", SAMPLE)


def test_every_mail_it_offers_can_be_shown(around: PreviewSurroundings) -> None:
    for name in around.mails():
        email, message = around.mail(name, SAMPLE)
        assert email.subject
        assert b"reader@example.com" in message


def test_a_malformed_address_is_refused(around: PreviewSurroundings, email: RenderedEmail) -> None:
    with pytest.raises(BadInput):
        around.compose(email, WEEK, SAMPLE, "not an address")

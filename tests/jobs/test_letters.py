"""The single mails to readers: what each says, and that they are fit to be sent."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from pydantic import SecretStr

from digest.clock import FixedClock
from digest.db import Database
from digest.issues.building import build_issue
from digest.issues.files import bodies_of
from digest.issues.store import get_issue
from digest.lint.running import lint
from digest.lint.sample import mail_of
from digest.settings import DatabaseSettings, Settings, WebSettings
from digest.week import Week
from jobs.letters import TO_THE_LIST
from jobs.notices import notice_message
from jobs.sendout import SendOut
from subscribers.tokens import Purpose
from tests.factories import DESK
from tests.stock import NOW, stock_pair

KINDS = ("confirm", "welcome", "leave", "goodbye", "reconfirm", "probe", "change", "changed")
BASE = "https://digest.example.com"


@pytest.fixture
def work(database: Database) -> SendOut:
    settings = Settings(
        database=DatabaseSettings(url=str(database.url)),
        web=WebSettings(base_url=BASE, secret_key=SecretStr("k" * 32)),
    )
    return SendOut.of(settings, database, FixedClock(NOW))


def letter(work: SendOut, kind: str) -> EmailMessage:
    made = notice_message(
        work, kind, public_id="r1", address="reader@example.com", message_id="<a@example.com>", key="1"
    )[1]
    message = message_from_bytes(made, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def words(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    text: str = body.get_content()
    return text


@pytest.mark.parametrize("kind", KINDS)
def test_it_has_nothing_to_mend(work: SendOut, kind: str) -> None:
    email, message = notice_message(
        work, kind, public_id="r1", address="reader@example.com", message_id="<a@example.com>", key="1"
    )
    html, text = bodies_of(message)
    mail = replace(mail_of(email, work.renderer.identity), message=message, html=html, text=text)
    # Only what goes to the list has the headers of one.
    silence = ["identity"] if kind in TO_THE_LIST else ["identity", "headers"]
    found = lint(mail, silence=silence).findings
    assert [(one.rule, one.where, one.why) for one in found] == []


@pytest.mark.parametrize("kind", KINDS)
def test_only_mail_to_the_list_can_be_unsubscribed_from(work: SendOut, kind: str) -> None:
    message = letter(work, kind)
    of_the_list = kind in ("welcome", "reconfirm", "probe")
    assert (message["List-Unsubscribe"] is not None) is of_the_list
    # Whoever asked to leave by mail gets this link and nothing else.
    assert (f"{BASE}/unsubscribe/" in words(message)) is (of_the_list or kind == "leave")


def test_a_welcome_leads_to_the_last_public_issue_if_there_is_one(database: Database, work: SendOut) -> None:
    assert "/issues/" not in words(letter(work, "welcome"))
    with database.writing() as session:
        stock_pair(session)
        build_issue(session, Week(2026, 47), DESK, FixedClock(NOW))
        get_issue(session, Week(2026, 47)).started_at = NOW
    assert f"{BASE}/issues/2026-W47" in words(letter(work, "welcome"))


def test_the_question_leads_to_a_page_that_confirms(work: SendOut) -> None:
    token = words(letter(work, "reconfirm")).split(f"{BASE}/confirm/")[1].split()[0]
    assert work.tokens.read(Purpose.CONFIRM, token) == "r1"

"""The envelope of a message that lies in a mailbox."""

from __future__ import annotations

import pytest

from subscribers.mailin.envelope import recipient_of, sender_of
from tests.subscribers.mailin.letters import DOORS, mail


@pytest.mark.parametrize(
    ("headers", "sender"),
    [
        (["Return-Path: <ann@example.org>"], "ann@example.org"),
        (["Return-Path: ann@example.org"], "ann@example.org"),
        (["Return-Path: <>"], ""),
        (["Return-Path: <>", "Return-Path: <forged@example.org>"], ""),
        ([], None),
    ],
)
def test_the_sender_is_in_the_topmost_return_path(headers: list[str], sender: str | None) -> None:
    assert sender_of(mail(*headers)) == sender


@pytest.mark.parametrize(
    ("headers", "recipient"),
    [
        (["To: subscribe@news.example.com"], "subscribe@news.example.com"),
        (["To: Ann <ann@example.org>", "Cc: The list <digest@example.com>"], "digest@example.com"),
        (["Delivered-To: desk@host.example", "To: subscribe@news.example.com"], "subscribe@news.example.com"),
        (
            ["Delivered-To: bounces+abc@news.example.com", "To: digest@example.com"],
            "bounces+abc@news.example.com",
        ),
        (
            ["X-Original-To: unsubscribe@news.example.com", "Delivered-To: subscribe@news.example.com"],
            "unsubscribe@news.example.com",
        ),
        (["To: ann@example.org"], None),
        (["To: " + "a@b.example, " * 60 + "subscribe@news.example.com"], None),
        ([], None),
    ],
)
def test_the_recipient_is_the_first_address_of_ours(headers: list[str], recipient: str | None) -> None:
    assert recipient_of(mail(*headers), DOORS) == recipient

"""Where undeliverable mail comes back to."""

from __future__ import annotations

from datetime import date

from digest.settings import MailSettings
from digest.week import Week
from jobs.envelopes import Envelopes
from jobs.outgoing import SAMPLE_READER
from subscribers.bounces.verp import BounceTokens, Mail, Sort
from tests.stock import KEYS

DAY = date(2026, 11, 20)
WEEK = Week.parse("2026-W47")


def test_without_a_bounce_address_all_leaves_under_the_plain_one() -> None:
    envelopes = Envelopes.of(MailSettings(from_address="digest@example.com"), KEYS)
    assert envelopes.of_issue(WEEK, DAY)(SAMPLE_READER) == "digest@example.com"
    assert envelopes.of_notice(12, 7, DAY) == "digest@example.com"


def test_with_one_each_mail_has_an_address_of_its_own() -> None:
    envelopes, seals = (
        Envelopes.of(MailSettings(bounces="bounces@news.example.com"), KEYS),
        BounceTokens(KEYS),
    )
    issue, notice = envelopes.of_issue(WEEK, DAY)(SAMPLE_READER), envelopes.of_notice(12, 7, DAY)

    assert issue.startswith("bounces+")
    assert issue.endswith("@news.example.com")
    assert seals.open(issue) == Mail(Sort.ISSUE, 202647, SAMPLE_READER.id, DAY)
    assert seals.open(notice) == Mail(Sort.NOTICE, 12, 7, DAY)

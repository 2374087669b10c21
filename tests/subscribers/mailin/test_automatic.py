"""Case 22: what a program sent is never answered, what a person sent is."""

from __future__ import annotations

import pytest

from subscribers.bounces.values import Kind
from subscribers.mailin.automatic import why_automatic
from subscribers.mailin.reading import read
from subscribers.mailin.receiving import Done, Nothing, wish_of
from tests.subscribers.bounces.cases import SAMPLES, sample
from tests.subscribers.conftest import KEYS
from tests.subscribers.mailin.letters import DOORS, READER, mail


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: no",
        "Auto-Submitted: No (a person)",
        "Precedence: first-class",
        "X-Auto-Response-Suppress: None",
        "Received: from mua.example.org",
        "In-Reply-To: <weekly.2026-W47.AAECAwQFBgcICQoLDA0ODw@example.com>",
        "Content-Type: multipart/alternative; boundary=x",
    ],
)
def test_a_persons_mail_is_not_taken_for_a_programs(header: str) -> None:
    assert why_automatic(mail(header), READER, DOORS) is None
    assert why_automatic(mail(header), None, DOORS) is None


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("Auto-Submitted: auto-replied", "Auto-Submitted"),
        ("Auto-Submitted: auto-generated; type=x", "Auto-Submitted"),
        ("AUTO-SUBMITTED:AUTO-NOTIFIED", "Auto-Submitted"),
        ("Auto-Submitted:", "Auto-Submitted"),
        ("Auto-Submitted: no\r\nAuto-Submitted: auto-replied", "Auto-Submitted"),
        ("List-Id: <dogs.example.net>", "list-id"),
        ("List-Unsubscribe: <mailto:off@example.net>", "list-unsubscribe"),
        ("Mailing-List: contact x", "mailing-list"),
        ("Precedence: bulk", "Precedence"),
        ("Precedence: JUNK", "Precedence"),
        ("precedence: list", "Precedence"),
        ("X-Auto-Response-Suppress: All", "X-Auto-Response-Suppress"),
        ("X-Auto-Response-Suppress: DR, OOF", "X-Auto-Response-Suppress"),
        ("X-Autoreply: yes", "x-autoreply"),
        ("X-Loop: reader@example.org", "x-loop"),
        ("X-Vacation: yes", "x-vacation"),
        ("Precedence: auto_reply", "Precedence"),
        ("X-Boxtrapper: yes", "a challenge"),
        ("Content-Type: multipart/report; report-type=delivery-status", "a report"),
        ("Received: a\r\n" * 100 + "Received: a", "too many hops"),
    ],
)
def test_case_22_a_header_of_a_program_is_known(header: str, why: str) -> None:
    assert why_automatic(mail(header), READER, DOORS) == why


@pytest.mark.parametrize(
    "robot",
    [
        "MAILER-DAEMON@example.org",
        "postmaster@example.org",
        "noreply@example.org",
        "No-Reply@example.org",
        "no_reply+17@example.org",
        "do-not-reply@example.org",
        "donotreply@example.org",
        "dogs-request@example.org",
        "owner-dogs@example.org",
        "dogs-owner@example.org",
        "dogs-bounces@example.org",
        "bounce+x=y@example.org",
        "majordomo@example.org",
    ],
)
def test_case_22_nobody_writes_from_such_an_address(robot: str) -> None:
    assert why_automatic(mail(), robot, DOORS) == "from an address that nobody reads"
    assert why_automatic(mail(author=robot), None, DOORS) == "from an address that nobody reads"


@pytest.mark.parametrize("name", ["ann", "bouncer", "noreen", "norep.lyman", "owner", "request", "list.fan"])
def test_people_have_such_names(name: str) -> None:
    assert why_automatic(mail(author=f"{name}@example.org"), f"{name}@example.org", DOORS) is None


@pytest.mark.parametrize(
    ("subject", "why"),
    [
        ("Out of office", "the subject of an away message"),
        ("=?utf-8?q?Abwesenheitsnotiz=3A_Woche_47?=", "the subject of an away message"),
        ("自動応答: 休暇中", "the subject of an away message"),
        ("Please confirm your message to reader@example.org", "a challenge"),
    ],
)
def test_case_22_an_away_message_without_a_header_is_known_by_its_subject(subject: str, why: str) -> None:
    assert why_automatic(mail(subject=subject), READER, DOORS) == why


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("to", ["subscribe@news.example.com", "digest@example.com"])
def test_case_22_what_came_back_is_answered_at_no_other_door_either(name: str, to: str) -> None:
    """Only the two that people wrote may ask for something: they quote or enclose a bounce."""
    recipient = DOORS.find(to)
    assert recipient is not None
    returned = read(sample(name, verp="bounces+x@news.example.com"))
    wish = wish_of(returned, recipient, None, doors=DOORS, authserv_id=None, keys=KEYS)
    ignored = isinstance(wish, Nothing) and wish.done is Done.IGNORED
    assert ignored == (SAMPLES[name][0] is not Kind.NOTHING)


def test_case_22_the_null_sender_is_a_program() -> None:
    assert why_automatic(mail(), "", DOORS) == "null sender"


@pytest.mark.parametrize(
    "ours", ["digest@example.com", "subscribe@news.example.com", "bounces+abc@news.example.com"]
)
def test_case_22_mail_from_ourselves_goes_round(ours: str) -> None:
    assert why_automatic(mail(), ours, DOORS) == "from an address of ours"
    assert why_automatic(mail(author=f"Desk <{ours}>"), READER, DOORS) == "from an address of ours"


@pytest.mark.parametrize(
    "identifier",
    [
        "<weekly.2026-W47.AAECAwQFBgcICQoLDA0ODw@example.com>",
        "<confirm.12.AAECAwQFBgcICQoLDA0ODw@EXAMPLE.com>",
    ],
)
def test_case_22_our_own_message_is_known_whoever_sends_it_back(identifier: str) -> None:
    found = why_automatic(mail(f"Message-ID: {identifier}"), READER, DOORS)
    assert found == "a message of our own"


def test_a_colleague_at_our_own_domain_may_subscribe() -> None:
    colleague = mail("Message-ID: <CAB7f-1+x.y@example.com>", author="ann@example.com")
    assert why_automatic(colleague, "ann@example.com", DOORS) is None

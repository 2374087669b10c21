"""Whom a temporary refusal is about, in the words of servers that are out there."""

from __future__ import annotations

import pytest

from jobs.sending.putoffs import Whose, whose

RELAY = [
    (454, "Throttling failure: Maximum sending rate exceeded."),
    (454, "Throttling failure: Daily message quota exceeded."),
    (450, "4.2.1 Peak SMTP relay limit exceeded for customer. This is a temporary error."),
    (432, "4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded"),
    (432, "4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending"),
    (421, "4.7.0 mail.example.com Error: too many connections from 192.0.2.1"),
    (421, "Too many concurrent SMTP connections; please try again later"),
    (421, "4.3.2 All server ports are busy"),
    (450, "4.7.1 Error: too much mail from 192.0.2.1"),
    (450, "4.7.1 Error: too many recipients from 192.0.2.1"),
    (452, "4.3.1 Insufficient system storage"),
    (452, "space shortage, please try later"),
    (451, "4.3.0 Error: queue file write error"),
    (454, "4.7.0 Cannot authenticate due to a temporary system problem. Try again later."),
]
DOMAIN = [
    (421, "4.7.28 Our system has detected an unusual rate of unsolicited mail originating from your IP"),
    (421, "4.7.0 Try again later, closing connection."),
    (421, "4.4.5 Server busy, try again later."),
    (421, "4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to user complaints"),
    (451, "4.7.500 Server busy. Please try again later from [192.0.2.1]"),
    (451, "4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation."),
    (421, "RP-001 The mail server IP connecting to Outlook.com server has exceeded the rate limit allowed."),
    (451, "Resources temporarily not available - Please try again later [#4.16.5]."),
    (452, "4.1.0 Throttled - try again later"),
    (451, "4.7.24 The SPF record of the sender cannot be looked up"),
    (450, "too frequent connects from 192.0.2.1, please try again later."),
    (452, "4.5.3 Too many recipients"),
    (451, "You have sent too many messages, slow down"),
]
READER = [
    (450, "4.2.1 The user you are trying to contact is receiving mail too quickly."),
    (450, "4.2.1 The user is receiving mail at a rate that prevents additional messages"),
    (452, "4.2.2 The email account that you tried to reach is over quota."),
    (450, "4.1.1 unverified address: still being looked up"),
    (450, "4.1.2 Domain not found"),
    (450, "4.2.0 Recipient address rejected: Greylisted, see http://postgrey.example.com/"),
    (451, "4.7.1 Greylisting in action, please come back later"),
    (451, "4.7.1 Gray listed, come back in 00:05:00"),
    (450, "Requested mail action not taken: mailbox unavailable"),
    (421, "4.4.2 mail.example.com Error: timeout exceeded"),
]
UNCLEAR = [
    (451, "4.7.1 Try again later"),
    (451, "Temporary failure, please try again later."),
    (450, "4.7.1 Please retry later"),
    (451, "Temporary local problem"),
    (451, "4.3.5 Server configuration problem"),
    (451, "4.4.1 no answer from host"),
    (451, ""),
]


@pytest.mark.parametrize(
    ("by", "code", "text"),
    [
        (by, *answer)
        for by, answers in (
            (Whose.RELAY, RELAY),
            (Whose.DOMAIN, DOMAIN),
            (Whose.READER, READER),
            (Whose.UNCLEAR, UNCLEAR),
        )
        for answer in answers
    ],
)
def test_a_temporary_refusal_is_about(by: Whose, code: int, text: str) -> None:
    assert whose(code, text) is by

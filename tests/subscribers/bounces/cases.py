"""Messages that came back, in our own words: their shapes are those that servers write.

In them ``{VERP}`` is the bounce address of the mail in question, ``{UNSUBSCRIBE}`` its unsubscribe token.
"""

from __future__ import annotations

from pathlib import Path

from subscribers.bounces.values import Kind

FOLDER = Path(__file__).parent / "samples"

# What each says: its kind and, where it failed, the code that counts.
SAMPLES: dict[str, tuple[Kind, str | None]] = {
    "a-person-who-quotes-a-bounce": (Kind.NOTHING, None),
    "bounce-of-a-strangers-mail-enclosed": (Kind.NOTHING, None),
    "challenge-boxtrapper": (Kind.CHALLENGE, None),
    "challenge-by-its-subject": (Kind.CHALLENGE, None),
    "complaint-abuse": (Kind.COMPLAINT, None),
    "complaint-by-return-path": (Kind.COMPLAINT, None),
    "complaint-by-unsubscribe-link": (Kind.COMPLAINT, None),
    "complaint-fraud": (Kind.COMPLAINT, None),
    "complaint-opt-out": (Kind.COMPLAINT, None),
    "complaint-without-a-signature": (Kind.COMPLAINT, None),
    "cut-off-in-the-middle": (Kind.SOFT, None),
    "dmarc-failure-report": (Kind.OTHER_REPORT, None),
    "exchange-online-access-denied": (Kind.SOFT, "5.4.1"),
    "exchange-online-mailbox-full-in-german": (Kind.SOFT, "5.2.2"),
    "exchange-online-recipient-not-found": (Kind.HARD, "5.1.10"),
    "exchange-online-restricted-group": (Kind.POLICY, "5.7.133"),
    "exim-bare-550-without-words": (Kind.SOFT, "5.0.0"),
    "exim-code-only-in-diagnostic": (Kind.HARD, "5.1.1"),
    "exim-prose-without-report": (Kind.HARD, "5.1.1"),
    "exim-warning-in-prose": (Kind.DELAYED, "4.7.1"),
    "failed-action-with-a-temporary-code": (Kind.SOFT, "4.2.2"),
    "feedback-of-an-unknown-type": (Kind.OTHER_REPORT, None),
    "french-prose-and-an-empty-report": (Kind.HARD, "5.1.1"),
    "gmail-disabled-account": (Kind.HARD, "5.2.1"),
    "gmail-dmarc-policy": (Kind.POLICY, "5.7.26"),
    "gmail-no-such-user": (Kind.HARD, "5.1.1"),
    "gmail-out-of-storage": (Kind.SOFT, "4.2.2"),
    "japanese-prose": (Kind.HARD, "5.1.1"),
    "not-spam": (Kind.NOT_SPAM, None),
    "one-of-two-recipients-behind-an-alias": (Kind.DELIVERED, "2.0.0"),
    "postfix-blocked-by-policy": (Kind.POLICY, "5.7.1"),
    "postfix-delayed": (Kind.DELAYED, "4.2.2"),
    "postfix-delivered-and-relayed": (Kind.DELIVERED, "2.1.5"),
    "postfix-expired": (Kind.SOFT, "4.4.1"),
    "postfix-host-not-found": (Kind.SOFT, "5.4.4"),
    "postfix-null-mx": (Kind.HARD, "5.1.10"),
    "postfix-smtputf8-global-status": (Kind.HARD, "5.1.1"),
    "postfix-unknown-user": (Kind.HARD, "5.1.1"),
    "qmail-no-mailbox": (Kind.HARD, "5.1.1"),
    "qmail-over-quota": (Kind.SOFT, "5.2.2"),
    "read-receipt": (Kind.RECEIPT, None),
    "report-without-any-code": (Kind.SOFT, None),
    "sendgrid-invalid-mailbox": (Kind.HARD, "5.1.1"),
    "sendmail-prose-with-code": (Kind.HARD, "5.1.1"),
    "sendmail-user-unknown": (Kind.HARD, "5.1.1"),
    "ses-message-too-large": (Kind.POLICY, "5.3.4"),
    "ses-suppressed-mailbox": (Kind.HARD, "5.1.1"),
    "spam-filter-that-says-unknown-user": (Kind.POLICY, "5.7.1"),
    "status-with-a-comment": (Kind.HARD, "5.1.1"),
    "success-code-with-failed-action": (Kind.SOFT, None),
    "ticket-opened": (Kind.AUTO_REPLY, None),
    "two-codes-that-disagree": (Kind.POLICY, "5.7.1"),
    "vacation-exchange": (Kind.AUTO_REPLY, None),
    "vacation-from-the-null-sender": (Kind.AUTO_REPLY, None),
    "vacation-german-without-headers": (Kind.AUTO_REPLY, None),
    "vacation-japanese": (Kind.AUTO_REPLY, None),
    "vacation-sieve": (Kind.AUTO_REPLY, None),
    "yahoo-deferred-too-long": (Kind.POLICY, "4.7.0"),
    "yahoo-words-without-a-code": (Kind.HARD, "5.1.1"),
}

# From flufl.bounce's own tests (Apache License 2.0; see samples/flufl/NOTICE.txt).
FLUFL: dict[str, tuple[Kind, str | None]] = {
    "dsn_05": (Kind.DELAYED, "4.4.1"),
    "dsn_10": (Kind.HARD, "5.1.1"),
    "dsn_16": (Kind.HARD, "5.1.1"),
    "exim_01": (Kind.HARD, "5.1.1"),
    "groupwise_02": (Kind.HARD, "5.1.1"),
    "hotpop_01": (Kind.SOFT, "5.2.2"),
    "microsoft_02": (Kind.HARD, "5.1.1"),
    "newmailru_01": (Kind.SOFT, "5.2.2"),
    "postfix_01": (Kind.HARD, "5.1.1"),
    "qmail_06": (Kind.SOFT, "5.2.2"),
    "simple_03": (Kind.DELAYED, None),
    "simple_42": (Kind.POLICY, "5.7.1"),
    "smtp32_04": (Kind.SOFT, "5.3.0"),
    "yahoo_01": (Kind.SOFT, "4.4.1"),
    "yahoo_03": (Kind.HARD, "5.2.1"),
    "yahoo_11": (Kind.HARD, "5.1.1"),
}


def sample(name: str, *, verp: str = "", unsubscribe: str = "") -> bytes:
    """Return a sample as it would arrive, about this mail."""
    text = (FOLDER / f"{name}.eml").read_text("utf-8")
    return text.replace("{VERP}", verp).replace("{UNSUBSCRIBE}", unsubscribe).encode()

"""Subject, preheader and the plain-text twin."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.addresses import parts_of
from digest.lint.values import Finding, Mail, Severity
from digest.spam import spam_words
from digest.words.preheaders import PREHEADER_LIMIT
from digest.words.subjects import SUBJECT_LIMIT

# A phone shows some 40 characters of a subject, a desktop some 60; what is longer is cut. What the house
# writes itself is never longer than what it lets an editor write.
SUBJECT_LONGEST, SUBJECT_SHORTEST = SUBJECT_LIMIT, 15
PREHEADER_LONGEST, PREHEADER_SHORTEST = PREHEADER_LIMIT, 30
_COLUMNS = 78


def check_subject(mail: Mail) -> Iterator[Finding]:
    """Find a subject that is cut, empty, shouts, or pretends to be an answer (CAN-SPAM, 16 CFR 316)."""
    subject = mail.subject.strip()
    if not SUBJECT_SHORTEST <= len(subject) <= SUBJECT_LONGEST:
        yield Finding(
            "subject-length",
            Severity.WARNING if subject else Severity.ERROR,
            f"“{subject}”",
            f"{len(subject)} characters; lists show some 40 to 60 and cut at {SUBJECT_LONGEST}",
            f"write {SUBJECT_SHORTEST} to {SUBJECT_LONGEST}",
        )
    if subject.casefold().startswith(("re:", "fwd:", "fw:", "aw:")):
        yield Finding(
            "subject-honest",
            Severity.ERROR,
            f"“{subject}”",
            "it pretends to answer a mail the reader never wrote",
            "leave the prefix out",
        )
    letters = [char for char in subject if char.isalpha()]
    if len(letters) > 10 and sum(map(str.isupper, letters)) > 0.7 * len(letters):
        yield Finding(
            "subject-honest", Severity.WARNING, f"“{subject}”", "capitals shout", "write it as a sentence"
        )


def check_spam_words(mail: Mail) -> Iterator[Finding]:
    """Find phrases in the two lines of the inbox that filters and wary readers take for advertising."""
    for place, line in (("subject", mail.subject), ("preheader", mail.preheader)):
        if found := spam_words(line):
            yield Finding(
                "spam-words",
                Severity.WARNING,
                place,
                f"“{'”, “'.join(found)}” is what advertising says",
                "say it in plain words; a tool's own name may stay",
            )


def check_preheader(mail: Mail) -> Iterator[Finding]:
    """Find a preheader that is missing, cut, or repeats the subject."""
    preheader = mail.preheader.strip()
    if not PREHEADER_SHORTEST <= len(preheader) <= PREHEADER_LONGEST:
        yield Finding(
            "preheader-length",
            Severity.WARNING,
            f"“{preheader}”",
            f"{len(preheader)} characters; after a short one lists show the masthead, a long one they cut",
            f"write {PREHEADER_SHORTEST} to {PREHEADER_LONGEST}",
        )
    if preheader and preheader.casefold() == mail.subject.strip().casefold():
        yield Finding(
            "preheader-length",
            Severity.WARNING,
            f"“{preheader}”",
            "it repeats the subject",
            "say the next thing",
        )


def check_parity(mail: Mail) -> Iterator[Finding]:
    """Find links of the HTML that the plain text lacks, and lines of text too long to be read."""
    lacking = [
        address
        for address, _ in mail.links()
        if (parts := parts_of(address)) and parts.scheme and address not in mail.text
    ]
    for address in dict.fromkeys(lacking):
        yield Finding(
            "text-parity",
            Severity.WARNING,
            address[:100],
            "readers of the plain text cannot follow it",
            "print the address in the .txt.j2 twin of the template",
        )
    long = [line for line in mail.text.splitlines() if len(line) > _COLUMNS and "://" not in line]
    if long:
        yield Finding(
            "text-width",
            Severity.WARNING,
            f"“{long[0][:60]}…”",
            f"{len(long)} lines of the plain text have more than {_COLUMNS} characters",
            "wrap them at 72",
        )

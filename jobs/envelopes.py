"""Envelope senders: where a mail comes back to that could not be delivered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from digest.settings import MailSettings
from digest.week import Week
from jobs.sending.tray import Sender
from subscribers.bounces.verp import BounceTokens, Mail, Sort


@dataclass(frozen=True, slots=True)
class Envelopes:
    """Makes the senders of mails to readers: sealed addresses, or without ``bounces`` the plain one."""

    plain: str
    bounces: str | None
    seals: BounceTokens

    @classmethod
    def of(cls, mail: MailSettings, keys: Sequence[str]) -> Envelopes:
        """Return the envelopes that ``[mail]`` describes."""
        return cls(mail.from_address, mail.bounces, BounceTokens(keys))

    def of_issue(self, week: Week, day: date) -> Sender:
        """Return the function that says what sender a reader's copy of an issue, begun on ``day``, has."""
        if self.bounces is None:
            return lambda contact: self.plain
        sender = self.seals.senders(self.bounces, Sort.ISSUE, 100 * week.year + week.number, day)
        return lambda contact: sender(contact.id)

    def of_notice(self, notice_id: int, reader_id: int, day: date) -> str:
        """Return the sender of a notice that leaves on ``day``."""
        if self.bounces is None:
            return self.plain
        return self.seals.sender(self.bounces, Mail(Sort.NOTICE, notice_id, reader_id, day))

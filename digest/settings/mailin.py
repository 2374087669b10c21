"""Where mail to the list arrives, and at which addresses: ``[mailin]``."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, field_validator

from digest.settings.values import Duration, OneLine, Section, like

# A local part has 64 octets (RFC 5321, 4.5.3.1.1), of which a token and its + take 46.
_LONGEST_TAGGED = 18
_HOST_AND_PORT = re.compile(r"(?:\[[0-9a-fA-F:.]+\]|[^:\[\]/\s]+):(\d{1,5})")


def _place(value: str) -> str:
    found = _HOST_AND_PORT.fullmatch(value)
    if not value.startswith("unix:/") and (found is None or int(found[1]) > 65535):
        raise ValueError("write it like 127.0.0.1:8024 or unix:/run/digest.sock")
    return value


MailAddress = Annotated[
    OneLine, AfterValidator(like(r"[A-Za-z0-9._-]{1,64}@[A-Za-z0-9.-]+", "subscribe@example.com"))
]
Place = Annotated[OneLine, AfterValidator(_place)]


class MailInSettings(Section):
    """Where mail to the list arrives, and at which addresses.

    ``lmtp`` and ``smtp`` are host:port or unix:/path; ``imap`` is imaps://user:password@host, whose
    ``inbox`` is polled ``every`` so often. What is done with is marked as read and goes to ``folder``, if
    there is one. ``authserv_id`` is the name under which the operator's own mail server writes
    Authentication-Results (RFC 8601).
    """

    subscribe: MailAddress | None = None
    unsubscribe: MailAddress | None = None
    lmtp: Place | None = None
    smtp: Place | None = None
    connections: int = Field(default=20, ge=1, le=1_000)
    timeout: Duration = timedelta(seconds=60)
    imap: SecretStr | None = None
    inbox: OneLine = "INBOX"
    folder: OneLine | None = None
    every: Duration = timedelta(seconds=60)
    authserv_id: OneLine | None = None

    @property
    def on(self) -> bool:
        """Whether mail arrives in any way."""
        return bool(self.lmtp or self.smtp or self.imap)

    @field_validator("every")
    @classmethod
    def _not_all_the_time(cls, value: timedelta) -> timedelta:
        if value < timedelta(seconds=1):
            raise ValueError("a mailbox is polled once a second at most; write 1s or more")
        return value

    @field_validator("unsubscribe")
    @classmethod
    def _has_room(cls, value: str | None) -> str | None:
        if value is not None and len(value.partition("@")[0]) > _LONGEST_TAGGED:
            raise ValueError(
                f"has more than {_LONGEST_TAGGED} letters before the @; a token goes behind them"
            )
        return value

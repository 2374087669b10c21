"""``[sending]``: how fast an issue goes out, and for how long a reader is tried."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from digest.settings.values import Duration, Section

# Every domain that has no rate of its own.
EVERY_OTHER = "*"
MessagesASecond = Annotated[float, Field(gt=0, le=100_000)]
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


def _domain(name: str) -> str:
    name = name.strip().lower()
    if name != EVERY_OTHER and not _DOMAIN.fullmatch(name):
        raise ValueError('write domains in their ASCII form, like "gmail.com", or "*" for every other one')
    return name


class SendingSettings(Section):
    """``rate_per_second`` bounds all messages, ``per_domain`` those to one domain, ``"*"`` every other one.

    Both are messages a second, and in no second there are more. An issue is paused when of its last 200
    answers a share of ``pause_at_refusals`` refused the reader for good; 1 never pauses. A connection is
    closed after ``connection_messages`` or ``connection_life``, whichever comes first. The server has
    ``timeout`` for each answer, and ``final_timeout`` for the one to a whole message, since it may look
    through it first (RFC 5321, 4.5.3.2.6).
    """

    connections: int = Field(default=10, ge=1, le=100)
    rate_per_second: MessagesASecond | None = None
    per_domain: dict[Annotated[str, AfterValidator(_domain)], MessagesASecond] = Field(default={})
    pause_at_refusals: float = Field(default=0.3, gt=0, le=1)
    connection_messages: int = Field(default=1000, ge=1)
    connection_life: Duration = timedelta(minutes=5)
    timeout: Duration = timedelta(seconds=60)
    final_timeout: Duration = timedelta(minutes=10)
    retry_first: Duration = timedelta(seconds=5)
    retry_most: Duration = timedelta(hours=1)
    give_up_after: Duration = timedelta(hours=48)

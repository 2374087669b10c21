"""``[sending]``: how fast an issue goes out, and for how long a reader is tried."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

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


def _rates(value: object) -> object:
    """Read ``gmail.com=20, *=100``, as it can stand in the environment."""
    if not isinstance(value, str):
        return value
    pairs = [pair.partition("=") for pair in value.split(",") if pair.strip()]
    if not all(equals for _, equals, _ in pairs):
        raise ValueError("write domains and messages a second, like gmail.com=20, *=100")
    return {domain: rate for domain, _, rate in pairs}


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
    per_domain: Annotated[
        dict[Annotated[str, AfterValidator(_domain)], MessagesASecond], BeforeValidator(_rates)
    ] = Field(default={})
    pause_at_refusals: float = Field(default=0.3, gt=0, le=1)
    connection_messages: int = Field(default=1000, ge=1)
    connection_life: Duration = timedelta(minutes=5)
    timeout: Duration = timedelta(seconds=60)
    final_timeout: Duration = timedelta(minutes=10)
    retry_first: Duration = timedelta(seconds=5)
    retry_most: Duration = timedelta(hours=1)
    give_up_after: Duration = timedelta(hours=48)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.retry_first > self.retry_most:
            raise ValueError("retry_first is longer than retry_most, and the waits only grow")
        if min(self.timeout, self.final_timeout, self.connection_life) <= timedelta(0):
            raise ValueError("timeout, final_timeout and connection_life are longer than nothing")
        return self

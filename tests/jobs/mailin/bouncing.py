"""Stands in for ``subscribers.bounces.receive``: it writes down what it was given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from digest.clock import Clock
from subscribers.tokens import Tokens


@dataclass
class Bounced:
    """What came to the bounce address: recipient and message."""

    received: list[tuple[str, bytes]] = field(default_factory=list)

    def __call__(
        self,
        session: Session,
        message: bytes,
        recipient: str,
        *,
        tokens: Tokens,
        clock: Clock,
        keys: Sequence[str],
    ) -> str:
        del session, tokens, clock, keys
        self.received.append((recipient, message))
        return "written down"

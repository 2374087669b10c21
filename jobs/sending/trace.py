"""The dialogue with the mail server, written down on request."""

from __future__ import annotations

from typing import Protocol

from jobs.sending.wire import Log


class Trace(Protocol):
    """Gives each connection its log."""

    def log(self) -> Log:
        """Return the log of one more connection."""

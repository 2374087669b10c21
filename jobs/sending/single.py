"""Sends one message to one address, for tests and trials."""

from __future__ import annotations

from datetime import timedelta

from jobs.sending.client import Client, on_the_line
from jobs.sending.relay import Relay
from jobs.sending.replies import Accepted, Refused


async def send_one(
    relay: Relay, timeout: timedelta, sender: str, recipient: str, message: bytes
) -> Accepted | Refused:
    """Send ``message`` and return the server's answer; raises TransportError or OutcomeUnknown."""
    client = Client(relay, timeout)
    try:
        answer = await client.begin(sender, recipient)
        if isinstance(answer, Refused):
            return answer
        return await client.finish(on_the_line(message), recipient)
    finally:
        await client.close()

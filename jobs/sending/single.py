"""One connection for one purpose: a look whether the relay is there, a message to one address."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from aiosmtplib import SMTPException

from digest.rendering.transparency import on_the_line
from jobs.sending.client import Client
from jobs.sending.connect import connect
from jobs.sending.relay import Relay
from jobs.sending.replies import Accepted, Refused


async def knock(relay: Relay, timeout: timedelta) -> None:
    """Open a connection, log in and leave; raises TransportError when the relay cannot be used."""
    smtp = await connect(relay, timeout.total_seconds())
    with suppress(SMTPException, OSError):
        await smtp.quit()


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

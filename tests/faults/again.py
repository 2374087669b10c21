"""One list for many send-outs: making a database costs more than sending to a dozen readers."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, insert

from digest.db import Base
from digest.errors import TransportError
from digest.settings import SendingSettings
from jobs.deliveries.rows import DeliveryRow
from jobs.deliveries.values import Counts, State
from jobs.sending.tray import Compose
from tests.faults.accounting import accounted, sender_of
from tests.faults.server import FaultyServer
from tests.jobs.mailing import QUICK, Mailing, message_for

# A machine that is busy takes a while to connect; only what waits for a silent server is given less.
PATIENT = timedelta(seconds=20)
_DELIVERY = Base.metadata.tables[DeliveryRow.__tablename__]


def changed(*, timeout: timedelta = PATIENT, **settings: object) -> SendingSettings:
    """Return settings with short retries and what the test wants otherwise; each answer has ``timeout``."""
    waits = {"timeout": timeout, "final_timeout": timeout, "retry_first": timedelta(milliseconds=5)}
    return QUICK.model_copy(update=waits | {"pause_at_refusals": 1.0} | settings)


def start_again(mailing: Mailing, readers: int) -> None:
    """Have the issue wait for the first so many readers, as if it had just been frozen and never sent.

    The rows are ``freeze_audience``'s, which takes more than the send-out of a few readers.
    """
    now = datetime.now(UTC)
    mailing.seen.clear()
    with mailing.database.writing() as session:
        session.execute(delete(_DELIVERY))
        session.execute(
            insert(_DELIVERY),
            [
                {
                    "issue_id": mailing.issue_id,
                    "reader_id": reader,
                    "state": State.PENDING,
                    "attempts": 0,
                    "next_try_at": now,
                    "updated_at": now,
                }
                for reader in range(1, readers + 1)
            ],
        )


def play(
    mailing: Mailing,
    server: FaultyServer,
    settings: SendingSettings,
    *,
    url: str = "smtp://127.0.0.1:{port}",
    compose: Compose = message_for,
) -> Counts:
    """Send through the server as it is, then with its faults mended to those who still wait; check each time.

    The engine may give up on a server with faults, but by TransportError only; on one without it may not,
    and then nobody waits any more. Return where they stand.
    """
    with server.serve() as port:
        mailing.settings = settings
        with suppress(TransportError):
            mailing.send(port, sender=sender_of, url=url, compose=compose)
        accounted(mailing, server, compose)
        counts = mailing.counts()
        if not counts.settled:
            server.mend()
            mailing.settings = settings.model_copy(update={"timeout": PATIENT, "final_timeout": PATIENT})
            counts = mailing.send(port, sender=sender_of, url=url, compose=compose).counts
            accounted(mailing, server, compose)
    assert counts.settled, counts
    return counts

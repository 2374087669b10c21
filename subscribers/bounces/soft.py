"""Counting what is wrong for now, and asking once more before anybody is given up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy.orm import Session

from digest.clock import Clock
from digest.settings import BounceSettings
from subscribers import notices
from subscribers.addresses import parse_address
from subscribers.bounces import store
from subscribers.bounces.values import Done
from subscribers.events import What, note_all


def score(
    session: Session,
    statuses: Mapping[int, str],
    mail: str,
    day: date,
    *,
    clock: Clock,
    keys: Sequence[str],
    settings: BounceSettings,
) -> dict[int, Done]:
    """Count a soft bounce of the mail sent on ``day`` for each reader id; return what was done for each.

    ``statuses`` has each one's code. One day counts once, however often it is told. Whoever has had
    ``soft_days`` of them within ``soft_window`` is sent a probe; only if that fails are they given up.
    """
    now = clock.now()
    fresh = store.add_soft(session, statuses, day)
    done = dict.fromkeys(statuses, Done.KNOWN) | dict.fromkeys(fresh, Done.COUNTED)
    details = {reader: {"mail": mail, "status": statuses[reader]} for reader in fresh}
    note_all(session, What.BOUNCED, now, details)
    for reader in store.with_soft_days(session, fresh, settings.soft_days):
        days = store.soft_days(session, reader, day, settings.soft_window)
        if days < settings.soft_days:
            continue
        mailbox = parse_address(reader.address).mailbox
        if notices.queue(session, notices.PROBE, reader.id, mailbox, now, keys=keys):
            note_all(session, What.PROBED, now, {reader.id: {"days": days}})
            done[reader.id] = Done.PROBED
    return done

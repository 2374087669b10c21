"""Steps that run again and again in the background, each at most once at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from apscheduler.schedulers.background import BackgroundScheduler

# APScheduler warns whenever a step is due while it is still at work. With steps that work for as long as
# there is something to do, that is every few seconds of a busy day.
_LOG = logging.getLogger(__name__)
_LOG.setLevel(logging.ERROR)


def repeating(steps: Sequence[tuple[Callable[[], None], float]], first: datetime) -> BackgroundScheduler:
    """Return a scheduler, not started, for these steps and the seconds between two runs of each.

    All run at ``first``. A run that is missed or overlaps with the one before is left out.
    """
    scheduler = BackgroundScheduler(timezone="UTC", logger=_LOG)
    for step, seconds in steps:
        scheduler.add_job(
            step,
            "interval",
            seconds=seconds,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
            next_run_time=first,
        )
    return scheduler

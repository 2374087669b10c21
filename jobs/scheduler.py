"""The heart that beats: APScheduler runs a few steps again and again, and each step runs once and ends.

A memory-store interval tick and nothing more: with a job store and a weekly cron trigger, runs were seen
dropped, tripled and doubled. What is due is decided by the database, in ``jobs.weekly``.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from digest.catalogue.feeds.polling import PollResult, due, poll
from digest.errors import DigestError, TransportError
from digest.week import Week
from jobs.editor import tell_editor
from jobs.holding import hold
from jobs.notices import send_due_notices
from jobs.repeating import repeating
from jobs.sending.trace import Trace
from jobs.sendout import SendOut
from jobs.starting import start
from jobs.surge import tell_of_surge
from jobs.tidying import tidy
from jobs.weekly import Due, decide, draft_ahead, unfinished

log = logging.getLogger(__name__)

_TICK = 60
# An issue that is resumed, or whose sender died, goes on within a second.
_GO_ON = 1
_NOTICES = 2
_FEEDS = 60


class Beat:
    """The steps. ``stop`` makes a running send-out end after the messages in flight.

    ``trace`` is told every line of an issue's dialogues with the relays.
    """

    def __init__(self, work: SendOut, stop: threading.Event, trace: Trace | None = None) -> None:
        self._work = work
        self._stop = stop
        self._trace = trace
        self._said: dict[str, str] = {}
        # When an issue whose sending broke off is tried again.
        self._again: dict[Week, datetime] = {}

    def go_on(self) -> None:
        """Send what is being sent and has somebody waiting, until nothing is due."""
        now = self._work.clock.now()
        for week in unfinished(self._work.database, now):
            if now >= self._again.get(week, now):
                self._send(week)

    def tick(self) -> None:
        """Do what the latest slot asks for, tidy up, tell the editor."""
        tidy(self._work.database, self._work.clock)
        if self._work.settings.schedule.automatic:
            self._slot()
            self._draft_ahead()
        self._tell_editor()
        self._tell_of_surge()

    def _tell_of_surge(self) -> None:
        """Tell whoever runs it that sign-ups surge."""
        try:
            tell_of_surge(self._work, self._stop)
        except DigestError as error:
            self._say("surge", str(error))
        else:
            self._said.pop("surge", None)

    def _tell_editor(self) -> None:
        """Mail the editor what is new of the issues."""
        try:
            tell_editor(self._work, self._stop)
        except DigestError as error:
            self._say("editor", str(error))
        else:
            self._said.pop("editor", None)

    def _slot(self) -> None:
        """Do what the latest slot asks for."""
        decision = decide(self._work.database, self._work.settings, self._work.clock)
        week = decision.slot.week
        if decision.reason:
            self._say("slot", decision.reason)
        if decision.due is Due.UNCLEAR:
            self._hold(week, DigestError(decision.reason))
        if decision.due is Due.SEND and not self._stop.is_set():
            try:
                start(self._work, week, self._stop)
            except TransportError as error:
                # Time may mend it, and the editor could not be told anyway.
                self._say("start", str(error))
            except DigestError as error:
                self._say("start", str(error))
                self._hold(week, error)

    def _hold(self, week: Week, error: DigestError) -> None:
        """Note why an issue that is due does not go out; the editor is told of it."""
        with self._work.database.writing() as session:
            hold(session, week, error, self._work.clock)

    def _draft_ahead(self) -> None:
        """Draft the next issue some time before its slot, so that the editor sees what will go out."""
        work = self._work
        try:
            if week := draft_ahead(work.database, work.settings, work.clock):
                log.info("issue %s: drafted", week)
        except DigestError as error:
            self._say("draft", str(error))
        else:
            self._said.pop("draft", None)

    def notices(self) -> None:
        """Send the single mails that wait, confirmations above all."""
        try:
            send_due_notices(self._work, self._stop)
        except DigestError as error:
            self._say("notices", str(error))
        else:
            self._said.pop("notices", None)

    def feeds(self) -> None:
        """Poll the sources that are due; one that fails is logged once and holds up no other."""
        work = self._work
        for name in due(work.database, work.settings, work.clock):
            if self._stop.is_set():
                return
            for result in poll(work.database, work.settings, work.clock, [name]):
                self._tell(result)

    def _tell(self, result: PollResult) -> None:
        about = f"source {result.name}"
        if result.error is not None:
            self._say(about, f"{about}: {result.error}")
            return
        self._said.pop(about, None)
        if result.taken.new or result.taken.changed:
            new, changed = len(result.taken.new), len(result.taken.changed)
            log.info("%s: %d new, %d changed", about, new, changed)

    def _send(self, week: Week) -> None:
        if self._stop.is_set():
            return
        try:
            outcome = self._work.run(week, self._stop, trace=self._trace)
        except DigestError as error:
            self._say("send", f"issue {week}: {error}")
            self._again[week] = self._work.clock.now() + timedelta(seconds=_TICK)
        else:
            self._again.pop(week, None)
            log.info("issue %s: %s", week, outcome.counts.summary())

    def _say(self, about: str, line: str) -> None:
        """Log a line once, not every minute for as long as it stays true."""
        if self._said.get(about) != line:
            self._said[about] = line
            log.warning("%s", line)


@contextmanager
def beating(work: SendOut, stop: threading.Event, trace: Trace | None = None) -> Iterator[None]:
    """Run the steps in the background while the block runs; leaving it waits for the step under way."""
    beat = Beat(work, stop, trace)
    steps = (
        (beat.tick, _TICK),
        (beat.go_on, _GO_ON),
        (beat.notices, _NOTICES),
        (beat.feeds, _FEEDS),
    )
    scheduler = repeating(steps, work.clock.now())
    scheduler.start()
    try:
        yield
    finally:
        stop.set()
        scheduler.shutdown(wait=True)

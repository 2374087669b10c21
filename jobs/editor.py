"""Tells the editor by mail what became of an issue: drafted, held back, missed, paused, sent.

The queue is the issue's own events. A try is noted before the mail leaves, the outcome after it: a crash in
between tells the same news a second time at worst, and once it is told it never comes again. The address
stands in the settings and in no table.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.errors import DigestError, TemplateError
from digest.issues.life import note
from digest.issues.rows import IssueEventRow, IssueRow
from digest.issues.store import NEWSLETTER
from digest.issues.values import Status
from digest.issues.why import explanation_of
from digest.rendering.edition import Edition, Personal
from digest.rendering.mail import render_mail
from digest.rendering.slots import sentinel_for
from digest.rendering.values import RenderedEmail
from digest.settings import ScheduleSettings, SendingSettings
from digest.text import number
from digest.week import Week
from jobs.deliveries import store as deliveries
from jobs.holding import MAIL, TOLD_BEFORE, cause, held_by_lint, is_held, last_step
from jobs.sending.replies import OutcomeUnknown, Refused, fit_to_keep
from jobs.sending.retry import next_try
from jobs.sending.single import knock, send_one
from jobs.sendout import SendOut
from jobs.weekly import schedule_of

TRYING, TOLD = f"{MAIL}about to be sent", f"{MAIL}sent"
_GIVEN_UP, _REFUSED = f"{MAIL}given up", f"{MAIL}refused"
_NEWS = (Status.DRAFT, Status.MISSED, Status.PAUSED, Status.SENT)
# Older news is no news: whoever names an editor later is not sent the past.
_FRESH = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class News:
    """What the mail prints: a line as its title, what there is to say, and a command to go on with.

    ``number`` is the event it tells of; each try of one piece of news has the same Message-ID.
    """

    key: str
    title: str
    said: tuple[str, ...]
    command: str = ""
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Untold:
    """News that the editor does not have: the event that is it, and when each try to tell it began."""

    event: IssueEventRow
    tries: tuple[datetime, ...]

    def next_try(self, settings: SendingSettings) -> datetime | None:
        """Return when to try (again), None where it is time to give up."""
        if not self.tries:
            return self.event.at
        first, last = self.tries[0], self.tries[-1]
        tried = len(self.tries)
        return next_try(settings, key=self.event.id, attempts=tried, first_try_at=first, now=last)


def tell_editor(work: SendOut, stop: threading.Event | None = None) -> int:
    """Mail the editor whatever is new; return how many mails went out, 0 where no editor is named.

    What the server puts off is tried again with growing waits up to ``[sending] give_up_after``. Raises
    TransportError with nothing noted when the relay cannot be used, and DigestError with the first mail that
    was put off or refused, once all were tried.
    """
    editor = work.settings.mail.editor
    if editor is None:
        return 0
    with work.database.reading() as session:
        found = _due(session, work)
    if not found:
        return 0
    knock(work.relays, work.settings.sending, stop)
    told, errors = 0, []
    for one in found:
        try:
            told += _tell(work, one.event.issue_id, editor, stop)
        except DigestError as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return told


def _due(session: Session, work: SendOut, issue_id: int | None = None) -> list[Untold]:
    """Return the news to tell now, of all issues or of one."""
    now, sending = work.clock.now(), work.settings.sending
    query = (
        select(IssueEventRow)
        .join(IssueRow, IssueRow.id == IssueEventRow.issue_id)
        .where(IssueRow.newsletter == NEWSLETTER, IssueEventRow.at > now - _FRESH - sending.give_up_after)
    )
    if issue_id is not None:
        query = query.where(IssueEventRow.issue_id == issue_id)
    events = session.scalars(query.order_by(IssueEventRow.issue_id, IssueEventRow.id))
    found = [untold(list(group)) for _, group in groupby(events, lambda event: event.issue_id)]
    return [one for one in found if one is not None and _is_due(one, sending, now)]


def _is_due(news: Untold, sending: SendingSettings, now: datetime) -> bool:
    if not news.tries:
        return news.event.at > now - _FRESH
    again = news.next_try(sending)
    return again is None or again <= now


def untold(events: Sequence[IssueEventRow]) -> Untold | None:
    """Return what the editor does not know of an issue's events (oldest first): its last step, or nothing.

    A step that is followed by another is past, and told no more.
    """
    tries: list[datetime] = []
    for event in reversed(events):
        if event.reason == TRYING:
            tries.insert(0, event.at)
        elif event.reason.startswith(MAIL) or event.reason == TOLD_BEFORE:
            return None
        else:
            return Untold(event, tuple(tries)) if is_held(event) or event.new in _NEWS else None
    return None


def _tell(work: SendOut, issue_id: int, editor: str, stop: threading.Event | None) -> bool:
    """Tell what is still due of an issue; return False when another process has it."""
    with work.database.writing() as session:
        issue = session.get_one(IssueRow, issue_id, with_for_update=True)
        due = _due(session, work, issue_id)
        if not due:
            return False
        news, again = news_of(session, issue, work), due[0].next_try(work.settings.sending)
        note(session, issue, at=work.clock.now(), reason=_GIVEN_UP if again is None else TRYING)
    if again is None:
        raise DigestError(f"the editor was not told: {news.title}; the server kept putting the mail off")
    refused = _send(work, news, editor, stop)
    with work.database.writing() as session:
        issue = session.get_one(IssueRow, issue_id, with_for_update=True)
        # A step that was taken meanwhile is news of its own; the outcome of the old one must not hide it.
        if (last := last_step(session, issue)) is not None and last.id == news.number:
            note(session, issue, at=work.clock.now(), reason=f"{_REFUSED}: {refused}" if refused else TOLD)
    if refused:
        raise DigestError(f"the server refused the editor's mail: {refused}")
    return True


def _send(work: SendOut, news: News, editor: str, stop: threading.Event | None) -> str | None:
    """Send the mail; return the server's words where it refuses for good, None where it takes it.

    Raises DigestError where it is to be tried again.
    """
    try:
        message = editor_message(work, news, editor)[1]
    except TemplateError:
        # The editor's own templates may be the very news.
        shipped = replace(work, renderer=replace(work.renderer, templates=None))
        message = editor_message(shipped, news, editor)[1]
    sender, settings = work.settings.mail.from_address, work.settings.sending
    try:
        answer = send_one(work.relays, settings, sender, editor, message, stop)
    except OutcomeUnknown as error:
        raise DigestError(f"the editor may or may not have the mail “{news.title}”: {error}") from None
    if not isinstance(answer, Refused):
        return None
    words = fit_to_keep(f"{answer.code} {answer.text}", editor)
    if not answer.permanent:
        raise DigestError(f"the server put the editor's mail off, it is tried again: {words}")
    return words


def news_of(session: Session, issue: IssueRow, work: SendOut) -> News:
    """Return what there is to say of an issue as it stands."""
    last = last_step(session, issue)
    event = None if last is None else last.id
    if last is not None and is_held(last):
        return _held(last, issue.week)
    week, key = issue.week, f"{issue.week}.{issue.status}"
    counts = deliveries.counts(session, issue.id)
    match Status(issue.status):
        case Status.DRAFT:
            why = explanation_of(session, issue, work.renderer.desk.panel) if issue.why else None
            left_out = len(why["left_out"]) if why else None
            goes = _when(work.settings.schedule, issue)
            return _drafted(key, week, len(issue.matchups), left_out, goes, event)
        case Status.MISSED:
            said = ("Its time passed while nothing sent it; no reader has it. Draft it anew with:",)
            return News(key, f"Issue {week} was missed", said, f"digest issue build --week {week}", event)
        case Status.PAUSED:
            command = f"digest issue resume --week {week}"
            return News(key, f"Issue {week} is paused", (counts.summary(),), command, event)
        case _:
            bad = counts.failed or counts.unknown
            command = f"digest issue show --week {week}" if bad else ""
            return News(key, f"Issue {week} is sent", (f"{counts.summary()}.",), command, event)


def _held(event: IssueEventRow, week: str) -> News:
    """Return the news that an issue does not go out although it is time."""
    look = "lint" if held_by_lint(event) else "show"
    said = (
        "It is due, and no reader has it. What keeps it back:",
        cause(event),
        "Once that is mended it goes out within a minute. Look at it with:",
    )
    return News(
        f"{week}.held", f"Issue {week} is held back", said, f"digest issue {look} --week {week}", event.id
    )


def _when(settings: ScheduleSettings, issue: IssueRow) -> str:
    """Return when a draft goes out."""
    slot = schedule_of(settings).slot(Week.parse(issue.week)).at
    if settings.automatic and issue.built_at <= slot:
        return f"It goes out by itself on {slot.astimezone(settings.zone):%A %Y-%m-%d at %H:%M %Z}."
    return "It waits for you to approve and send it."


def sample_news(week: Week) -> News:
    """Return invented news of a week, for those who look at the mail before there is any."""
    return _drafted("sample", str(week), 6, 3)


def editor_message(work: SendOut, news: News, editor: str) -> tuple[RenderedEmail, bytes]:
    """Return the editor's mail and its message; raises TemplateError."""
    identity, now = work.renderer.identity, work.clock.now()
    sentinel = sentinel_for(work.renderer.secret, f"editor:{news.key}")
    values = {"title": news.title, "said": news.said, "command": news.command}
    email = render_mail("editor", values, identity, sentinel, templates=work.renderer.templates)
    domain = identity.from_address.rpartition("@")[2]
    number = int(now.timestamp()) if news.number is None else news.number
    message_id = f"<editor.{news.key}.{number}@{domain}>"
    personal = Personal(address=editor, name=None, message_id=message_id, date=now)
    return email, Edition.compile(email, identity, one_click=False).message(personal)


def _drafted(
    key: str, week: str, matchups: int, left_out: int | None, goes: str = "", number: int | None = None
) -> News:
    said = [f"It has {_count(matchups, 'matchup')}."]
    if left_out is not None:
        said.append(f"It leaves out {_count(left_out, 'tool')}.")
    if goes:
        said.append(goes)
    said.append("Look at it with:")
    return News(key, f"Issue {week} is drafted", tuple(said), f"digest preview --week {week}", number)


def _count(many: int, what: str) -> str:
    return f"{number(many) if many else 'no'} {what}{'s' if many > 1 else ''}"

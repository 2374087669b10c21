"""Tells the editor by mail what became of an issue: ready as a draft, missed, sent.

What was told stands among the issue's events, written before the mail leaves, so the same news never comes
twice, not even after a crash. The address stands in the settings and in no table.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from digest.errors import DigestError
from digest.issues.rows import IssueEventRow, IssueRow
from digest.issues.store import NEWSLETTER
from digest.issues.values import Status
from digest.issues.why import explanation_of
from digest.panel import Panel
from digest.rendering.edition import Edition, Personal
from digest.rendering.mail import render_mail
from digest.rendering.slots import sentinel_for
from digest.rendering.values import RenderedEmail
from digest.text import number
from digest.week import Week
from jobs.deliveries import store as deliveries
from jobs.sending.replies import OutcomeUnknown, Refused
from jobs.sending.single import knock, send_one
from jobs.sendout import SendOut

TOLD = "told the editor by mail"
_NEWS = (Status.DRAFT, Status.MISSED, Status.PAUSED, Status.SENT)
# Older news is no news: whoever names an editor later is not sent the past.
_FRESH = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class News:
    """What the mail prints: a line as its title, what there is to say, and a command to go on with."""

    key: str
    title: str
    said: tuple[str, ...]
    command: str = ""


def tell_editor(work: SendOut) -> int:
    """Mail the editor whatever is new; return how many mails went out, 0 where no editor is named.

    Raises TransportError with nothing noted when the relay cannot be used, DigestError when it refuses.
    """
    editor = work.settings.mail.editor
    if editor is None:
        return 0
    with work.database.reading() as session:
        found = _untold(session, work)
    if not found:
        return 0
    asyncio.run(knock(work.relay, work.settings.sending.timeout))
    for issue_id in found:
        _tell(work, issue_id, editor)
    return len(found)


def _untold(session: Session, work: SendOut) -> list[int]:
    """Return the ids of issues whose last step is news and was not told."""
    later = aliased(IssueEventRow)
    query = (
        select(IssueEventRow.issue_id)
        .join(IssueRow, IssueRow.id == IssueEventRow.issue_id)
        .where(
            IssueRow.newsletter == NEWSLETTER,
            IssueEventRow.new.in_(_NEWS),
            IssueEventRow.at > work.clock.now() - _FRESH,
            ~exists().where(later.issue_id == IssueEventRow.issue_id, later.id > IssueEventRow.id),
            IssueEventRow.reason != TOLD,
        )
    )
    return list(session.scalars(query.order_by(IssueEventRow.id)))


def _tell(work: SendOut, issue_id: int, editor: str) -> None:
    with work.database.writing() as session:
        issue = session.get_one(IssueRow, issue_id, with_for_update=True)
        news = news_of(session, issue, work.renderer.desk.panel)
        told = IssueEventRow(
            issue_id=issue.id, at=work.clock.now(), old=issue.status, new=issue.status, reason=TOLD
        )
        session.add(told)
    message = editor_message(work, news, editor)[1]
    sender, timeout = work.settings.mail.from_address, work.settings.sending.timeout
    try:
        answer = asyncio.run(send_one(work.relay, timeout, sender, editor, message))
    except OutcomeUnknown as error:
        raise DigestError(f"the editor may or may not have heard of issue {issue.week}: {error}") from None
    if isinstance(answer, Refused):
        raise DigestError(f"the server refused the editor's mail: {answer.code} {answer.text}")


def news_of(session: Session, issue: IssueRow, panel: Panel) -> News:
    """Return what there is to say of an issue as it stands; ``panel`` is the standing one."""
    week, key = issue.week, f"{issue.week}.{issue.status}"
    match Status(issue.status):
        case Status.DRAFT:
            left_out = len(explanation_of(session, issue, panel)["left_out"]) if issue.why else None
            return _drafted(key, week, len(issue.matchups), left_out)
        case Status.MISSED:
            said = ["Its time passed while nothing sent it; no reader has it. Draft it anew with:"]
            return News(key, f"Issue {week} was missed", tuple(said), f"digest issue build --week {week}")
        case Status.PAUSED:
            counted = deliveries.counts(session, issue.id).summary()
            return News(key, f"Issue {week} is paused", (counted,), f"digest issue resume --week {week}")
        case _:
            counts = deliveries.counts(session, issue.id)
            bad = counts.failed or counts.unknown
            command = f"digest issue show --week {week}" if bad else ""
            return News(key, f"Issue {week} is sent", (f"{counts.summary()}.",), command)


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
    message_id = f"<editor.{news.key}.{int(now.timestamp())}@{domain}>"
    personal = Personal(address=editor, name=None, message_id=message_id, date=now)
    return email, Edition.compile(email, identity, one_click=False).message(personal)


def _drafted(key: str, week: str, matchups: int, left_out: int | None) -> News:
    said = [f"It has {_count(matchups, 'matchup')}."]
    if left_out is not None:
        said.append(f"It leaves out {_count(left_out, 'tool')}.")
    return News(key, f"Issue {week} is drafted", (*said, "Look at it with:"), f"digest preview --week {week}")


def _count(many: int, what: str) -> str:
    return f"{number(many)} {what}{'' if many == 1 else 's'}"

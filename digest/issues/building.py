"""Building, approving and calling off a week's issue: the steps an editor takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from digest.catalogue import store as catalogue
from digest.clock import Clock
from digest.desk import Desk
from digest.errors import TooFewTools, WrongState
from digest.issues.life import begin, move
from digest.issues.planning import IssuePlan, plan_issue
from digest.issues.rendered import Renderer, content_of, freeze
from digest.issues.rows import IssueRow
from digest.issues.store import (
    NEWSLETTER,
    find_issue,
    get_issue,
    incumbent_ids,
    met_pairs,
    new_tool_ids,
    set_matchups,
)
from digest.issues.values import Status
from digest.week import Week

# Rivals are looked for among so many of the latest featured tools, and all that a source compared.
_BACK_CATALOGUE = 400


@dataclass(frozen=True, slots=True)
class Built:
    """What building did: the issue, and its plan; None when it stands beyond a draft."""

    issue: IssueRow
    plan: IssuePlan | None


def last_day(week: Week, today: date) -> date:
    """Return the day up to which a tool counts as out: the week's Sunday, or today if that is later."""
    return max(week.day(6), today)


def plan_from(session: Session, week: Week, desk: Desk, *, as_of: date, seed: int = 0) -> IssuePlan:
    """Return the plan of the week's issue over what the catalogue and the ledger hold now."""
    new = new_tool_ids(session, week)
    incumbents = incumbent_ids(session, week, new, _BACK_CATALOGUE)
    tools = catalogue.load_tools(session, ids=[*new, *incumbents])
    slugs = catalogue.slugs_by_id(session, incumbents)
    return plan_issue(
        week,
        tools,
        featured=frozenset(slugs.values()),
        met=met_pairs(session, week),
        compared=catalogue.compared_pairs(session),
        panel=desk.panel,
        as_of=as_of,
        size=desk.size,
        seed=seed,
    )


def build_issue(
    session: Session, week: Week, desk: Desk, clock: Clock, *, seed: int = 0, as_of: date | None = None
) -> Built:
    """Draft the week's issue, or draft it again; an approved or later one stays as it is.

    Raises TooFewTools, with nothing stored, when there is no matchup to offer.
    """
    issue = find_issue(session, week, lock=True)
    if issue is not None and issue.status not in (Status.DRAFT, Status.CANCELLED, Status.MISSED):
        return Built(issue, None)
    now = clock.now()
    plan = plan_from(session, week, desk, as_of=as_of or last_day(week, now.date()), seed=seed)
    if plan.content is None:
        raise TooFewTools(_too_few(week, plan))
    if issue is None:
        issue = IssueRow(newsletter=NEWSLETTER, week=str(week), seed=seed, built_at=now)
        begin(session, issue, Status.DRAFT, at=now, reason="built")
    elif issue.status != Status.DRAFT:
        _redraft(session, issue, now, "built again")
        issue.built_at = now
    ids = catalogue.ids_by_slug(
        session, [tool.slug for pair in plan.content.matchups for tool in (pair.left, pair.right)]
    )
    pairs = [(ids[pair.left.slug], ids[pair.right.slug]) for pair in plan.content.matchups]
    if pairs != [(row.left_id, row.right_id) for row in issue.matchups] or issue.seed != seed:
        set_matchups(session, issue, pairs)
        issue.seed, issue.built_at = seed, now
    return Built(issue, plan)


def _too_few(week: Week, plan: IssuePlan) -> str:
    waiting = "; ".join(plan.left_out)
    return (
        f"no issue for {week}: "
        + (waiting if waiting else "every tool was featured before, or the catalogue is empty")
        + ". Nothing is sent; add tools with: digest catalogue import PATH"
    )


def approve(session: Session, week: Week, renderer: Renderer, at: datetime, reason: str) -> IssueRow:
    """Freeze subject, HTML, text and a hash: exactly this goes out (law 3). Twice is as good as once."""
    issue = get_issue(session, week, lock=True)
    if issue.status in (Status.APPROVED, Status.SCHEDULED):
        return issue
    if issue.status != Status.DRAFT:
        raise WrongState(f"issue {week} is {issue.status}; only a draft can be approved")
    content = content_of(session, issue, renderer.panel)
    email = renderer.render_content(content)
    issue.content = freeze(content)
    issue.subject, issue.preheader = email.subject, email.preheader
    issue.html, issue.text, issue.mjml = email.html, email.text, email.mjml
    issue.sentinel, issue.content_hash, issue.frozen_at = email.sentinel, email.content_hash, at
    move(session, issue, Status.APPROVED, at=at, reason=reason)
    return issue


def reopen(session: Session, week: Week, at: datetime) -> IssueRow:
    """Make an approved issue a draft again and forget what was frozen."""
    issue = get_issue(session, week, lock=True)
    _redraft(session, issue, at, "reopened for editing")
    return issue


def _redraft(session: Session, issue: IssueRow, at: datetime, reason: str) -> None:
    """Make the issue a draft and forget what was frozen: a draft is always rendered from the catalogue."""
    move(session, issue, Status.DRAFT, at=at, reason=reason)
    issue.subject = issue.preheader = issue.html = issue.text = issue.mjml = None
    issue.content = issue.sentinel = issue.content_hash = issue.frozen_at = None


def cancel(session: Session, week: Week, at: datetime) -> IssueRow:
    """Call the issue off; readers who already have it keep it."""
    issue = get_issue(session, week, lock=True)
    move(session, issue, Status.CANCELLED, at=at, reason="cancelled by a person")
    return issue

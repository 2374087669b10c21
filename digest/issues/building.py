"""Building, approving and calling off a week's issue: the steps an editor takes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from digest.catalogue import store as catalogue
from digest.clock import Clock
from digest.desk import Desk
from digest.errors import BadInput, TooFewTools, WrongState
from digest.issues import ledger
from digest.issues.editions import forget_editions, freeze_editions
from digest.issues.gate import Checked, Outdated, check_content
from digest.issues.ledger import Standing
from digest.issues.life import begin, move
from digest.issues.overrides import (
    NOTHING_DECIDED,
    from_stored,
    overrides_file,
    overrides_in,
    same_choice,
    slugs_named,
    stored,
)
from digest.issues.planning import IssuePlan, plan_issue
from digest.issues.rendered import Renderer, content_of, freeze
from digest.issues.rows import IssueRow
from digest.issues.store import NEWSLETTER, find_issue, former_words, get_issue, set_matchups
from digest.issues.values import IssueContent, Overrides, Status
from digest.issues.why import left_out_lines
from digest.votes.store import with_votes
from digest.week import Week

# Rivals are looked for among so many of the last featured tools, and all that a source compared.
_BACK_CATALOGUE = 400
# What those are said to be that are too many to be named.
_MORE = {
    Standing.READY: "find no room in this issue",
    Standing.WAITING: "wait for their panel",
    Standing.EMBARGOED: "are under embargo",
    Standing.POSTDATED: "are not out yet",
    Standing.EXCLUDED: "are excluded",
}


@dataclass(frozen=True, slots=True)
class WeekPlan:
    """The plan of a week, and for those that were only counted how many they are, and why they wait."""

    plan: IssuePlan
    more: tuple[tuple[int, str], ...]

    @property
    def content(self) -> IssueContent | None:
        """The issue it would be; None when not even one matchup can be made."""
        return self.plan.content

    @property
    def explanation(self) -> dict[str, Any]:
        """Why it is so, for JSON: ``pairs``, ``left_out`` and ``more``."""
        return {
            **self.plan.explanation,
            "more": [{"count": count, "reason": reason} for count, reason in self.more],
        }


@dataclass(frozen=True, slots=True)
class Built:
    """What building did: the issue, and its plan; None when its pairs stay as they are."""

    issue: IssueRow
    plan: WeekPlan | None


def plan_from(
    session: Session,
    week: Week,
    desk: Desk,
    *,
    as_of: date,
    seed: int = 0,
    overrides: Overrides = NOTHING_DECIDED,
) -> WeekPlan:
    """Return the plan of the week's issue over what the catalogue and the ledger hold now.

    Of the catalogue only ids are looked through; what is loaded is bounded, see ``digest.issues.ledger``.
    Raises BadInput when the overrides cannot be followed.
    """
    fresh = ledger.fresh_tools(session, week, as_of=as_of, min_takes=desk.min_takes)
    new = {tool_id for ids in fresh.ids.values() for tool_id in ids}
    named = set(catalogue.ids_by_slug(session, slugs_named(overrides)).values())
    incumbents = ledger.incumbent_ids(session, week, new | named, _BACK_CATALOGUE)
    featured = {*incumbents, *ledger.featured_among(session, week, named)}
    try:
        plan = plan_issue(
            week,
            with_votes(session, catalogue.load_tools(session, ids=new | named | featured)),
            panel=desk.panel,
            featured=frozenset(catalogue.slugs_by_id(session, featured).values()),
            met=ledger.met_pairs(session, week, within=desk.rematch_after_weeks),
            compared=catalogue.compared_pairs(session, new | named | featured),
            as_of=as_of,
            size=desk.size,
            min_takes=desk.min_takes,
            overrides=overrides,
            former=former_words(session, week),
            since=ledger.days_added(session, new | named, desk.zone),
            seed=seed,
        )
    except BadInput as error:
        raise BadInput(str(error), source=str(overrides_file(desk.folder, week))) from None
    return WeekPlan(
        plan, tuple((fresh.beyond(one), reason) for one, reason in _MORE.items() if fresh.beyond(one))
    )


def build_issue(
    session: Session,
    week: Week,
    desk: Desk,
    clock: Clock,
    *,
    seed: int = 0,
    as_of: date | None = None,
    overrides: Overrides | None = None,
) -> Built:
    """Draft the week's issue, or draft it again; an approved or later one stays as it is.

    ``overrides`` left out are read from the week's file, if there is one. Raises TooFewTools when there is no
    matchup to offer and BadInput when the overrides cannot be followed, with nothing stored.
    """
    issue = find_issue(session, week, lock=True)
    if issue is not None and issue.status not in (Status.DRAFT, Status.CANCELLED, Status.MISSED):
        return Built(issue, None)
    now = clock.now()
    if overrides is None:
        overrides = overrides_in(session, desk.folder, week)
    as_of = as_of or desk.day_of(week, desk.today(now))
    plan = plan_from(session, week, desk, as_of=as_of, seed=seed, overrides=overrides)
    if plan.content is None:
        raise TooFewTools(f"no issue for {week}: {none_because(plan)}")
    if issue is None:
        issue = IssueRow(newsletter=NEWSLETTER, week=str(week), seed=seed, built_at=now)
        begin(session, issue, Status.DRAFT, at=now, reason="built")
    elif issue.status != Status.DRAFT:
        _redraft(session, issue, now, "built again")
        issue.built_at = now
    if _keep(session, issue, plan.content, overrides) or issue.seed != seed:
        issue.seed, issue.built_at = seed, now
    issue.why = json.dumps(plan.explanation, ensure_ascii=False)
    return Built(issue, plan)


def none_because(plan: WeekPlan) -> str:
    """Return why a plan has no matchup, in a line however many tools wait, and what to do."""
    waiting = "; ".join(left_out_lines(plan.explanation, most=4))
    nothing = "every tool was featured before, or the catalogue is empty"
    return f"{waiting or nothing}. Nothing is sent; add tools with: digest catalogue import PATH"


def _keep(session: Session, issue: IssueRow, content: IssueContent, overrides: Overrides) -> bool:
    """Store what the issue is made of; return whether that is anything new."""
    ids = catalogue.ids_by_slug(
        session, [tool.slug for pair in content.matchups for tool in (pair.left, pair.right)]
    )
    pairs = [(ids[pair.left.slug], ids[pair.right.slug]) for pair in content.matchups]
    changed = overrides != from_stored(issue.overrides)
    issue.overrides = stored(overrides)
    if pairs != [(row.left_id, row.right_id) for row in issue.matchups]:
        set_matchups(session, issue, pairs)
        changed = True
    return changed


def take_in(session: Session, week: Week, desk: Desk, clock: Clock, overrides: Overrides) -> Built | None:
    """Bring the week's draft up to what an editor decides; return None where there is no draft.

    New words leave the pairs as they are; another choice of tools or pairs has the issue planned anew, and so
    has a tool that was excluded or put under embargo since.
    Raises what ``build_issue`` raises, and BadInput also without a draft.
    """
    issue = find_issue(session, week, lock=True)
    if issue is None or issue.status != Status.DRAFT:
        plan_from(session, week, desk, as_of=desk.day_of(week, desk.today(clock.now())), overrides=overrides)
        return None
    late = ledger.held_back(session, issue, desk.day_of(week, desk.today(clock.now())))
    if late or not same_choice(overrides, from_stored(issue.overrides)):
        return build_issue(session, week, desk, clock, seed=issue.seed, overrides=overrides)
    issue.overrides = stored(overrides)
    return Built(issue, None)


def ignored_file(session: Session, issue: IssueRow, desk: Desk) -> Path | None:
    """Return the week's file if it says, right or wrong, what an issue that is no draft any more does not."""
    week = Week.parse(issue.week)
    file = overrides_file(desk.folder, week)
    try:
        same = overrides_in(session, desk.folder, week) == from_stored(issue.overrides)
    except BadInput:
        same = False
    return None if same else file


def to_approve(session: Session, week: Week, renderer: Renderer, at: datetime) -> IssueContent | None:
    """Return what approving the week's issue would freeze; None where that is done already.

    Raises NotFound; WrongState for what is no draft, a draft that does not say what the editor's file says by
    now, or one with a tool that was excluded or put under embargo since; and BadInput for a mistake in that
    file.
    """
    issue = get_issue(session, week)
    if issue.status in (Status.APPROVED, Status.SCHEDULED):
        return None
    if issue.status != Status.DRAFT:
        raise WrongState(f"issue {week} is {issue.status}; only a draft can be approved")
    file = overrides_file(renderer.desk.folder, week)
    if overrides_in(session, renderer.desk.folder, week) != from_stored(issue.overrides):
        raise WrongState(
            f"{file} has changed since issue {week} was built; take it in with: "
            f"digest issue build --week {week}"
        )
    late = ledger.held_back(session, issue, renderer.desk.day_of(week, renderer.desk.today(at)))
    if late:
        raise WrongState(
            f"issue {week}: {'; '.join(late)}; pair the others anew with: digest issue build --week {week}"
        )
    return content_of(session, issue, renderer.desk.panel)


def approve(
    session: Session,
    week: Week,
    renderer: Renderer,
    at: datetime,
    reason: str,
    checked: Checked | None = None,
) -> IssueRow:
    """Freeze subject, HTML, text and a hash: exactly this goes out (law 3). Twice is as good as once.

    So are the editions in ``checked``; those of segments that come later are frozen when sending starts.

    ``checked`` is what was looked through, see ``digest.issues.gate``; without it that is done here, where
    other writers wait. Raises what ``to_approve`` raises, Outdated where the draft says something else than
    ``checked``, TemplateError, and LintFailed for what readers would stumble over.
    """
    issue = get_issue(session, week, lock=True)
    content = to_approve(session, week, renderer, at)
    if content is None:
        return issue
    checked = checked or check_content(renderer, content)
    if checked.content != content:
        raise Outdated(f"issue {week} was changed while it was looked through")
    email = checked.email
    issue.content = freeze(content)
    issue.subject, issue.preheader = email.subject, email.preheader
    issue.html, issue.text, issue.mjml = email.html, email.text, email.mjml
    issue.sentinel, issue.content_hash, issue.frozen_at = email.sentinel, email.content_hash, at
    freeze_editions(session, issue, checked.editions, at)
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
    forget_editions(session, issue)


def cancel(session: Session, week: Week, at: datetime) -> IssueRow:
    """Call the issue off; readers who already have it keep it. One that is being sent is paused first."""
    issue = get_issue(session, week, lock=True)
    if issue.status == Status.SENDING:
        move(session, issue, Status.PAUSED, at=at, reason="paused by a person who cancels it")
    move(session, issue, Status.CANCELLED, at=at, reason="cancelled by a person")
    return issue

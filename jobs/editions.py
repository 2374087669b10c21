"""Which editions an issue's readers ask for, and what is frozen when sending starts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from digest.issues.editions import Segment, edition_name, editions_of, freeze_editions, frozen_editions
from digest.issues.rendered import Renderer, content_of
from digest.issues.rows import IssueRow
from digest.issues.store import former_words, turn_of
from digest.issues.values import IssueContent
from digest.rendering.values import RenderedEmail
from digest.week import Week
from jobs.deliveries.audience import freeze_audience
from jobs.deliveries.hours import first_try
from subscribers.audience import audience_select, hours, segments

# What was made before anything was locked: what an edition says, and its e-mail.
Made = Mapping[str, tuple[IssueContent, RenderedEmail]]


def asked_for(session: Session, content: IssueContent, now: datetime) -> dict[str, IssueContent]:
    """Return the editions of an issue that have readers at ``now``, by name, beside the issue's own."""
    chosen = segments(session, now, turn_of(session, content.week))
    former = former_words(session, content.week)
    return editions_of(content, (Segment.of(*one) for one in chosen), former)


def not_frozen(
    session: Session, issue: IssueRow, renderer: Renderer, now: datetime
) -> dict[str, IssueContent]:
    """Return the editions of an approved issue that have readers only since it was approved."""
    there = frozen_editions(session, issue)
    asked = asked_for(session, content_of(session, issue, renderer.desk.panel), now)
    return {name: content for name, content in asked.items() if name not in there}


def readers_by_edition(session: Session, content: IssueContent, now: datetime) -> Counter[str]:
    """Return how many readers the issue and each of its editions have at ``now``, by name."""
    counted: Counter[str] = Counter()
    for chosen, readers in segments(session, now, turn_of(session, content.week)).items():
        counted[edition_name(content, Segment.of(*chosen))] += readers
    return counted


def freeze_for_readers(
    session: Session, issue: IssueRow, renderer: Renderer, now: datetime, zone: ZoneInfo, made: Made
) -> int:
    """Freeze what is not frozen yet, and the audience, each reader with their edition and first try.

    Return how many readers there are. ``made`` saves rendering here, where other writers wait: all that is
    left to render is what was chosen this very moment. ``zone`` is for readers who chose an hour and no zone.
    Raises TemplateError.
    """
    emails = {}
    for name, content in not_frozen(session, issue, renderer, now).items():
        said, email = made.get(name, (None, None))
        emails[name] = email if email and said == content else renderer.render_content(content)
    freeze_editions(session, issue, emails, now)

    week, content = Week.parse(issue.week), content_of(session, issue, renderer.desk.panel)
    turn, numbers = turn_of(session, week), frozen_editions(session, issue)
    editions = {
        chosen: numbers.get(edition_name(content, Segment.of(*chosen)))
        for chosen in segments(session, now, turn)
    }
    times = {chosen: first_try(now, *chosen, zone) for chosen in hours(session, now, turn)}
    return freeze_audience(session, issue.id, audience_select(now, turn), now, editions, times)

"""Editions: an issue as each segment of readers gets it. Pure, but for what is frozen.

All editions hold the whole issue. Where a reader chose categories, the matchups with a tool in one of them
come first and deeper, in the issue's own order, and the others stay as stubs behind them: nobody misses a
tool that others talk about, and no choice ever makes an empty mail. Where no matchup is in the chosen
categories, or all are, the issue goes as it is.

An edition is named by what makes it: the frame's language and the places of the matchups that lead, such as
``de-2-5``. So many segments share one edition, and there are never more than the issue's own matchups allow.
The issue itself is MAIN, and has no edition beside its own bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from digest.db import chunks
from digest.errors import BadInput, NotFound
from digest.frames import ENGLISH, LANGUAGES
from digest.issues.rows import EditionRow, IssueRow
from digest.issues.values import Former, IssueContent, Matchup
from digest.matchups import with_depths
from digest.rendering.values import RenderedEmail
from digest.words import preheader_for, subject_for

MAIN = ENGLISH


@dataclass(frozen=True, slots=True)
class Segment:
    """Readers who chose the same: the frame's language and categories of interest, none for all."""

    language: str = ENGLISH
    interests: tuple[str, ...] = ()

    @classmethod
    def of(cls, language: str, interests: str) -> Segment:
        """Return the segment of readers whose interests are stored so: a category a line."""
        return cls(language, tuple(interests.splitlines()))


def edition_name(content: IssueContent, segment: Segment) -> str:
    """Return the name of the edition that a segment gets of an issue."""
    language = segment.language if segment.language in LANGUAGES else ENGLISH
    wanted = {category.casefold() for category in segment.interests}
    leading = [place for place, pair in enumerate(content.matchups, start=1) if _about(pair, wanted)]
    chosen = len(leading) not in (0, len(content.matchups))
    return "-".join([language, *map(str, leading)]) if chosen else language


def edition_of(content: IssueContent, name: str, former: Former) -> IssueContent:
    """Return what the edition ``name`` of an issue says.

    Subject and preheader are made by the same rules over its own order, unless an editor wrote them: what
    differs from the issue's own making is theirs, and stays. ``former`` is what the issue before was called.
    Raises BadInput for a name that this issue's matchups do not have.
    """
    language, _, numbers = name.partition("-")
    leading = _places(numbers, len(content.matchups))
    if language not in LANGUAGES or leading is None:
        raise BadInput(f"issue {content.week} has no edition {name!r}; name one like de, en-1-3")
    if not leading:
        return replace(content, language=language)
    first = [content.matchups[place - 1] for place in leading]
    others = [pair for place, pair in enumerate(content.matchups, start=1) if place not in leading]
    matchups = (*with_depths(first), *with_depths(others, ()))
    own = subject_for(content.matchups, former=former.subject)
    subject = subject_for(matchups, former=former.subject) if content.subject == own else content.subject
    preheader = content.preheader
    if preheader == preheader_for(content.matchups, subject=content.subject, former=former.preheader):
        preheader = preheader_for(matchups, subject=subject, former=former.preheader)
    return replace(
        content,
        matchups=matchups,
        subject=subject,
        preheader=preheader,
        language=language,
        leading=len(leading),
    )


def edition_title(name: str) -> str:
    """Return what to call an edition: "Deutsch, matchups 2, 5 first", or "Deutsch"."""
    language, _, numbers = name.partition("-")
    spoken = LANGUAGES.get(language, language)
    what = "matchups" if "-" in numbers else "matchup"
    return f"{spoken}, {what} {numbers.replace('-', ', ')} first" if numbers else spoken


def editions_of(
    content: IssueContent, segments: Iterable[Segment], former: Former
) -> dict[str, IssueContent]:
    """Return the different editions these segments get, by name, beside the issue's own."""
    names = dict.fromkeys(edition_name(content, segment) for segment in segments)
    return {name: edition_of(content, name, former) for name in names if name != MAIN}


def frozen_editions(session: Session, issue: IssueRow) -> dict[str, int]:
    """Return the ids of the issue's frozen editions by name."""
    found = session.execute(select(EditionRow.name, EditionRow.id).where(EditionRow.issue_id == issue.id))
    return dict(found.all())


def edition_names(session: Session, numbers: Iterable[int]) -> dict[int, str]:
    """Return the names of frozen editions by id; one that is gone is missing."""
    names: dict[int, str] = {}
    for chunk in chunks(numbers):
        names |= dict(
            session.execute(select(EditionRow.id, EditionRow.name).where(EditionRow.id.in_(chunk))).all()
        )
    return names


def freeze_editions(
    session: Session, issue: IssueRow, emails: Mapping[str, RenderedEmail], at: datetime
) -> None:
    """Store editions of the issue as they go out; one that is frozen already stays as it is."""
    there = frozen_editions(session, issue)
    session.add_all(
        EditionRow(
            issue_id=issue.id,
            name=name,
            frozen_at=at,
            subject=email.subject,
            preheader=email.preheader,
            html=email.html,
            text=email.text,
            mjml=email.mjml,
            sentinel=email.sentinel,
            content_hash=email.content_hash,
        )
        for name, email in emails.items()
        if name not in there
    )
    session.flush()


def frozen_edition(session: Session, number: int) -> RenderedEmail:
    """Return a frozen edition by its id; raise NotFound."""
    row = session.get(EditionRow, number)
    if row is None:
        raise NotFound(f"edition {number} is gone; the issue was made a draft again while it was being sent")
    return RenderedEmail(row.subject, row.preheader, row.html, row.text, row.mjml, row.sentinel)


def forget_editions(session: Session, issue: IssueRow) -> None:
    """Drop what was frozen for segments, as the issue is a draft again."""
    session.execute(delete(EditionRow).where(EditionRow.issue_id == issue.id))


def _about(pair: Matchup, wanted: set[str]) -> bool:
    return any((tool.category or "").casefold() in wanted for tool in (pair.left, pair.right))


def _places(numbers: str, most: int) -> list[int] | None:
    """Return the places a name tells, ascending; None where it tells none that can be."""
    if not numbers:
        return []
    parts = numbers.split("-")
    if not all(part.isascii() and part.isdecimal() for part in parts):
        return None
    places = [int(part) for part in parts]
    return places if places == sorted(set(places)) and 0 < places[0] <= places[-1] < most + 1 else None

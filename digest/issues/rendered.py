"""The e-mail of a stored issue: frozen once approved, rendered from the catalogue while a draft."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from digest.catalogue import store as catalogue
from digest.desk import Desk
from digest.issues.editions import MAIN, edition_of, frozen_edition, frozen_editions
from digest.issues.overrides import from_stored
from digest.issues.planning import content_from
from digest.issues.rows import IssueRow
from digest.issues.store import former_words
from digest.issues.values import Depth, IssueContent, Matchup, Overrides
from digest.matchups import with_depths
from digest.palette import DARK, LIGHT
from digest.panel import Panel
from digest.rendering.issue import render_issue
from digest.rendering.sizes import SIZE_LIMIT
from digest.rendering.slots import sentinel_for
from digest.rendering.values import Identity, Logo, RenderedEmail, Words
from digest.schedule import WEEKDAYS
from digest.settings import MOST_MATCHUPS, Settings
from digest.votes.store import with_votes
from digest.week import Week

_Depths = tuple[Depth, ...]
_CONTENT = TypeAdapter(IssueContent)
_PANEL = TypeAdapter(Panel)
# How deep the first matchups are shown; each row is smaller than the one above.
_DEPTHS: tuple[_Depths, ...] = ((Depth.FULL, Depth.SHORT), (Depth.FULL,), (Depth.SHORT,), ())


def identity_of(settings: Settings) -> Identity:
    """Return who is writing, as the settings say."""
    brand = settings.brand
    return Identity(
        name=brand.name,
        sender=brand.sender,
        address=brand.address,
        from_address=settings.mail.from_address,
        reply_to=settings.mail.reply_to,
        base_url=settings.web.base_url,
        light=brand.colours.over(LIGHT),
        dark=brand.colours.dark.over(DARK),
        words=Words(**brand.words.model_dump()),
        logo=Logo(brand.logo, brand.logo_alt, brand.logo_width) if brand.logo else None,
    )


def depths_of(settings: Settings) -> _Depths | None:
    """Return how deep the matchups are shown, the first ones first; None leaves it to the size."""
    depth = settings.issue.depth
    if depth == "auto":
        return None
    return tuple(map(Depth, depth)) if isinstance(depth, tuple) else (Depth(depth),) * MOST_MATCHUPS


def freeze(content: IssueContent) -> str:
    """Return an issue's content as JSON that ``content_of`` gives back unchanged."""
    return _CONTENT.dump_json(content).decode()


def content_of(
    session: Session, issue: IssueRow, panel: Panel, words: Overrides | None = None
) -> IssueContent:
    """Return what a stored issue says: as it was approved, or by the catalogue's present words.

    ``panel`` is the standing one; an approved issue keeps its own. A draft has the subject, preheader, intro
    and sponsor it was built with, or those of ``words``.
    """
    if issue.content is not None:
        return _frozen(issue.content, panel)
    words = words or from_stored(issue.overrides)
    ids = [tool for row in issue.matchups for tool in (row.left_id, row.right_id)]
    slugs = catalogue.slugs_by_id(session, ids)
    tools = {tool.slug: tool for tool in with_votes(session, catalogue.load_tools(session, ids=ids))}
    matchups = with_depths(
        [Matchup(tools[slugs[row.left_id]], tools[slugs[row.right_id]]) for row in issue.matchups]
    )
    week = Week.parse(issue.week)
    return content_from(week, matchups, panel, words, former_words(session, week))


def _frozen(content: str, panel: Panel) -> IssueContent:
    """Read frozen content; what was approved before issues kept their panel has the standing one."""
    kept = json.loads(content)
    kept.setdefault("panel", _PANEL.dump_python(panel, mode="json"))
    return _CONTENT.validate_python(kept)


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders one desk's issues in one newsletter's name.

    ``secret`` keys the sentinel of the slots; ``depths`` is how deep an editor wants the first matchups, None
    for as deep as the size allows.
    """

    identity: Identity
    secret: bytes
    weekday: int
    desk: Desk
    templates: Path | None = None
    depths: _Depths | None = None

    @classmethod
    def of(cls, settings: Settings, secret: str) -> Renderer:
        """Return the renderer for these settings and the newest secret key."""
        return cls(
            identity_of(settings),
            secret.encode(),
            WEEKDAYS.index(settings.schedule.weekday),
            Desk.of(settings),
            settings.templates.path,
            depths_of(settings),
        )

    def render(self, session: Session, issue: IssueRow) -> RenderedEmail:
        """Return the issue's e-mail: the frozen bytes if there are any, else a fresh rendering.

        Raises TemplateError.
        """
        if issue.frozen_at is not None:
            frozen = (issue.subject, issue.preheader, issue.html, issue.text, issue.mjml, issue.sentinel)
            return RenderedEmail(*[part or "" for part in frozen])
        return self.render_content(content_of(session, issue, self.desk.panel))

    def render_edition(self, session: Session, issue: IssueRow, name: str) -> RenderedEmail:
        """Return one edition of the issue: the frozen bytes if there are any, else a fresh rendering.

        Raises BadInput for a name that the issue has not, and TemplateError.
        """
        if name == MAIN:
            return self.render(session, issue)
        if (number := frozen_editions(session, issue).get(name)) is not None:
            return frozen_edition(session, number)
        content = content_of(session, issue, self.desk.panel)
        former = former_words(session, content.week)
        return self.render_content(edition_of(content, name, former))

    def render_content(self, content: IssueContent) -> RenderedEmail:
        """Return the e-mail of an issue that need not be stored; raises TemplateError."""
        return self.fitted(content)[1]

    def fitted(self, content: IssueContent) -> tuple[IssueContent, RenderedEmail]:
        """Return the issue as deep as it is shown, and its e-mail; raises TemplateError.

        Where it would come out larger than SIZE_LIMIT bytes of HTML it is shown less deep, down to stubs;
        but an editor's own ``depths`` stand, whatever they weigh.
        """
        for depths in _DEPTHS if self.depths is None else (self.depths,):
            shown = replace(content, matchups=with_depths(content.matchups, depths[: content.leading]))
            email = self._render(shown)
            if len(email.html.encode()) <= SIZE_LIMIT:
                break
        return shown, email

    def _render(self, content: IssueContent) -> RenderedEmail:
        sentinel = sentinel_for(self.secret, str(content.week))
        return render_issue(
            content, self.identity, sentinel, date=self.date_of(content.week), templates=self.templates
        )

    def date_of(self, week: Week) -> date:
        """Return the day on the issue's masthead: its sending day by the schedule."""
        return week.day(self.weekday)

"""The look through an issue before it is approved: rendered and linted while nobody waits for the database.

Linting takes seconds, and on SQLite whoever writes keeps every other writer waiting, readers who sign up too.
So the e-mail is made and checked first, on a state that was only read; the writing transaction then asks
whether the issue still says the same, and if not, all is done again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.orm import Session

from digest.db import Database
from digest.errors import WrongState
from digest.issues.rendered import Renderer
from digest.issues.values import IssueContent
from digest.rendering.values import RenderedEmail
from digest.week import Week

if TYPE_CHECKING:
    from digest.lint.following import OwnPages

_TRIES = 5
_Made = TypeVar("_Made")


class Outdated(WrongState):
    """The issue does not say any more what was looked through."""


@dataclass(frozen=True, slots=True)
class Checked:
    """An e-mail without errors, and what it was made of; ``editions`` are those beside it, by name."""

    content: IssueContent
    email: RenderedEmail
    editions: Mapping[str, RenderedEmail] = field(default_factory=dict)


def once_checked(
    database: Database,
    week: Week,
    look: Callable[[Session], IssueContent | None],
    check: Callable[[IssueContent], Checked],
    step: Callable[[Session, Checked | None], _Made],
) -> _Made:
    """Return what ``step`` makes of the week's issue, in one writing transaction that renders nothing.

    ``look`` returns what is to be approved, None for what needs no check; ``check`` raises what stands
    against it. ``step`` raises Outdated where something else is stored by then, and all begins anew.
    Raises WrongState when it never comes to rest, and what the three raise, with nothing stored.
    """
    for _ in range(_TRIES):
        with database.reading() as session:
            content = look(session)
        checked = check(content) if content is not None else None
        with suppress(Outdated), database.writing() as session:
            return step(session, checked)
    raise WrongState(f"issue {week} changes faster than it can be looked through; try again in a while")


def check_content(
    renderer: Renderer,
    content: IssueContent,
    own_pages: OwnPages | None = None,
    editions: Mapping[str, IssueContent] = MappingProxyType({}),
) -> Checked:
    """Return the issue's e-mail and its other ``editions`` if readers would stumble over nothing in them.

    ``own_pages`` answers for the links to our own pages; without it they are not followed. SpamAssassin is
    not asked: what it says depends on the machine, and takes long. Raises LintFailed and TemplateError.
    """
    # What lint reads with is heavy, and most commands never lint.
    from digest.lint.following import asked_inside
    from digest.lint.running import lint, refuse_errors
    from digest.lint.sample import mail_of

    email = renderer.render_content(content)
    mail = mail_of(email, renderer.identity, depth_chosen=renderer.depths is not None)
    internal = asked_inside(mail, content, own_pages) if own_pages is not None else None
    report = lint(mail, silence=renderer.desk.silence, internal=internal)
    refuse_errors(report, f"issue {content.week}")
    return Checked(content, email, check_editions(renderer, editions))


def check_editions(renderer: Renderer, editions: Mapping[str, IssueContent]) -> dict[str, RenderedEmail]:
    """Return the e-mails of editions, by name, if readers would stumble over nothing in them.

    No link is followed: they are the issue's own. Raises LintFailed and TemplateError.
    """
    from digest.lint.running import lint, refuse_errors
    from digest.lint.sample import mail_of

    emails = {}
    for name, content in editions.items():
        emails[name] = renderer.render_content(content)
        mail = mail_of(emails[name], renderer.identity, depth_chosen=renderer.depths is not None)
        report = lint(mail, silence=renderer.desk.silence)
        refuse_errors(report, f"issue {content.week}, edition {name},")
    return emails

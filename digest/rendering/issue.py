"""Renders a week's issue."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from digest.issues.values import IssueContent
from digest.rendering.mail import render_mail
from digest.rendering.values import Identity, RenderedEmail
from digest.rendering.view import issue_view


def render_issue(
    content: IssueContent, identity: Identity, sentinel: str, *, date: date, templates: Path | None = None
) -> RenderedEmail:
    """Return the e-mail of an issue: HTML, its plain-text twin and the MJML between.

    ``date`` is the day on the masthead; ``templates`` a folder whose ``email/`` takes the place of shipped
    files. The same arguments give the same bytes. Raises TemplateError naming the template and line.
    """
    return render_mail(
        "issue",
        {"issue": issue_view(content, identity, sentinel, date=date), "language": content.language},
        identity,
        sentinel,
        subject=content.subject,
        preheader=content.preheader,
        templates=templates,
    )

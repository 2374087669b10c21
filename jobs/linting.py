"""Lints an issue as it stands and asks whom it may: our own pages, SpamAssassin, on request other sites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from digest.catalogue.feeds.fetching import Fetcher
from digest.cli import App
from digest.issues.rendered import Renderer, content_of
from digest.issues.store import get_issue
from digest.lint.addresses import is_web, own_path
from digest.lint.following import asked_inside
from digest.lint.links import Answered, Ask, addresses
from digest.lint.pictures import HEAVIEST, pictures_of
from digest.lint.running import Report, lint
from digest.lint.sample import mail_of
from digest.lint.values import Finding, Mail, Severity
from digest.rendering.values import RenderedEmail
from digest.secrets import secret_keys
from digest.week import Week
from jobs.editions import asked_for
from jobs.following import ask_other_sites, ask_own_pages, other_sites

# SpamAssassin loads all its rules for each message; in seconds.
_PATIENCE = 60.0


def lint_issue(app: App, week: Week, *, online: bool = False, fetcher: Fetcher | None = None) -> Report:
    """Return what is wrong with the week's issue and the editions its readers get.

    With ``online`` other sites are asked too, by ``fetcher``; a link is followed once, in the issue itself.

    Raises NotFound and TemplateError.
    """
    renderer = Renderer.of(app.settings, secret_keys(app.settings)[0])
    with app.database.reading() as session:
        issue = get_issue(session, week)
        email = renderer.render(session, issue)
        content = content_of(session, issue, renderer.desk.panel)
        editions = {
            name: renderer.render_edition(session, issue, name)
            for name in asked_for(session, content, app.clock.now())
        }
    mail = mail_of(email, renderer.identity, depth_chosen=renderer.depths is not None)
    pages = partial(ask_own_pages, app.settings, app.database, app.clock)
    report = lint(
        mail,
        silence=renderer.desk.silence,
        internal=asked_inside(mail, content, pages),
        external=_asked_outside(mail, fetcher or other_sites()) if online else None,
        spamassassin=_PATIENCE,
    )
    return _with_editions(report, editions, renderer)


def _with_editions(report: Report, editions: Mapping[str, RenderedEmail], renderer: Renderer) -> Report:
    """Return the report with what is wrong in an edition only, said where."""
    known = {(one.rule, one.where, one.why) for one in report.findings}
    more: list[Finding] = []
    for name, email in editions.items():
        mail = mail_of(email, renderer.identity, depth_chosen=renderer.depths is not None)
        more += [
            replace(one, where=f"edition {name}: {one.where}")
            for one in lint(mail, silence=renderer.desk.silence).findings
            if (one.rule, one.where, one.why) not in known
        ]
    findings = sorted((*report.findings, *more), key=lambda one: one.severity is not Severity.ERROR)
    return replace(report, findings=tuple(findings))


def _asked_outside(mail: Mail, fetcher: Fetcher) -> Ask:
    links = [one for one in addresses(mail) if is_web(one) and not own_path(one, mail.base_url)]
    pictures = [one for one in pictures_of(mail) if is_web(one)]
    found = {
        **ask_other_sites(dict.fromkeys(links), fetcher, 0),
        **ask_other_sites(dict.fromkeys(pictures), fetcher, HEAVIEST),
    }
    return lambda address: found.get(address, Answered(None))

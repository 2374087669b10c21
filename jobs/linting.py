"""Lints an issue as it stands and asks whom it may: our own pages, SpamAssassin, on request other sites."""

from __future__ import annotations

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
from digest.lint.values import Mail
from digest.secrets import secret_keys
from digest.week import Week
from jobs.following import ask_other_sites, ask_own_pages, other_sites

# SpamAssassin loads all its rules for each message; in seconds.
_PATIENCE = 60.0


def lint_issue(app: App, week: Week, *, online: bool = False, fetcher: Fetcher | None = None) -> Report:
    """Return what is wrong with the week's issue; with ``online`` other sites are asked too, by ``fetcher``.

    Raises NotFound and TemplateError.
    """
    renderer = Renderer.of(app.settings, secret_keys(app.settings)[0])
    with app.database.reading() as session:
        issue = get_issue(session, week)
        email = renderer.render(session, issue)
        content = content_of(session, issue, renderer.desk.panel)
    mail = mail_of(email, renderer.identity, depth_chosen=renderer.depths is not None)
    pages = partial(ask_own_pages, app.settings, app.database, app.clock)
    return lint(
        mail,
        silence=renderer.desk.silence,
        internal=asked_inside(mail, content, pages),
        external=_asked_outside(mail, fetcher or other_sites()) if online else None,
        spamassassin=_PATIENCE,
    )


def _asked_outside(mail: Mail, fetcher: Fetcher) -> Ask:
    links = [one for one in addresses(mail) if is_web(one) and not own_path(one, mail.base_url)]
    pictures = [one for one in pictures_of(mail) if is_web(one)]
    found = {
        **ask_other_sites(dict.fromkeys(links), fetcher, 0),
        **ask_other_sites(dict.fromkeys(pictures), fetcher, HEAVIEST),
    }
    return lambda address: found.get(address, Answered(None))

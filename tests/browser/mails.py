"""A sample of every mail we send, for the browser to show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

from digest.issues.values import Depth
from digest.rendering.mail import render_mail
from digest.rendering.values import RenderedEmail
from digest.templating import template_names
from digest.week import Week
from jobs.editor import sample_news
from jobs.letters import TO_THE_LIST
from tests.digest.rendering.samples import (
    FERRY,
    IDENTITY,
    INTRO,
    LANTERN,
    LOUPE,
    MOTH,
    SENTINEL,
    SPONSOR,
    TUG,
    WASP,
    pair,
    rendered,
)

_HTML, _TEXT = ".mjml.j2", ".txt.j2"


@dataclass(frozen=True, slots=True)
class Sample:
    """One mail. ``template`` is its template's name, ``variant`` says which of several mails it makes."""

    template: str
    make: Callable[[], RenderedEmail]
    variant: str = ""

    @property
    def name(self) -> str:
        """A name for files: ``issue``, ``issue-one-matchup``."""
        return f"{self.template}-{self.variant}" if self.variant else self.template


def _issue() -> RenderedEmail:
    pairs = (pair(LOUPE, LANTERN), pair(FERRY, TUG, Depth.SHORT), pair(MOTH, WASP, Depth.STUB))
    return rendered(*pairs, intro=INTRO, sponsor=SPONSOR)


def _letter(name: str) -> RenderedEmail:
    """Return a single mail to a reader; what it prints is what ``jobs.letters`` gives it."""
    base = IDENTITY.base_url
    unsubscribe = f"{base}/unsubscribe/abc.def"
    listed = (("Unsubscribe", unsubscribe), ("Preferences", f"{base}/preferences/abc.def"))
    values = {
        "confirm_url": f"{base}/confirm/abc.def",
        "subscribe_url": f"{base}/subscribe",
        "unsubscribe_url": unsubscribe,
        "change_url": f"{base}/change/abc.def",
        "latest_url": f"{base}/issues/2026-W46",
        "weekday": "Friday",
        "links": listed if name in TO_THE_LIST else (),
    }
    return render_mail(name, values, IDENTITY, SENTINEL)


def _editors_notice() -> RenderedEmail:
    news = sample_news(Week.parse("2026-W47"))
    values = {"title": news.title, "said": news.said, "command": news.command}
    return render_mail("editor", values, IDENTITY, SENTINEL)


SAMPLES = (
    Sample("issue", _issue),
    Sample("issue", lambda: rendered(pair(LOUPE, LANTERN)), "one-matchup"),
    *(
        Sample(name, partial(_letter, name))
        for name in ("confirm", "welcome", "reconfirm", "probe", "leave", "goodbye", "change", "changed")
    ),
    Sample("editor", _editors_notice),
)


@cache
def html_of(sample: Sample) -> str:
    """Return the sample's HTML."""
    return sample.make().html


def shipped_mails() -> set[str]:
    """Return the names of all mails that have templates: those with a plain-text twin."""
    names = [name.removeprefix("email/") for name in template_names() if name.startswith("email/")]
    return {
        name.removesuffix(_HTML)
        for name in names
        if name.endswith(_HTML) and name.replace(_HTML, _TEXT) in names
    }

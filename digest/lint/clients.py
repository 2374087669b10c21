"""Whether the big mail clients know the HTML and CSS a message uses, by a data set that is shipped along.

A newsletter's markup always uses something that some client does not know. What the design can lose without
harm is listed here with the reason; anything else is a finding. So the list is a ratchet: a template that
begins to lean on something new is told so.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import PurePosixPath

from digest.lint.addresses import parts_of
from digest.lint.styles import Rule, declarations, rules_of
from digest.lint.values import Finding, Mail, Severity

# Where so many of the clients lack something, nobody should need it.
_MANY = 0.5
_ENDINGS = {"jpeg": "jpg", "tif": "tiff", "heic": "heif"}
# Feature → what a reader loses where it is not known.
HARMLESS: Mapping[str, str] = {
    "css-at-media": "phones get the wide form, which fits them too",
    "css-at-media-prefers-color-scheme": "the light form is shown, or the client's own dark",
    "css-border-radius": "corners are square",
    "css-height": "it is set on what is high enough by its text",
    "css-color-scheme": "the client decides on dark by itself",
    "css-display-none": "a label for phones is hidden by mso-hide too",
    "css-letter-spacing": "letters stand at their usual distance",
    "css-max-height": "it belongs to the preheader, which is hidden in two other ways",
    "css-max-width": "tables have a width of their own",
    "css-min-width": "tables have a width of their own",
    "css-opacity": "it belongs to the preheader, which is hidden in two other ways",
    "css-outline": "MJML takes it off pictures; some clients draw a line round them",
    "css-overflow": "short words are cut by the program already",
    "css-overflow-wrap": "only a word wider than the column stands out",
    "css-selector-attribute": "it only serves Outlook's own dark mode",
    "css-selector-child": "it only serves the dark mode",
    "css-table-layout": "columns are as wide as their words ask; widths are set too",
    "css-text-overflow": "short words are cut by the program already",
    "css-word-spacing": "MJML sets it to what it is anyway",
    "css-word-break": "only a word wider than the column stands out",
    "css-white-space": "a label may break in two lines",
    "html-aria-hidden": "a screen reader says a little more",
    "html-bdi": "a name in another script may push its neighbours about; dir=auto stands beside it",
    "html-body": "its colours stand on the outer table too",
    "html-aria-label": "a screen reader reads the text itself",
    "html-role": "a screen reader announces tables",
    "html-lang": "a screen reader takes its usual voice",
}


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing of HTML or CSS. ``names`` are looked for by ``kind``; ``lacking`` clients do not know it."""

    slug: str
    title: str
    kind: str
    names: tuple[str, ...]
    lacking: tuple[str, ...]


@lru_cache(maxsize=1)
def support() -> tuple[tuple[Feature, ...], Mapping[str, str]]:
    """Return the shipped data: the features, and the clients' names by their key."""
    data = json.loads(files("digest.lint").joinpath("data/clients.json").read_text("utf-8"))
    features = tuple(
        Feature(one["slug"], one["title"], one["kind"], tuple(one["names"]), tuple(one["lacking"]))
        for one in data["features"]
    )
    return features, data["clients"]


def check_clients(mail: Mail) -> Iterator[Finding]:
    """Find HTML and CSS that big clients do not know and the design was not made to lose."""
    features, clients = support()
    used = _used(mail)
    for feature in features:
        places = [place for name in feature.names if (place := used[feature.kind].get(name))]
        if not places or not feature.lacking or feature.slug in HARMLESS:
            continue
        names = ", ".join(clients[key] for key in feature.lacking)
        yield Finding(
            "clients",
            Severity.ERROR if len(feature.lacking) >= _MANY * len(clients) else Severity.WARNING,
            places[0],
            f"{feature.title} is not known to {names}",
            f'do without, or see that nothing is lost there: [lint] silence = ["clients:{feature.slug}"]',
            feature.slug,
        )


def _used(mail: Mail) -> dict[str, dict[str, str]]:
    """Return kind → name → the place where the message first uses it."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for element in mail.elements():
        where = f"line {element.sourceline}, <{element.tag}>"
        found["element"].setdefault(str(element.tag), where)
        if element.tag == "img" and (picture := _format_of(element.get("src") or "")):
            found["image"].setdefault(picture, where)
        for name in element.attrib:
            found["attribute"].setdefault(str(name), where)
        _note(found, declarations(element.get("style") or ""), f"{where} style")
    for rule in rules_of(mail.tree):
        where = f"<style> {rule.selector}"
        _note(found, rule.declarations, where)
        _note_selector(found, rule, where)
    return found


def _format_of(source: str) -> str:
    """Return the format a picture's address tells, as the data names it; "" where it tells none.

    Packed into the message (``data:``) it is an error of ``image-weight`` already.
    """
    parts = None if source.startswith("data:") else parts_of(source)
    ending = PurePosixPath(parts.path).suffix[1:].lower() if parts else ""
    return _ENDINGS.get(ending, ending)


def _note(found: dict[str, dict[str, str]], style: Mapping[str, str], where: str) -> None:
    for name, value in style.items():
        found["property"].setdefault(name, where)
        found["pair"].setdefault(f"{name}:{value.strip()}", where)
        for function in re.findall(r"([a-z-]+)\(", value):
            found["function"].setdefault(function, where)
        for unit in re.findall(r"\d([a-z]+)\b", value):
            found["unit"].setdefault(unit, where)


def _note_selector(found: dict[str, dict[str, str]], rule: Rule, where: str) -> None:
    for pseudo in re.findall(r"::?[a-z-]+", rule.selector):
        found["selector"].setdefault(pseudo, where)
    for sign in (">", "+", "~", "[", "*"):
        if sign in rule.selector:
            found["selector"].setdefault(sign, where)
    if rule.media:
        found["at"].setdefault("media", where)
        for feature in re.findall(r"\(([a-z-]+)", rule.media):
            found["at"].setdefault(feature, where)

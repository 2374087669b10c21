"""Messages for the rules: the shipped issue as a reader gets it, and small ones with one thing wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from digest.lint.sample import mail_of
from digest.lint.values import Finding, Mail
from tests.digest.rendering.samples import IDENTITY, rendered


@lru_cache(maxsize=1)
def shipped() -> Mail:
    """Return the shipped templates' issue."""
    # The samples write from nobody's domain and address, as they should.
    mail = mail_of(rendered(), replace(IDENTITY, from_address="digest@weekly-verdicts.dev"))
    return replace(mail, postal="Weekly Verdicts, 12 Rue des Essais, 75011 Paris")


def with_body(body: str, *, head: str = "") -> Mail:
    """Return the same message with another HTML body."""
    return replace(
        shipped(), html=f'<!DOCTYPE html><html lang="en"><head>{head}</head><body>{body}</body></html>'
    )


def rules(findings: Iterable[Finding]) -> list[str]:
    """Return the rule ids of findings, in order."""
    return [finding.rule for finding in findings]

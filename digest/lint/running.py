"""All rules by name, and the report of a run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from digest.errors import DigestError
from digest.lint.clients import check_clients
from digest.lint.colours import check_contrast
from digest.lint.delivery import check_headers, check_mime, check_size, check_slots
from digest.lint.identity import check_identity
from digest.lint.links import Ask, Fetch, check_external, check_internal, check_links
from digest.lint.pictures import check_pictures
from digest.lint.spamassassin import check_spamassassin
from digest.lint.structure import check_headings, check_images, check_language, check_tables
from digest.lint.textsize import check_text_size
from digest.lint.values import Finding, Mail, Severity
from digest.lint.wording import check_parity, check_preheader, check_spam_words, check_subject

_CHECKS: tuple[Callable[[Mail], Iterator[Finding]], ...] = (
    check_subject,
    check_spam_words,
    check_preheader,
    check_size,
    check_slots,
    check_headers,
    check_identity,
    check_mime,
    check_links,
    check_language,
    check_headings,
    check_tables,
    check_images,
    check_contrast,
    check_text_size,
    check_parity,
    check_clients,
)
# So many errors a refusal names.
_NAMED = 3


class LintFailed(DigestError):
    """The issue has errors that a reader would meet."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, the errors first; ``silenced`` counts what ``[lint] silence`` kept back."""

    findings: tuple[Finding, ...]
    silenced: int = 0

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    def json(self) -> dict[str, Any]:
        """Return the report for programs."""
        return {
            "errors": len(self.errors),
            "warnings": len(self.findings) - len(self.errors),
            "silenced": self.silenced,
            "findings": [asdict(finding) for finding in self.findings],
        }


def lint(
    mail: Mail,
    *,
    silence: Collection[str] = (),
    internal: Fetch | None = None,
    external: Ask | None = None,
    spamassassin: float | None = None,
) -> Report:
    """Return everything the rules find in a message.

    ``internal`` and ``external`` are asked for the status of links; without them links are not followed.
    ``spamassassin`` is how many seconds SpamAssassin may take, where it is installed; None asks it nothing.
    """
    found: list[Finding] = [finding for check in _CHECKS for finding in check(mail)]
    if internal is not None:
        found += check_internal(mail, internal)
    if external is not None:
        found += [*check_external(mail, external), *check_pictures(mail, external)]
    if spamassassin is not None:
        found += check_spamassassin(mail, spamassassin)
    heard = [one for one in found if not {one.rule, f"{one.rule}:{one.feature}"} & set(silence)]
    heard.sort(key=lambda finding: finding.severity is not Severity.ERROR)
    return Report(tuple(heard), len(found) - len(heard))


def refuse_errors(report: Report, what: str) -> None:
    """Raise LintFailed, naming the first errors, if there are any; warnings are for a person to weigh."""
    if report.errors:
        named = "; ".join(f"{one.rule}: {one.where}: {one.why}" for one in report.errors[:_NAMED])
        raise LintFailed(f"{what} has {summary(report.errors)}: {named}; see all with: digest issue lint")


def summary(findings: Sequence[Finding]) -> str:
    """Return "2 errors, 1 warning", what there is none of left out."""
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    counts = ((errors, "error"), (len(findings) - errors, "warning"))
    words = [f"{count} {what}{'' if count == 1 else 's'}" for count, what in counts if count]
    return ", ".join(words) or "nothing"

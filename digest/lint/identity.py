"""Who writes: whether an issue still goes out in the name of the examples it was set up with."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parseaddr

from digest.lint.values import Finding, Mail, Severity
from digest.settings.brand import Brand

# Names that belong to nobody (RFC 2606, 2 and 3).
_NOBODYS = ("example.com", "example.net", "example.org", "example", "invalid", "test", "localhost")


def check_identity(mail: Mail) -> Iterator[Finding]:
    """Find a sender or a postal address that is only an example.

    Warnings, so that a demonstration and a first try go out; the bulk receivers and CAN-SPAM (16 CFR 316, and
    15 U.S.C. 7704 (a)(5)) want real ones.
    """
    domain = parseaddr(str(mail.parsed.get("From", "")))[1].rpartition("@")[2].lower()
    if any(domain == name or domain.endswith(f".{name}") for name in _NOBODYS):
        yield Finding(
            "identity",
            Severity.WARNING,
            "From",
            f"{domain} belongs to nobody; receivers turn its mail away",
            "set [mail] from_address to an address of your own domain",
        )
    if mail.postal.strip() == Brand().address:
        yield Finding(
            "identity",
            Severity.WARNING,
            "footer",
            f"“{mail.postal}” is an example; the law asks for an address that post reaches",
            "set [brand] address",
        )

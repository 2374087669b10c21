"""What every mail to a list owes its readers: a way out that is seen, and who is writing by post."""

from __future__ import annotations

from collections.abc import Iterator

from digest.lint.values import Finding, Mail, Severity


def check_way_out(mail: Mail) -> Iterator[Finding]:
    """Find a body without a link to leave by, or without the postal address.

    The bulk receivers want the link beside the header of RFC 8058, CAN-SPAM (15 U.S.C. 7704 (a)(5)) both. A
    mail without List-Unsubscribe goes to nobody's list, so it needs no link.
    """
    leave = f"{mail.base_url}/unsubscribe/"
    if mail.parsed.get("List-Unsubscribe"):
        there = {
            "HTML": any(address.startswith(leave) for address, _ in mail.links()),
            "plain text": leave in mail.text,
        }
        for body in (body for body, found in there.items() if not found):
            yield Finding(
                "way-out",
                Severity.ERROR,
                body,
                "nobody can leave the list from here, so they report it as spam instead",
                "print the links of the footer, issue.links.footer, in the template",
            )
    postal = _squeezed(mail.postal)
    bodies = {"HTML": mail.tree.text_content(), "plain text": mail.text}
    for body in (body for body, text in bodies.items() if postal not in _squeezed(text)):
        yield Finding(
            "way-out",
            Severity.ERROR,
            body,
            "the postal address is missing, which the law asks for",
            "print brand.address in the template",
        )


def _squeezed(text: str) -> str:
    """Return a text without its white space: plain text is wrapped anywhere."""
    return "".join(text.split())

"""Consent: the ways to come onto the list, and the words that one agrees to."""

from __future__ import annotations

from enum import StrEnum

# What stands above the button of every form of ours, word for word; the record of a sign-up quotes it.
AGREED = (
    "Send me one e-mail a week that puts new AI tools head to head. You ask me to confirm first, "
    "and I can leave with one click at any time."
)
# What stands above the button that confirms. That press is the consent, so its record quotes this.
CONFIRMING = (
    "Yes, send me one e-mail a week that puts new AI tools head to head. "
    "I can leave with one click at any time."
)


class Form(StrEnum):
    """The way somebody came onto the list. The words are stored; never rename one."""

    PAGE = "page"
    EMBED = "embed"
    API = "api"
    MAIL = "mail"
    OPERATOR = "operator"
    # Stored with what is known beside it: "import from Ghost on 2026-11-20, opted in …".
    IMPORT = "import"

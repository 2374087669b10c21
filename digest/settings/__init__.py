"""One settings object, read once at the entry point and passed down (law 9).

Three layers, later ones win: the defaults in ``sections``, ``digest.toml`` (beside the command or at
``$DIGEST_CONFIG``), and the environment: ``DIGEST_SECTION__KEY`` for every key, with ``__`` before each name
in a table of a section and commas in a list (``[[panel.reviewers]]``, a list of tables, is for the file), and
a short name for the four that every operator needs. Any of them may be given as ``…_FILE``, naming a file
that holds the value.
"""

from __future__ import annotations

from digest.settings.brand import Brand, BrandColours, BrandWords
from digest.settings.mailin import MailInSettings
from digest.settings.reading import config_file, read_settings
from digest.settings.sections import (
    MOST_MATCHUPS,
    BounceSettings,
    DatabaseSettings,
    IssueSettings,
    LimitsSettings,
    LintSettings,
    MailSettings,
    ScheduleSettings,
    Settings,
    SmtpSettings,
    SourceSettings,
    TemplateSettings,
    WebSettings,
)
from digest.settings.sending import SendingSettings
from digest.settings.values import Rate

__all__ = [
    "MOST_MATCHUPS",
    "BounceSettings",
    "Brand",
    "BrandColours",
    "BrandWords",
    "DatabaseSettings",
    "IssueSettings",
    "LimitsSettings",
    "LintSettings",
    "MailInSettings",
    "MailSettings",
    "Rate",
    "ScheduleSettings",
    "SendingSettings",
    "Settings",
    "SmtpSettings",
    "SourceSettings",
    "TemplateSettings",
    "WebSettings",
    "config_file",
    "read_settings",
]

"""The tables of ``digest.toml``, each with its defaults."""

from __future__ import annotations

import re
from datetime import time as clock_time
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, SecretStr, field_validator

from digest.settings.brand import Brand
from digest.settings.lintrules import known_rule
from digest.settings.mailin import MailInSettings
from digest.settings.sending import SendingSettings
from digest.settings.values import (
    Colour,
    Duration,
    Network,
    OneLine,
    OneRate,
    Rate,
    Rates,
    Section,
    Weekday,
    like,
)

# So many matchups an issue has at the most.
MOST_MATCHUPS = 40


class DatabaseSettings(Section):
    url: str = "sqlite:///digest.db"


class SmtpSettings(Section):
    """``url`` is smtp://user:pass@host:587?tls=starttls, smtps://…, lmtp://… or smtp:///path/of/socket.

    It may name several relays, separated by white space (``jobs.sending.relays``), and hold passwords.
    """

    url: SecretStr = SecretStr("smtp://127.0.0.1:25")


class MailSettings(Section):
    """``editor`` is told what became of each issue: drafted, held back, missed, paused, sent.

    ``bounces`` is where mail that cannot be delivered comes back to, as ``name+TOKEN@domain`` with a token
    for each mail; without it, all leaves and comes back under ``from_address``.
    """

    from_address: OneLine = "digest@example.com"
    reply_to: OneLine | None = None
    editor: OneLine | None = None
    # So short a name that, with "+" and a token of 40, it stays within RFC 5321's 64 octets.
    bounces: (
        Annotated[
            OneLine,
            AfterValidator(
                like(r"[A-Za-z0-9._-]{1,23}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", "bounces@news.example.com")
            ),
        ]
        | None
    ) = None


class BounceSettings(Section):
    """A reader is sent a probe after ``soft_days`` days whose mail failed for now, within ``soft_window``."""

    soft_days: int = Field(default=5, ge=1, le=100)
    soft_window: Duration = timedelta(days=30)


class WebSettings(Section):
    """``trusted_proxies``: from these the word counts for whom a request was made (X-Forwarded-For)."""

    base_url: str = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    secret_key: SecretStr | None = None
    old_secret_keys: tuple[SecretStr, ...] = ()
    trusted_proxies: tuple[Network, ...] = ("127.0.0.1", "::1")

    @field_validator("base_url")
    @classmethod
    def _http(cls, value: str) -> str:
        if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", value):
            raise ValueError("write it like https://digest.example.com")
        return value.rstrip("/")


class ScheduleSettings(Section):
    """When an issue goes out; ``automatic = false`` leaves building and sending to a person.

    ``draft_before``: so long before its slot an issue is drafted, for the editor to see; 0s: at the slot.
    """

    weekday: Weekday = "fri"
    time: clock_time = clock_time(9, 0)
    timezone: str = "UTC"
    max_late: Duration = timedelta(hours=72)
    # Below a week: two weeks' drafts at once would take each other's tools.
    draft_before: Duration = Field(default=timedelta(hours=24), lt=timedelta(days=7))
    automatic: bool = True

    @property
    def zone(self) -> ZoneInfo:
        """The time zone, ready for use."""
        return ZoneInfo(self.timezone)

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, OSError, KeyError) as error:
            raise ValueError("is not an IANA time zone; write it like Europe/Paris") from error
        return value


class SelectionSettings(Section):
    """``size`` is the most matchups one issue holds: what fits below Gmail's clip with falling depth.

    A tool needs ``min_takes`` takes; a pair that ran does not meet again for ``rematch_after_weeks``.
    """

    size: int = Field(default=16, ge=1, le=MOST_MATCHUPS)
    min_takes: int = Field(default=3, ge=1, le=20)
    rematch_after_weeks: int = Field(default=52, ge=0, le=5_000)


class ReviewerSettings(Section):
    """A seat on the panel: ``initial`` is a letter or two, ``brief`` the one question they ask."""

    name: OneLine = Field(min_length=1, max_length=40)
    initial: OneLine = Field(min_length=1, max_length=2)
    colour: Colour
    brief: OneLine = Field(min_length=1, max_length=80)


class PanelSettings(Section):
    """Who reviews, in the order every panel is shown in; written as ``[[panel.reviewers]]`` tables."""

    reviewers: tuple[ReviewerSettings, ...] = Field(
        default=tuple(
            ReviewerSettings(name=name, initial=initial, colour=colour, brief=brief)
            for name, initial, colour, brief in (
                ("Builder", "B", "#0b7285", "Would I build on it?"),
                ("Skeptic", "S", "#a61e4d", "Where does it break?"),
                ("Futurist", "Fu", "#5f3dc4", "Where does it lead?"),
                ("Founder", "Fo", "#1864ab", "Is there a business?"),
                ("Creator", "C", "#7a5c00", "Does the work get better?"),
            )
        ),
        min_length=1,
        max_length=20,
    )

    @field_validator("reviewers")
    @classmethod
    def _once_each(cls, reviewers: tuple[ReviewerSettings, ...]) -> tuple[ReviewerSettings, ...]:
        names = [reviewer.name for reviewer in reviewers]
        if len(set(names)) < len(names):
            raise ValueError("has a reviewer twice")
        return reviewers


class IssueSettings(Section):
    """``path``: a folder with an editor's word on single issues, ``2026-W47.yaml`` and so on.

    ``depth``: how much is shown of each matchup: ``auto`` falls from full to stubs and stays below Gmail's
    clip; ``full``, ``short`` or ``stub`` is for all, a list (``full, full, short``) for the first ones, the
    rest as stubs.
    """

    path: Path = Path("issues")
    depth: tuple[Literal["full", "short", "stub"], ...] | Literal["auto", "full", "short", "stub"] = "auto"

    @field_validator("depth", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        """Read a list that is written with commas."""
        words = [word.strip() for word in value.split(",")] if isinstance(value, str) else value
        if (
            not isinstance(words, (list, tuple))
            or not words
            or not set(map(str, words)) <= {"full", "short", "stub"}
        ):
            if value == "auto":
                return value
            raise ValueError("write auto, full, short or stub, or a list like full, full, short")
        return words[0] if isinstance(value, str) and len(words) == 1 else tuple(words)


class LintSettings(Section):
    """``silence``: rules whose findings are kept back, such as ``text-width``.

    Of ``clients`` a single feature can be named: ``clients:css-display-flex``.
    """

    silence: tuple[Annotated[OneLine, AfterValidator(known_rule)], ...] = ()


class SourceSettings(Section):
    """A feed, or tools as JSON, that is polled every so often: ``[sources.NAME]``.

    ``hosts`` may be fetched although they resolve to a private address.
    """

    url: Annotated[OneLine, AfterValidator(like(r"https?://\S+", "https://example.com/feed.xml"))]
    every: Duration = timedelta(hours=6)
    category: OneLine | None = None
    hosts: tuple[OneLine, ...] = ()


class LimitsSettings(Section):
    """How many sign-ups are acted upon, each bound as ``5/10m, 20/1d``; ``""`` is none.

    ``client`` is one IPv4 address or IPv6 /64, ``network`` a /24 or /48, ``address`` the mailbox that is
    signed up, ``domain`` the part after its @. Sign-ups by mail, whose senders may be forged, are counted
    apart; ``mail_domain`` and ``mail_overall`` are their two widest bounds. More than ``surge`` slows
    confirmations down to ``surge_pace``. ``storage`` is ``database`` or a ``redis://…`` URL. Whoever sends
    the form sooner than ``fastest`` after it was shown is a robot; after ``stale_after`` it is shown again.
    ``proof_of_work`` is how many bits a browser has to find, 0 for none.
    """

    storage: SecretStr = SecretStr("database")
    client: Rates = (Rate(10, timedelta(minutes=10)), Rate(50, timedelta(days=1)))
    network: Rates = (Rate(40, timedelta(minutes=10)), Rate(200, timedelta(days=1)))
    address: Rates = (Rate(5, timedelta(days=1)),)
    domain: Rates = (Rate(500, timedelta(hours=1)),)
    overall: Rates = (Rate(3000, timedelta(hours=1)),)
    mail_domain: Rates = (Rate(20, timedelta(hours=1)), Rate(60, timedelta(days=1)))
    mail_overall: Rates = (Rate(40, timedelta(hours=1)), Rate(200, timedelta(days=1)))
    surge: OneRate = Rate(150, timedelta(hours=1))
    surge_pace: OneRate = Rate(10, timedelta(minutes=1))
    fastest: Duration = timedelta(seconds=2)
    stale_after: Duration = timedelta(days=1)
    proof_of_work: int = Field(default=0, ge=0, le=24)

    @field_validator("storage")
    @classmethod
    def _known(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch(r"database|rediss?://\S+", value.get_secret_value()):
            raise ValueError("write database, or where Redis is, like redis://127.0.0.1:6379/0")
        return value


class CatalogueSettings(Section):
    """``path``: a folder of tools and saved pages; the preview imports a file again when it is saved."""

    path: Path | None = None


class TemplateSettings(Section):
    """``path``: a folder whose files take the place of the shipped templates of the same name."""

    path: Path | None = None


class Settings(Section):
    bounces: BounceSettings = BounceSettings()
    brand: Brand = Brand()
    catalogue: CatalogueSettings = CatalogueSettings()
    database: DatabaseSettings = DatabaseSettings()
    issue: IssueSettings = IssueSettings()
    limits: LimitsSettings = LimitsSettings()
    lint: LintSettings = LintSettings()
    mail: MailSettings = MailSettings()
    mailin: MailInSettings = MailInSettings()
    panel: PanelSettings = PanelSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    selection: SelectionSettings = SelectionSettings()
    sending: SendingSettings = SendingSettings()
    smtp: SmtpSettings = SmtpSettings()
    sources: dict[str, SourceSettings] = Field(default={})
    templates: TemplateSettings = TemplateSettings()
    web: WebSettings = WebSettings()

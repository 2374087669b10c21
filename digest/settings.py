"""One settings object, read once at the entry point and passed down (law 9).

Three layers, later ones win: the defaults below, ``digest.toml`` (beside the command or at
``$DIGEST_CONFIG``), and the environment: ``DIGEST_SECTION__KEY`` for every key and a short name for the
four that every operator needs. Any of them may be given as ``…_FILE``, naming a file that holds the value.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import time as clock_time
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from digest.errors import SettingsError
from digest.palette import DARK, LIGHT, Palette

SHORT_NAMES = {
    "DIGEST_DATABASE_URL": ("database", "url"),
    "DIGEST_SMTP_URL": ("smtp", "url"),
    "DIGEST_BASE_URL": ("web", "base_url"),
    "DIGEST_SECRET_KEY": ("web", "secret_key"),
}
# So many matchups an issue has at the most.
MOST_MATCHUPS = 40
_NOT_SETTINGS = {"DIGEST_CONFIG"}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _duration(value: object) -> object:
    """Read ``"90s"``, ``"15m"``, ``"48h"`` or ``"14d"``."""
    if isinstance(value, str):
        match = _DURATION.fullmatch(value.strip())
        if not match:
            raise ValueError("write a duration like 30s, 15m, 48h or 14d")
        return timedelta(seconds=float(match[1]) * _SECONDS[match[2]])
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _one_line(value: str) -> str:
    if any(ord(char) < 32 or ord(char) == 127 for char in value):
        raise ValueError("must be one line without control characters")
    return value


OneLine = Annotated[str, BeforeValidator(lambda v: _one_line(v) if isinstance(v, str) else v)]


def _like(pattern: str, example: str) -> Callable[[str], str]:
    """Return the check that a value has a form, told by an example."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"write it like {example}")
        return value

    return check


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


class BrandColours(_Section):
    """Colours in the place of the house's own, any of them, as #rrggbb."""

    canvas: Colour | None = None
    surface: Colour | None = None
    tint: Colour | None = None
    ink: Colour | None = None
    text: Colour | None = None
    muted: Colour | None = None
    line: Colour | None = None
    control: Colour | None = None
    track: Colour | None = None
    ship: Colour | None = None
    on_ship: Colour | None = None
    skip: Colour | None = None
    on_ink: Colour | None = None

    def over(self, house: Palette) -> Palette:
        """Return the house's palette with these colours in it."""
        return house.over(self.model_dump(exclude_none=True))


class BrandColoursOfBoth(BrandColours):
    """``[brand.colours]`` is for light, ``[brand.colours.dark]`` for dark; each is checked by itself."""

    dark: BrandColours = BrandColours()

    def over(self, house: Palette) -> Palette:
        """Return the house's light palette with these colours in it."""
        return house.over(self.model_dump(exclude_none=True, exclude={"dark"}))

    @model_validator(mode="after")
    def _readable(self) -> Self:
        """Refuse colours in which a text of the design could not be read."""
        for mode, palette in (("light", self.over(LIGHT)), ("dark", self.dark.over(DARK))):
            if fault := palette.too_close():
                raise ValueError(f"{mode}: {fault}")
        return self


class BrandWords(_Section):
    """The voice of the verdicts. A verdict has eight letters at most, so that a phone has room for it."""

    ship: OneLine = Field(default="SHIP", min_length=1, max_length=8)
    skip: OneLine = Field(default="SKIP", min_length=1, max_length=8)
    split: OneLine = Field(default="SPLIT", min_length=1, max_length=8)
    picks: OneLine = Field(default="Panel’s pick", min_length=1, max_length=12)


class Brand(_Section):
    """Who is writing: what masthead, footer and From say, and how they look.

    ``logo`` is a picture's https address; it stands in the wordmark's place, ``logo_alt`` in the picture's.
    """

    name: OneLine = "Weekly AI Tool Verdicts"
    sender: OneLine = "Ship or Skip"
    address: OneLine = "Ship or Skip, 1 Example Street, 10000 Example City"
    colours: BrandColoursOfBoth = BrandColoursOfBoth()
    words: BrandWords = BrandWords()
    logo: OneLine | None = Field(default=None, pattern=r"^https://[^\s\"<>]+$")
    logo_alt: OneLine = ""
    logo_width: int = Field(default=160, ge=16, le=320)

    @model_validator(mode="after")
    def _spoken(self) -> Self:
        """Refuse a picture without words: with pictures off nobody would know whose mail it is."""
        if self.logo and not self.logo_alt.strip():
            raise ValueError("logo needs logo_alt, the words that stand in its place")
        return self


class DatabaseSettings(_Section):
    url: str = "sqlite:///digest.db"


class SmtpSettings(_Section):
    """``url`` is smtp://user:pass@host:587?tls=starttls, smtps://… or lmtp://…; it may hold a password."""

    url: SecretStr = SecretStr("smtp://127.0.0.1:25")


class MailSettings(_Section):
    """``editor`` is told what became of each issue: drafted, missed, sent."""

    from_address: OneLine = "digest@example.com"
    reply_to: OneLine | None = None
    editor: OneLine | None = None


class WebSettings(_Section):
    base_url: str = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    secret_key: SecretStr | None = None
    old_secret_keys: tuple[SecretStr, ...] = ()

    @field_validator("old_secret_keys", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        """In the environment a list is written with commas."""
        return tuple(filter(None, value.split(","))) if isinstance(value, str) else value

    @field_validator("base_url")
    @classmethod
    def _http(cls, value: str) -> str:
        if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", value):
            raise ValueError("write it like https://digest.example.com")
        return value.rstrip("/")


class ScheduleSettings(_Section):
    """When an issue goes out; ``automatic = false`` leaves building and sending to a person."""

    weekday: Weekday = "fri"
    time: clock_time = clock_time(9, 0)
    timezone: str = "UTC"
    max_late: Duration = timedelta(hours=72)
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


class SelectionSettings(_Section):
    """``size`` is the most matchups one issue holds: what fits below Gmail's clip with falling depth.

    A tool needs ``min_takes`` takes; a pair that ran does not meet again for ``rematch_after_weeks``.
    """

    size: int = Field(default=16, ge=1, le=MOST_MATCHUPS)
    min_takes: int = Field(default=3, ge=1, le=20)
    rematch_after_weeks: int = Field(default=52, ge=0, le=5_000)


class ReviewerSettings(_Section):
    """A seat on the panel: ``initial`` is a letter or two, ``brief`` the one question they ask."""

    name: OneLine = Field(min_length=1, max_length=40)
    initial: OneLine = Field(min_length=1, max_length=2)
    colour: Annotated[str, AfterValidator(_like(r"#[0-9a-fA-F]{6}", "#0b7285"))]
    brief: OneLine = Field(min_length=1, max_length=80)


class PanelSettings(_Section):
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


class IssueSettings(_Section):
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


class LintSettings(_Section):
    """``silence``: rules whose findings are kept back, such as ``text-width``."""

    silence: tuple[OneLine, ...] = ()


class SourceSettings(_Section):
    """A feed, or tools as JSON, that is polled every so often: ``[sources.NAME]``.

    ``hosts`` may be fetched although they resolve to a private address.
    """

    url: Annotated[OneLine, AfterValidator(_like(r"https?://\S+", "https://example.com/feed.xml"))]
    every: Duration = timedelta(hours=6)
    category: OneLine | None = None
    hosts: tuple[OneLine, ...] = ()


class SendingSettings(_Section):
    connections: int = Field(default=4, ge=1, le=100)
    timeout: Duration = timedelta(seconds=60)
    retry_first: Duration = timedelta(seconds=5)
    retry_most: Duration = timedelta(hours=1)
    give_up_after: Duration = timedelta(hours=48)


class CatalogueSettings(_Section):
    """``path``: a folder of tools and saved pages; the preview imports a file again when it is saved."""

    path: Path | None = None


class TemplateSettings(_Section):
    """``path``: a folder whose files take the place of the shipped templates of the same name."""

    path: Path | None = None


class Settings(_Section):
    brand: Brand = Brand()
    catalogue: CatalogueSettings = CatalogueSettings()
    database: DatabaseSettings = DatabaseSettings()
    issue: IssueSettings = IssueSettings()
    lint: LintSettings = LintSettings()
    mail: MailSettings = MailSettings()
    panel: PanelSettings = PanelSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    selection: SelectionSettings = SelectionSettings()
    sending: SendingSettings = SendingSettings()
    smtp: SmtpSettings = SmtpSettings()
    sources: dict[str, SourceSettings] = {}
    templates: TemplateSettings = TemplateSettings()
    web: WebSettings = WebSettings()


def config_file(environment: Mapping[str, str] | None = None) -> Path:
    """Return where this process's configuration file is, or would be."""
    return Path((os.environ if environment is None else environment).get("DIGEST_CONFIG") or "digest.toml")


def read_settings(environment: Mapping[str, str] | None = None, *, may_lack_file: bool = False) -> Settings:
    """Return the settings of this process.

    With ``may_lack_file`` a file that ``$DIGEST_CONFIG`` names need not be there yet.

    Raises SettingsError naming the file or variable, the key and, for a misspelt key, the likely one.
    """
    environment = os.environ if environment is None else environment
    values, origin = _read_file(environment, may_lack_file)
    for section, key, value, variable in _overrides(environment):
        values.setdefault(section, {})[key] = value
        origin[(section, key)] = variable
        origin.setdefault((section,), variable)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(_explain(error, origin)) from None


def _read_file(
    environment: Mapping[str, str], may_lack_file: bool
) -> tuple[dict[str, Any], dict[tuple[str, ...], str]]:
    """Return the file's tables and, for each key, where it came from. Relative paths count from the file."""
    path = config_file(environment)
    try:
        with path.open("rb") as file:
            tables = tomllib.load(file)
    except FileNotFoundError:
        if environment.get("DIGEST_CONFIG") and not may_lack_file:
            raise SettingsError(
                f"DIGEST_CONFIG names {path}, which does not exist; write it with: digest init"
            ) from None
        return {}, {}
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from None
    origin: dict[tuple[str, ...], str] = {}
    if isinstance(issue := tables.setdefault("issue", {}), dict):
        # Beside the file, like every path, even where it is left out.
        issue.setdefault("path", str(IssueSettings().path))
    for section, table in tables.items():
        if not isinstance(table, dict):
            raise SettingsError(f"{path}: {section} stands outside any [section]")
        for key in [key for key in table if key.endswith("_file") and isinstance(table[key], str)]:
            table[key.removesuffix("_file")] = _read_secret(path.parent / table.pop(key), str(path))
        if section in ("catalogue", "issue", "templates") and isinstance(table.get("path"), str):
            table["path"] = str(path.parent / table["path"])
        if section == "database" and isinstance(table.get("url"), str):
            table["url"] = _beside(path.parent, table["url"])
        origin[(section,)] = str(path)
        origin |= {(section, key): str(path) for key in table}
    return tables, origin


def _beside(folder: Path, url: str) -> str:
    """Return a database URL whose relative SQLite file stands in ``folder``, wherever the command is run."""
    scheme, found, file = url.partition(":///")
    relative = found and scheme.startswith("sqlite") and file and not file.startswith(("/", ":"))
    return f"{scheme}:///{folder / file}" if relative else url


def _overrides(environment: Mapping[str, str]) -> list[tuple[str, str, Any, str]]:
    found = []
    for variable, raw in sorted(environment.items()):
        if not variable.startswith("DIGEST_") or variable in _NOT_SETTINGS:
            continue
        name, value = variable, raw
        if variable.endswith("_FILE"):
            name, value = variable.removesuffix("_FILE"), _read_secret(Path(raw), variable)
        if name in SHORT_NAMES:
            found.append((*SHORT_NAMES[name], value, variable))
        elif "__" in name:
            section, _, key = name.removeprefix("DIGEST_").lower().partition("__")
            found.append((section, key, value, variable))
    return found


def _read_secret(path: Path, asked_by: str) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{asked_by}: cannot read {path}: {error}") from None


def _explain(error: ValidationError, origin: Mapping[tuple[str, ...], str]) -> str:
    """Say the first thing that is wrong, without printing the value: it may be a secret."""
    first = error.errors(include_input=False, include_url=False)[0]
    names = [str(part) for part in first["loc"]]
    where = origin.get(tuple(names[:2])) or origin.get(tuple(names[:1]), "digest.toml")
    what = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        near = get_close_matches(names[-1], list(_section_at(names).model_fields), n=1)
        what = "there is no such setting" + (f"; did you mean {near[0]}?" if near else "")
    key = " ".join([f"[{names[0]}]", *names[1:]])
    return f"{where}: {key}: {what}"


def _section_at(names: Sequence[str]) -> type[BaseModel]:
    """Return the model whose key the last of the names was meant to be."""
    match names:
        case [_]:
            return Settings
        case ["panel", "reviewers", *_]:
            return ReviewerSettings
        case ["sources", _, _]:
            return SourceSettings
        case ["brand", "words", _]:
            return BrandWords
        case ["brand", "colours", *_]:
            return BrandColoursOfBoth
        case _:
            return type(Settings.model_fields[names[0]].default)

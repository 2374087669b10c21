"""An editor's word on one week: ``issues/2026-W47.yaml``, checked, and kept with the issue it shaped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISREG
from typing import Annotated, Any
from unicodedata import category

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter
from sqlalchemy.orm import Session

from digest import yamlmodel
from digest.catalogue import store as catalogue
from digest.catalogue.cleaning import decoded, paragraph
from digest.catalogue.missing import no_such_tool
from digest.catalogue.model import Link, Model, Slug, Text, visible
from digest.catalogue.yamltree import Place, read_tree
from digest.errors import BadInput
from digest.issues.values import Overrides, Sponsor
from digest.markdown import LIMIT as INTRO_LIMIT
from digest.markdown import to_text
from digest.week import Week
from digest.words import PREHEADER_LIMIT, SUBJECT_LIMIT

FILE_LIMIT = 1_000_000
# Past this a subject or preheader is a slip: no mail client shows so much.
_LONGEST_LINE = 200
# More tools than any issue holds, and a bound on what is looked up for one file.
_MOST = 200
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_OVERRIDES = TypeAdapter(Overrides)
# What decides on tools and pairs; all else is words, and changes none of them.
_CHOICE = ("pairs", "bans", "pins", "leave_out", "order")
NOTHING_DECIDED = Overrides()


def _line(value: object) -> object:
    if not isinstance(value, str):
        return value
    if any(category(char) in ("Cc", "Zl", "Zp") for char in value.strip()):
        raise ValueError("expected one line without control characters")
    return paragraph(value) or None


def _markdown(value: object) -> object:
    return (_CONTROLS.sub("", value).strip() or None) if isinstance(value, str) else value


def _plain_enough(value: str) -> str:
    """Refuse here, with its place, what could not be rendered later."""
    try:
        to_text(value)
    except BadInput as error:
        raise ValueError(str(error)) from None
    return value


def _list(value: object) -> object:
    """A key with nothing after it is an empty list."""
    return [] if value is None else value


Line = Annotated[
    Annotated[str, Field(max_length=_LONGEST_LINE), AfterValidator(visible)] | None, BeforeValidator(_line)
]
Intro = Annotated[
    Annotated[str, Field(max_length=INTRO_LIMIT), AfterValidator(visible), AfterValidator(_plain_enough)]
    | None,
    BeforeValidator(_markdown),
]
Paid = Annotated[
    str,
    BeforeValidator(_markdown),
    Field(max_length=1_000),
    AfterValidator(visible),
    AfterValidator(_plain_enough),
]
Slugs = Annotated[list[Slug], BeforeValidator(_list), Field(max_length=_MOST)]
Pairs = Annotated[list[tuple[Slug, Slug]], BeforeValidator(_list), Field(max_length=_MOST)]


class SponsorModel(Model):
    """A block that somebody paid for; the issue says so."""

    name: Annotated[Text, Field(max_length=60)]
    text: Paid = Field(description="Markdown.")
    link: Link | None = None


class OverridesModel(Model):
    """What an editor may decide for one week. Whatever is left out is chosen as always."""

    pairs: Pairs = Field([], description="Pairs of slugs that meet, left and right as written.")
    bans: Pairs = Field([], description="Pairs of slugs that must not meet, in either order.")
    pins: Slugs = Field([], description="Tools that must be in.")
    leave_out: Slugs = Field([], description="Tools that must not be in.")
    order: Slugs = Field([], description="The matchups with these tools come first, in this order.")
    subject: Line = Field(None, description=f"One line; best within {SUBJECT_LIMIT} characters.")
    preheader: Line = Field(None, description=f"One line; best within {PREHEADER_LIMIT} characters.")
    intro: Intro = Field(None, description="Markdown, in place of the opening made from the panels.")
    sponsor: SponsorModel | None = None

    def overrides(self) -> Overrides:
        """Return the decisions as a value."""
        paid = self.sponsor
        return Overrides(
            pairs=tuple(self.pairs),
            bans=tuple(self.bans),
            pins=tuple(self.pins),
            leave_out=tuple(self.leave_out),
            order=tuple(self.order),
            subject=self.subject,
            preheader=self.preheader,
            intro=self.intro,
            sponsor=Sponsor(paid.name, paid.text, paid.link) if paid else None,
        )


def overrides_file(folder: Path, week: Week) -> Path:
    """Return where an editor's word on the week is, or would be."""
    return folder / f"{week}.yaml"


def overrides_in(session: Session, folder: Path, week: Week) -> Overrides:
    """Return an editor's word on the week; without a file nothing is decided.

    Raises BadInput, with file, line and column, for what is wrong with it, unknown tools included.
    """
    path = overrides_file(folder, week)
    data = bytes_of(path)
    return NOTHING_DECIDED if data is None else parse_overrides(session, data, str(path))


def parse_overrides(session: Session, data: bytes, source: str) -> Overrides:
    """Return what a file of overrides says; raise BadInput for the topmost thing wrong with it.

    A file of nothing but comments decides nothing.
    """
    text = decoded(data, source, limit=FILE_LIMIT) if data.strip() else ""
    if all(not line.strip() or line.lstrip().startswith("#") for line in text.splitlines()):
        return NOTHING_DECIDED
    tree = read_tree(text, source)
    overrides = yamlmodel.read_as(OverridesModel, tree, source).overrides()
    unknown = _unknown(session, overrides)
    if unknown:
        place = min(unknown, key=tree.mark)
        raise yamlmodel.problem_at(tree, place, no_such_tool(session, unknown[place]), source)
    return overrides


def stored(overrides: Overrides) -> str:
    """Return the overrides as JSON that ``from_stored`` gives back unchanged."""
    return _OVERRIDES.dump_json(overrides, exclude_defaults=True).decode()


def from_stored(json: str | None) -> Overrides:
    """Return the overrides an issue was built with; those of an issue that kept none are empty."""
    return _OVERRIDES.validate_json(json) if json else NOTHING_DECIDED


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a file of overrides, for editors that check while one types."""
    return yamlmodel.json_schema(OverridesModel, "An editor's word on one issue")


def oddities(overrides: Overrides) -> Iterator[str]:
    """Yield a sentence for each thing that is allowed but will not look as meant."""
    for name, line, limit in (
        ("subject", overrides.subject, SUBJECT_LIMIT),
        ("preheader", overrides.preheader, PREHEADER_LIMIT),
    ):
        if line and len(line) > limit:
            yield f"the {name} has {len(line)} characters; past {limit} most inboxes cut it off"


def same_choice(one: Overrides, other: Overrides) -> bool:
    """Return whether two decisions want the same tools and pairs in the same order; words apart."""
    return all(getattr(one, key) == getattr(other, key) for key in _CHOICE)


def slugs_named(overrides: Overrides) -> set[str]:
    """Return the tools that have to be looked at because an editor named them."""
    return {slug for _, slug in _named(overrides)}


def _named(overrides: Overrides) -> Iterator[tuple[Place, str]]:
    for key in ("pairs", "bans"):
        for at, pair in enumerate(getattr(overrides, key)):
            yield from (((key, at, side), slug) for side, slug in enumerate(pair))
    for key in ("pins", "leave_out", "order"):
        yield from (((key, at), slug) for at, slug in enumerate(getattr(overrides, key)))


def _unknown(session: Session, overrides: Overrides) -> dict[Place, str]:
    known = catalogue.ids_by_slug(session, slugs_named(overrides))
    return {place: slug for place, slug in _named(overrides) if slug not in known}


def bytes_of(path: Path) -> bytes | None:
    """Return what a week's file holds, at most a byte more than it may, or None; raise BadInput."""
    try:
        # A pipe would be waited for, for ever.
        if not S_ISREG(path.stat().st_mode):
            raise BadInput("expected a file", source=str(path))
        with path.open("rb") as file:
            return file.read(FILE_LIMIT + 1)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror or error}", source=str(path)) from None
    other = path.with_suffix(".yml")
    if other.exists():
        raise BadInput(f"is not read; call it {path.name}", source=str(other))
    return None

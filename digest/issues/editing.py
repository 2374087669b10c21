"""Writing down an editor's word on a week: the file, and the draft that follows it."""

from __future__ import annotations

from pathlib import Path
from tempfile import NamedTemporaryFile

from sqlalchemy.orm import Session

from digest.catalogue.cleaning import decoded
from digest.clock import Clock
from digest.desk import Desk
from digest.errors import TooFewTools, WrongState
from digest.issues.building import Built, take_in
from digest.issues.overrides import FILE_LIMIT, bytes_of, overrides_file, parse_overrides
from digest.issues.store import find_issue
from digest.issues.values import Status
from digest.week import Week

_TEMPLATE = """\
# Your word on issue {week}. Whatever stands here goes before what would be chosen; strike out the # of what
# you want to decide. Tools go by their slugs: digest catalogue list. All keys: digest issue schema.

# pairs:                            # meet as they stand here, left and right
#   - [one-tool, another-tool]
# bans:                             # never meet, whatever their order
#   - [one-tool, a-third]
# pins: [one-tool]                  # must be in
# leave_out: [a-fourth]             # must not be in
# order: [one-tool]                 # the matchups with these tools come first

# subject: One line
# preheader: One line
# intro: |
#   Markdown, in place of the opening that is made from the verdicts.
# sponsor:
#   name: A Company
#   text: What they say, in **Markdown**; the issue marks it as paid for.
#   link: https://example.com/
"""


def text_to_edit(session: Session, week: Week, desk: Desk) -> str:
    """Return the week's file as it stands, or a template of comments; raise WrongState past a draft."""
    issue = find_issue(session, week)
    if issue is not None and issue.status in (Status.APPROVED, Status.SCHEDULED):
        raise WrongState(
            f"issue {week} is {issue.status}: make it a draft first with: digest issue reopen --week {week}"
        )
    if issue is not None and issue.status not in (Status.DRAFT, Status.CANCELLED, Status.MISSED):
        raise WrongState(f"issue {week} is {issue.status}: what it says is settled")
    file = overrides_file(desk.folder, week)
    data = bytes_of(file)
    return _TEMPLATE.format(week=week) if data is None else decoded(data, str(file), limit=FILE_LIMIT)


def save_overrides(
    session: Session, week: Week, desk: Desk, clock: Clock, data: bytes, *, source: str | None = None
) -> Built | None:
    """Make ``data`` the week's file, and the draft, if there is one, follow it; return what became of that.

    ``source`` is what complaints call the text, if not the week's file. Raises BadInput, with nothing saved,
    for what is wrong with the text or cannot be followed; TooFewTools, with the file saved, where the draft
    stays because no matchup would be left.
    """
    file = overrides_file(desk.folder, week)
    overrides = parse_overrides(session, data, source or str(file))
    try:
        built = take_in(session, week, desk, clock, overrides)
    except TooFewTools as error:
        _write(file, data)
        raise TooFewTools(f"{file} is saved, but the draft stays as it was: {error}") from None
    _write(file, data)
    return built


def kept_aside(data: bytes, week: Week) -> Path:
    """Keep a text that cannot be saved as it is in a file of its own; return where."""
    with NamedTemporaryFile("wb", prefix=f"{week}-", suffix=".yaml", delete=False) as file:
        file.write(data)
    return Path(file.name)


def _write(file: Path, data: bytes) -> None:
    """Replace the file in one step: whoever watches it never reads half a text."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.new")
    beside.write_bytes(data)
    beside.replace(file)

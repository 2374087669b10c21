from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from digest.clock import FixedClock
from digest.desk import Desk
from digest.errors import BadInput, TooFewTools, WrongState
from digest.issues.building import build_issue, cancel
from digest.issues.editing import kept_aside, save_overrides, text_to_edit
from digest.issues.life import STEPS
from digest.issues.overrides import parse_overrides
from digest.issues.rendered import content_of
from digest.issues.store import get_issue
from digest.issues.values import Overrides, Status
from digest.week import Week
from tests.factories import DESK, PANEL
from tests.stock import NOW, stock_pair

WEEK = Week.parse("2026-W47")
CLOCK = FixedClock(NOW)


@pytest.fixture
def desk(session: Session, tmp_path: Path) -> Desk:
    stock_pair(session)
    return replace(DESK, folder=tmp_path / "not there yet")


def file(desk: Desk) -> Path:
    return desk.folder / "2026-W47.yaml"


def test_the_first_time_there_is_a_template_that_decides_nothing(session: Session, desk: Desk) -> None:
    template = text_to_edit(session, WEEK, desk)
    assert "2026-W47" in template
    assert parse_overrides(session, template.encode(), "w.yaml") == Overrides()


def test_every_line_of_the_template_is_right_once_its_mark_is_gone(session: Session, desk: Desk) -> None:
    lines = text_to_edit(session, WEEK, desk).splitlines()
    keys = "\n".join(line[2:] for line in lines[2:] if line.startswith("# "))
    with pytest.raises(BadInput, match="there is no tool"):
        parse_overrides(session, keys.encode(), "w.yaml")
    words = keys[keys.index("subject:") :]
    assert parse_overrides(session, words.encode(), "w.yaml").sponsor is not None


def test_what_is_saved_is_what_is_edited_next_and_a_draft_follows(session: Session, desk: Desk) -> None:
    build_issue(session, WEEK, desk, CLOCK)
    built = save_overrides(session, WEEK, desk, CLOCK, b"# Mine\nsubject: My own\n")
    assert built is not None
    assert content_of(session, built.issue, PANEL).subject == "My own"
    assert text_to_edit(session, WEEK, desk) == "# Mine\nsubject: My own\n"
    assert [path.name for path in desk.folder.iterdir()] == ["2026-W47.yaml"], "nothing is left beside it"


def test_before_there_is_a_draft_the_file_is_saved_and_nothing_built(session: Session, desk: Desk) -> None:
    assert save_overrides(session, WEEK, desk, CLOCK, b"subject: My own") is None
    assert file(desk).read_text() == "subject: My own"


@pytest.mark.parametrize(
    "text", ["pin: [loupe]", "pins: [lope]", "pins: [loupe]\nleave_out: [loupe]", "subject: [", "\0"]
)
def test_what_is_wrong_is_not_saved(session: Session, desk: Desk, text: str) -> None:
    with pytest.raises(BadInput):
        save_overrides(session, WEEK, desk, CLOCK, text.encode())
    assert not file(desk).exists()


def test_a_choice_that_leaves_no_pair_is_saved_and_the_draft_stays(session: Session, desk: Desk) -> None:
    build_issue(session, WEEK, desk, CLOCK)
    with pytest.raises(TooFewTools, match="is saved, but the draft stays as it was: no issue for 2026-W47"):
        save_overrides(session, WEEK, desk, CLOCK, b"bans: [[loupe, lantern]]")
    assert file(desk).exists()
    assert len(get_issue(session, WEEK).matchups) == 1


@pytest.mark.parametrize(
    "status", [status for status in STEPS if status not in ("draft", "cancelled", "missed")]
)
def test_past_a_draft_there_is_nothing_to_edit(session: Session, desk: Desk, status: Status) -> None:
    build_issue(session, WEEK, desk, CLOCK).issue.status = status
    session.flush()
    with pytest.raises(WrongState, match=r"digest issue reopen|is settled"):
        text_to_edit(session, WEEK, desk)


def test_a_week_that_was_called_off_may_be_decided_anew(session: Session, desk: Desk) -> None:
    build_issue(session, WEEK, desk, CLOCK)
    cancel(session, WEEK, NOW)
    assert text_to_edit(session, WEEK, desk)
    assert save_overrides(session, WEEK, desk, CLOCK, b"subject: Anew") is None


def test_a_text_that_cannot_be_saved_is_kept_aside() -> None:
    kept = kept_aside(b"pin: [loupe]", WEEK)
    assert kept.read_bytes() == b"pin: [loupe]"
    kept.unlink()

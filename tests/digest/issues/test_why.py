import pytest
from sqlalchemy.orm import Session

from digest.errors import NotFound
from digest.issues.rows import IssueRow
from digest.issues.why import explanation_of, left_out_lines, pair_rows, subject_lines
from tests.factories import PANEL

WHY = {
    "pairs": [
        {"left": "a", "right": "b", "weight": 75, "parts": {"category": 60, "tier": 15}, "forced": False},
        {"left": "c", "right": "d", "weight": 9, "parts": {"contrast": 9}, "forced": True},
    ],
    "subjects": [
        {"text": "A vs B", "points": 12, "notes": ["names first", "short"]},
        {"text": "B vs A", "points": 3, "notes": []},
    ],
    "left_out": [{"slug": slug, "name": slug.upper(), "reason": "waits"} for slug in "efg"],
    "more": [{"count": 1234, "reason": "wait for their panel"}],
}


def test_each_pair_shows_every_part_that_any_pair_has() -> None:
    assert pair_rows(WHY) == [
        {"pair": "a vs b", "weight": 75, "category": 60, "tier": 15, "contrast": None, "forced": None},
        {"pair": "c vs d", "weight": 9, "category": None, "tier": None, "contrast": 9}
        | {"forced": "by the editor"},
    ]


def test_subjects_come_with_their_points_and_notes() -> None:
    assert list(subject_lines(WHY)) == ["  12  A vs B  (names first; short)", "   3  B vs A"]


def test_who_is_left_out_is_named_or_counted() -> None:
    counted = "1,234 more wait for their panel"
    assert left_out_lines(WHY) == ["E waits", "F waits", "G waits", counted]
    assert left_out_lines(WHY, most=1) == ["E waits", "2 more are left out", counted]
    assert left_out_lines(WHY, most=3) == left_out_lines(WHY)


def test_an_issue_that_kept_no_reasons_says_so(session: Session) -> None:
    with pytest.raises(NotFound, match="why issue 2026-W47 is as it is was not kept"):
        explanation_of(session, IssueRow(newsletter="weekly", week="2026-W47", seed=0), PANEL)

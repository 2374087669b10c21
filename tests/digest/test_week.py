from datetime import date

import pytest

from digest.errors import BadInput
from digest.week import Week


def test_a_week_reads_and_prints_as_its_key() -> None:
    assert str(Week.parse("2026-W47")) == "2026-W47"


@pytest.mark.parametrize(
    "text", ["", "2026W47", "2026-W00", "2026-W54", "2025-W53", "2026-w47", "2026-W47 ", "٢٠٢٦-W47"]
)
def test_what_is_not_a_week_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadInput, match="write it like 2026-W47"):
        Week.parse(text)


def test_the_first_days_of_a_year_may_belong_to_week_53() -> None:
    assert str(Week.of(date(2027, 1, 1))) == "2026-W53"
    assert str(Week.parse("2026-W53").next()) == "2027-W01"


def test_weeks_sort_by_time() -> None:
    assert Week.parse("2026-W09") < Week.parse("2026-W47") < Week.parse("2027-W01")


@pytest.mark.parametrize(
    ("week", "weeks", "then"),
    [
        ("2026-W47", 1, "2026-W48"),
        ("2026-W47", -52, "2025-W47"),
        ("2026-W53", 1, "2027-W01"),
        ("2027-W01", -1, "2026-W53"),
        ("2026-W47", 0, "2026-W47"),
        ("9998-W01", 5_000, "9998-W52"),
        ("0002-W01", -5_000, "0001-W01"),
    ],
)
def test_weeks_are_counted_over_the_years_ends(week: str, weeks: int, then: str) -> None:
    assert str(Week.parse(week).plus(weeks)) == then

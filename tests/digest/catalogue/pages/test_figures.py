import pytest

from digest.catalogue.pages.figures import Counts, counts_in, percent_in, score_in
from digest.catalogue.values import Verdict


def test_percentages() -> None:
    assert [percent_in(text) for text in ("75%", "0 %", "100%", "101%", "75", "٧٥%")] == [
        75,
        0,
        100,
        None,
        None,
        None,
    ]


def test_counts_with_and_without_a_verdict() -> None:
    assert counts_in("Ship · 3 ship / 1 skip") == Counts(3, 1, "ship")
    assert counts_in("12 ship / 3 skip") == Counts(12, 3)
    assert counts_in("a dozen") is None
    assert Counts(78, 50).percent == 61
    assert Counts(0, 0).percent is None


@pytest.mark.parametrize("text", ["88/100 · ship", "88 / 100 - Ship", "88/100 | SHIP"])
def test_scores_in_several_printings(text: str) -> None:
    assert score_in(text) == (88, Verdict.SHIP)


@pytest.mark.parametrize(
    "text", ["101/100 · ship", "8.5/100 · ship", "٨/100 · ship", "88/100 · split", "88 of 100"]
)
def test_what_is_no_score_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^expected "):
        score_in(text)

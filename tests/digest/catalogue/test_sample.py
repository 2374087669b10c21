from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from digest.catalogue import store
from digest.catalogue.importing import import_paths
from digest.catalogue.reading import check_paths
from digest.catalogue.sample import sample_catalogue
from digest.catalogue.values import Verdict
from tests.factories import RULES


def test_the_sample_is_checked_and_comes_in_without_a_word(session: Session) -> None:
    folder = sample_catalogue()
    assert check_paths([folder], RULES).problems == ()
    report = import_paths(
        session, [folder], rules=RULES, published=date(2026, 11, 20), now=datetime(2026, 11, 20, tzinfo=UTC)
    )
    assert len(report.added) == 14
    assert report.warnings == ()
    for tool in store.load_tools(session, slugs=report.added):
        assert date(2026, 11, 9) <= (tool.published_on or date.min) <= date(2026, 11, 20)
        assert all((take.verdict is Verdict.SHIP) == ((take.score or 0) >= 60) for take in tool.takes)

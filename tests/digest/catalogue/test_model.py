import pytest
from pydantic import ValidationError

from digest.catalogue.model import ToolModel
from tests.factories import RULES

HIDING = ["https://user:pw@example.com/", "https://[::1/", "https://a.b:99999999/", "https://"]


def test_more_takes_than_any_panel_has_are_refused_at_once() -> None:
    takes = [{"reviewer": "Builder", "text": "x"}] * 60_000
    with pytest.raises(ValidationError, match="expected at most 100 takes, found 60,000"):
        ToolModel.model_validate({"name": "Loupe", "takes": takes}, context=RULES)


@pytest.mark.parametrize("link", HIDING)
def test_a_link_that_hides_or_misses_its_host_is_refused(link: str) -> None:
    with pytest.raises(ValidationError, match="link"):
        ToolModel.model_validate({"name": "Loupe", "link": link}, context=RULES)

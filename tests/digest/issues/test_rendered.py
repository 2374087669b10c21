"""How deep an issue is shown, and in whose look."""

from __future__ import annotations

import pytest

from digest.issues.rendered import Renderer, identity_of
from digest.issues.values import Depth
from digest.rendering.values import RenderedEmail
from digest.settings import Brand, BrandWords, IssueSettings, Settings
from tests.digest.rendering.samples import FERRY, LANTERN, LOUPE, MOTH, TUG, WASP, content, pair

SECRET = "a secret for tests only"


def email(settings: Settings) -> RenderedEmail:
    issue = content(pair(LOUPE, LANTERN), pair(FERRY, TUG), pair(MOTH, WASP))
    return Renderer.of(settings, SECRET).render_content(issue)


@pytest.mark.parametrize(
    ("depth", "shown", "with_takes"),
    [("auto", 2, 1), ("full", 3, 3), ("short", 3, 0), ("stub", 0, 0), (("full", "full"), 2, 2)],
)
def test_an_editor_may_choose_how_much_is_shown(depth: object, shown: int, with_takes: int) -> None:
    settings = Settings(issue=IssueSettings.model_validate({"depth": depth}))
    html = email(settings).html
    assert html.count(">Decision</th>") == shown
    assert shown - html.count(">Scorecard</th>") == with_takes


def test_the_depths_are_those_of_the_settings() -> None:
    settings = Settings(issue=IssueSettings(depth=("full", "short")))
    assert Renderer.of(settings, SECRET).depths == (Depth.FULL, Depth.SHORT)


def test_a_brands_words_and_logo_stand_in_both_bodies() -> None:
    brand = Brand(
        words=BrandWords(ship="ADOPT", picks="Our pick"),
        logo="https://example.com/logo.png",
        logo_alt="The Desk",
    )
    mail = email(Settings(brand=brand))
    assert "<b>ADOPT</b>" in mail.html
    assert "<b>SHIP</b>" not in mail.html
    assert 'src="https://example.com/logo.png" alt="The Desk" width="160"' in mail.html
    assert "ADOPT" in mail.text
    assert "(Our pick)" in mail.text


def test_without_a_logo_no_picture_is_asked_for() -> None:
    assert identity_of(Settings()).logo is None
    assert "<img" not in email(Settings()).html

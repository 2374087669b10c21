"""Templates turned into pages, with the operator's own in their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.errors import TemplateError
from digest.settings import Settings, TemplateSettings, WebSettings
from digest.web.pages import Pages


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "web").mkdir()
    return tmp_path


def pages_with(own: Path) -> Pages:
    return Pages.of(Settings(templates=TemplateSettings(path=own)))


def test_links_stay_below_the_path_of_the_base_url() -> None:
    pages = Pages.of(Settings(web=WebSettings(base_url="https://example.com/digest/")))

    page = bytes(pages.html("issues.html.j2", canonical="/issues/", issues=[], older=None).body).decode()

    assert 'href="/digest/static/site.css?v=' in page
    assert 'href="/digest/subscribe"' in page
    assert '<link rel="canonical" href="https://example.com/digest/issues/">' in page


def test_two_sites_in_one_process_keep_to_themselves() -> None:
    ours, theirs = (
        Pages.of(Settings(web=WebSettings(base_url=f"https://example.com{root}"))) for root in ("", "/theirs")
    )

    pages = [bytes(site.problem(404, "Gone", "").body).decode() for site in (theirs, ours)]

    assert ["/theirs/" in page for page in pages] == [True, False]


def test_an_own_template_and_an_own_stylesheet_take_the_place_of_ours(own: Path) -> None:
    (own / "web" / "error.html.j2").write_text("Own: {{ heading }} at {{ site.name }}")
    (own / "web" / "site.css").write_text("p { color: green }")

    pages = pages_with(own)

    assert pages.problem(500, "A < B", "").body == b"Own: A &lt; B at Weekly AI Tool Verdicts"
    assert pages.stylesheet == "p { color: green }"
    assert pages.stylesheet_version != Pages.of(Settings()).stylesheet_version


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("one\n{{ nothing }}", r"error.html.j2:2: 'nothing' is undefined"),
        ("one\ntwo\n{% if %}", r"error.html.j2:3: "),
        ("{% include 'gone.html.j2' %}", r"error.html.j2:1: .*gone.html.j2"),
        ("{{ heading.__class__.__mro__ }}", r"error.html.j2:1: .*unsafe"),
    ],
    ids=["undefined", "syntax", "missing", "unsafe"],
)
def test_a_broken_own_template_is_named_with_its_line(own: Path, source: str, said: str) -> None:
    (own / "web" / "error.html.j2").write_text(source)

    with pytest.raises(TemplateError, match=said):
        pages_with(own).problem(500, "Heading", "Message")

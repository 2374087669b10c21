"""What a reader sees on the public pages."""

from __future__ import annotations

import re
from html import unescape

import pytest
from fastapi.testclient import TestClient
from lxml import html

from digest.catalogue import store as catalogue
from digest.db import Database
from digest.settings import Settings
from tests.digest.web.publishing import HOSTILE, WENT_OUT, site
from tests.factories import tool

EVERY_PAGE = [
    "/",
    "/issues/",
    "/issues/2026-W47",
    "/compare/",
    "/compare/loupe-vs-lantern",
    "/compare/hostile-vs-unbroken",
    "/tools/",
    "/tools/loupe",
    "/tools/hostile",
    "/nowhere",
]


def words_of(page: str) -> str:
    """Return what a page says, without marks that only direct the flow of text."""
    text = " ".join(html.fromstring(page).text_content().split())
    return re.sub("[\u2066-\u2069]", "", text)


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_every_page_has_one_heading_landmarks_a_language_and_labelled_inputs(
    client: TestClient, path: str
) -> None:
    page = html.fromstring(client.get(path).text)

    assert page.get("lang") == "en"
    assert len(page.xpath("//h1")) == 1
    assert len(page.xpath("//main")) == len(page.xpath("//body//footer")) == 1
    for field in page.xpath("//input"):
        assert page.xpath("//label[@for=$id]", id=field.get("id"))
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_no_page_holds_a_script_or_an_inline_style(client: TestClient, path: str) -> None:
    page = html.fromstring(client.get(path).text)

    assert not page.xpath("//script | //style | //@style | //@*[starts-with(name(), 'on')]")


def test_every_link_of_every_page_leads_somewhere(client: TestClient) -> None:
    pages = [html.fromstring(client.get(path).text) for path in EVERY_PAGE]
    links = {link for page in pages for link in page.xpath("//a/@href")}

    # The readers' own pages are not mounted here.
    for link in sorted(links - {"/subscribe", "#content"}):
        assert client.get(link).status_code == 200, link


def test_home_shows_the_latest_issue_and_a_form_to_subscribe(client: TestClient) -> None:
    page = html.fromstring(client.get("/").text)

    [form] = page.forms
    assert (form.method, form.action) == ("POST", "/subscribe")
    assert set(form.fields) == {"email", "website"}
    said = words_of(client.get("/").text)
    assert "2026-W47, 20 November 2026" in said
    assert "Loupe SHIP 75% vs Lantern SHIP 100%" in said


def test_home_without_an_issue_says_that_the_first_is_coming(database: Database) -> None:
    page = TestClient(site(database)).get("/")

    assert page.status_code == 200
    assert "The first issue is on its way" in page.text


def test_archive_lists_only_what_has_begun_to_go_out(client: TestClient) -> None:
    links = html.fromstring(client.get("/issues/").text).xpath("//ol[@class='index']//a/@href")

    assert links == ["/issues/2026-W47", "/issues/2026-W46", "/issues/2026-W45"]


@pytest.mark.parametrize("week", ["2026-W48", "2026-W40", "2026-W99", "soon"])
def test_an_issue_that_has_not_gone_out_is_not_found(client: TestClient, week: str) -> None:
    answer = client.get(f"/issues/{week}")

    assert answer.status_code == 404
    assert "No such issue has gone out" in answer.text


def test_an_issue_shows_its_matchups_with_links_to_the_comparisons(client: TestClient) -> None:
    page = html.fromstring(client.get("/issues/2026-W47").text)

    assert page.xpath("string(//h1)") == "Loupe vs Lantern"
    assert page.xpath("//ol[@class='contents']//a/@href") == [
        "/compare/loupe-vs-lantern",
        "/compare/kiln-vs-loupe",
        "/compare/hostile-vs-unbroken",
    ]


def test_older_issues_are_a_page_further(client: TestClient) -> None:
    first = html.fromstring(client.get("/issues/?before=2026-W47").text)

    assert first.xpath("//ol[@class='index']//a/@href") == ["/issues/2026-W46", "/issues/2026-W45"]
    assert client.get("/issues/?before=yesterday").status_code == 422


def test_a_comparison_shows_cards_decision_and_scorecard(client: TestClient) -> None:
    said = words_of(client.get("/compare/loupe-vs-lantern").text)

    for words in (
        "Only the Founder skips Loupe, at 52; all four ship Lantern.",
        "SHIP 75% 3 of 4 reviewers ship",
        "Panel’s pick Lantern SHIP 100%",
        "Reads documents where they are Small enough for a phone",
        "it never calls home. Free, open weights",
        "Panel verdict Ship: 3 ship, 1 skip Ship: 4 ship, 0 skip",
        "Community No community votes yet 61% ship, 128 votes",
        "Best for Receipts and forms Not stated",
        "Founder Is there a business?",
        "SKIP 52 The Founder looked at it",
        "Next matchup Kiln vs Loupe",
    ):
        assert words in said


def test_what_nobody_says_is_said_in_words(client: TestClient) -> None:
    said = words_of(client.get("/compare/kiln-vs-sonar-vs-radar").text)

    for words in ("Category not stated", "Price not stated", "Not stated", "No panel take", "75%"):
        assert words in said
    assert "None" not in said


def test_score_bars_are_as_wide_as_the_score_and_hidden_from_screen_readers(client: TestClient) -> None:
    page = html.fromstring(client.get("/tools/loupe").text)

    assert page.xpath("//*[@aria-hidden='true']/svg/@width") == ["88%", "78%", "82%", "52%"]


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ("lantern-vs-loupe", "/compare/loupe-vs-lantern"),
        ("loupe-vs-sonar-vs-radar", "/compare/sonar-vs-radar-vs-loupe"),
    ],
    ids=["an issue's order", "a source's order"],
)
def test_a_pair_the_wrong_way_round_leads_to_the_known_order(
    client: TestClient, asked: str, leads_to: str
) -> None:
    answer = client.get(f"/compare/{asked}")

    assert (answer.status_code, answer.headers["location"]) == (301, leads_to)
    # The known order may change, and two redirects that a browser keeps would be a loop.
    assert answer.headers["cache-control"] == "no-cache"
    assert client.get(leads_to).status_code == 200


@pytest.mark.parametrize("path", ["/issues", "/compare", "/tools"])
def test_a_missing_slash_leads_to_the_page_on_this_site_whatever_host_is_named(
    client: TestClient, path: str
) -> None:
    answer = client.get(f"{path}?after=a&category=A%26B", headers={"Host": "evil.example"})

    assert (answer.status_code, answer.headers["location"]) == (301, f"{path}/?after=a&category=A%26B")
    assert client.get(path).headers["location"] == f"{path}/"


def test_a_missing_slash_under_a_path_leads_to_the_page_below_it(database: Database) -> None:
    settings = Settings.model_validate({"web": {"base_url": "https://example.com/digest"}})
    answer = TestClient(site(database, settings), follow_redirects=False).get("/tools")

    assert answer.headers["location"] == "/digest/tools/"


def test_a_pair_that_never_met_can_be_read_but_is_kept_out_of_search_engines(client: TestClient) -> None:
    for pair in ("kiln-vs-lantern", "lantern-vs-kiln"):
        page = client.get(f"/compare/{pair}")
        assert page.status_code == 200
        assert '<meta name="robots" content="noindex">' in page.text


def test_the_pair_of_a_draft_gives_nothing_away(client: TestClient) -> None:
    page = client.get("/compare/sonar-vs-radar-vs-kiln")

    assert page.status_code == 200
    assert "Next matchup" not in page.text


@pytest.mark.parametrize(
    "pair", ["loupe-vs-nobody", "loupe-vs-loupe", "loupe", "-vs-", "a" + "-vs-a" * 60, "loupe-vs-lantern-vs-"]
)
def test_an_unknown_pair_is_not_found(client: TestClient, pair: str) -> None:
    answer = client.get(f"/compare/{pair}")

    assert answer.status_code == 404
    assert "There is no such comparison" in answer.text


@pytest.mark.parametrize("path", ["/tools/nobody", "/tools/?category=Nothing"])
def test_an_unknown_tool_or_category_is_not_found(client: TestClient, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 404
    assert "digest catalogue" not in answer.text


@pytest.mark.parametrize(
    "path", ["/tools/a%00b", "/tools/?category=%00", "/compare/a%00-vs-b", "/issues/?before=%00"]
)
def test_a_nul_is_refused_before_a_database_sees_it(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 422


def test_tools_are_listed_by_page_and_by_category(client: TestClient, database: Database) -> None:
    with database.writing() as session:
        for number in range(60):
            catalogue.add_tool(session, tool(f"Extra {number:02}", 80, category="Extras"), "test", WENT_OUT)

    first = html.fromstring(client.get("/tools/?category=Extras").text)
    names = first.xpath("//ul[@class='index']//bdi/text()")
    [more] = first.xpath("//p[@class='more']/a/@href")
    second = html.fromstring(client.get(more).text)
    names += second.xpath("//ul[@class='index']//bdi/text()")

    assert names == [f"Extra {number:02}" for number in reversed(range(60))]
    assert not second.xpath("//p[@class='more']")


def test_hostile_text_arrives_as_text_and_whole(client: TestClient) -> None:
    answer = client.get("/tools/hostile")
    page = html.fromstring(answer.text)

    assert page.xpath("string(//h1)") == HOSTILE.name
    assert page.xpath("string(//p[@class='whole'])") == HOSTILE.description
    [description] = page.xpath("//meta[@name='description']/@content")
    assert description == HOSTILE.tagline
    assert "{{ 7*7 }}" in unescape(answer.text)


def test_a_public_page_names_its_one_address_and_what_it_says(client: TestClient) -> None:
    page = html.fromstring(client.get("/compare/loupe-vs-lantern?utm_source=x").text)

    assert page.xpath("//link[@rel='canonical']/@href") == ["http://127.0.0.1:8000/compare/loupe-vs-lantern"]
    assert page.xpath("//meta[@property='og:title']/@content") == page.xpath("//title/text()")
    assert not page.xpath("//meta[@name='robots']")


@pytest.mark.parametrize("path", [*EVERY_PAGE, "/healthz", "/static/site.css"])
def test_head_answers_as_get_does(client: TestClient, path: str) -> None:
    looked, asked = client.head(path), client.get(path)

    assert looked.status_code == asked.status_code
    assert looked.headers["content-type"] == asked.headers["content-type"]


def test_health_is_told_only_while_the_database_answers(client: TestClient, database: Database) -> None:
    healthy = client.get("/healthz")
    assert (healthy.status_code, healthy.text) == (200, "ok")

    database.close()
    assert database.file is not None
    database.file.unlink()
    database.file.mkdir()
    assert client.get("/healthz").status_code == 500


def test_the_stylesheet_is_kept_for_a_year_under_its_version_and_asked_for_again_without(
    client: TestClient,
) -> None:
    [address] = html.fromstring(client.get("/").text).xpath("//link[@rel='stylesheet']/@href")

    versioned, bare = client.get(address), client.get("/static/site.css")
    again = client.get("/static/site.css", headers={"If-None-Match": bare.headers["etag"]})

    assert versioned.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in versioned.headers["cache-control"]
    assert bare.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")

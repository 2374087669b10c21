import json

import click
import pytest
from click.testing import CliRunner, Result

from digest.catalogue.feeds.cli import poll, sources
from digest.cli import App
from digest.clock import FixedClock
from digest.db import Database
from digest.errors import DigestError
from digest.settings import Settings, SourceSettings
from tests.stock import NOW
from tests.websites import Site

FEED = {
    "version": "https://jsonfeed.org/version/1",
    "items": [{"id": "1", "title": "Lou\u001b[31mpe: a lens on it"}],
}


def app_with(database: Database, **urls: str) -> App:
    named = {name: SourceSettings(url=url, hosts=("127.0.0.1",)) for name, url in urls.items()}
    return App(Settings(sources=named), FixedClock(NOW), lambda settings: database)


@pytest.fixture
def app(database: Database, site: Site) -> App:
    site.put("/news", json.dumps(FEED), kind="application/json")
    return app_with(database, news=site.url + "/news?key=secret", bad=site.url + "/bad")


def run(app: App, command: click.Command, *arguments: str, fails: bool = False) -> Result:
    result = CliRunner().invoke(command, arguments, obj=app)
    if result.exception is not None and not fails:
        raise result.exception
    return result


def test_poll_says_what_came(app: App) -> None:
    assert run(app, poll, "news").stdout == "news: 1 new, 0 changed, 0 unchanged\n  new: lou-31mpe\n"
    assert run(app, poll, "news").stdout == "news: 0 new, 0 changed, 1 unchanged\n"


def test_poll_as_json(app: App) -> None:
    assert json.loads(run(app, poll, "news", "--json").stdout) == [
        {
            "name": "news",
            "new": ["lou-31mpe"],
            "changed": [],
            "unchanged": 0,
            "refused": [],
            "remarks": [],
            "not_modified": False,
            "error": None,
        }
    ]


def test_poll_tells_failures_after_all_had_their_turn(app: App) -> None:
    result = run(app, poll, fails=True)
    assert "news: 1 new" in result.stdout
    assert "/bad is not there (404); check the url" in result.stdout
    assert isinstance(result.exception, DigestError)
    assert str(result.exception) == "1 of 2 sources could not be polled: bad"


def test_sources_shows_how_each_stands(app: App, site: Site) -> None:
    run(app, poll, fails=True)
    news, bad = json.loads(run(app, sources, "--json").stdout)
    assert news == {
        "name": "news",
        "url": f"{site.url}/news?…",
        "state": "good",
        "succeeded_at": "2026-11-20T09:00:00+00:00",
        "next_at": "2026-11-20T15:00:00+00:00",
        "failures": 0,
        "error": None,
    }
    assert (bad["state"], bad["failures"], bad["succeeded_at"]) == ("failing", 1, None)
    text = run(app, sources).stdout
    assert "failing" in text
    assert "secret" not in text


def test_without_sources_it_says_how_to_name_one(database: Database) -> None:
    app = app_with(database)
    expected = "No sources; name one in digest.toml as [sources.NAME] with its url.\n"
    assert run(app, poll).stdout == run(app, sources).stdout == expected
    assert run(app, poll, "--json").stdout == "[]\n"

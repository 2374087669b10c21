from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from digest.catalogue.keys import find_key
from digest.catalogue.keys_cli import api_keys
from digest.cli import App
from digest.clock import FixedClock
from digest.db import Database
from digest.settings import Settings
from tests.stock import NOW


@pytest.fixture
def app(database: Database) -> App:
    return App(Settings(), FixedClock(NOW), lambda settings: database)


def run(app: App, *words: str) -> Result:
    return CliRunner().invoke(api_keys, words, obj=app, catch_exceptions=False)


def test_create_prints_the_key_alone_so_that_it_can_be_piped(app: App) -> None:
    result = run(app, "create", "website")

    with app.database.reading() as session:
        key = find_key(session, result.stdout.strip())
    assert key is not None and key.name == "website"
    assert "not shown again" in result.stderr


def test_create_as_json(app: App) -> None:
    made = json.loads(run(app, "create", "website", "--json").stdout)
    assert made["name"] == "website"
    assert made["key"].startswith(made["prefix"])


def test_list_shows_keys_and_never_a_secret(app: App) -> None:
    assert "digest api-keys create NAME" in run(app, "list").stdout
    key = run(app, "create", "website").stdout.strip()

    table, listed = run(app, "list").stdout, run(app, "list", "--json").stdout

    assert json.loads(listed) == [
        {
            "name": "website",
            "prefix": key[:11],
            "created_at": "2026-11-20T09:00:00+00:00",
            "used_at": None,
            "revoked_at": None,
        }
    ]
    assert "website" in table
    assert key not in table + listed


def test_revoke_says_that_the_key_opens_nothing_any_more(app: App) -> None:
    key = run(app, "create", "website").stdout.strip()

    said = run(app, "revoke", "website").stdout

    assert said == "website was revoked at 2026-11-20 09:00 UTC; it opens nothing any more\n"
    with app.database.reading() as session:
        assert find_key(session, key) is None

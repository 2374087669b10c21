"""Takes through the API."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

TAKE: dict[str, Any] = {"reviewer": "Skeptic", "score": 41, "verdict": "skip", "text": "It makes things up."}


@pytest.fixture(autouse=True)
def loupe(client: TestClient) -> None:
    client.put("tools/loupe", json={"name": "Loupe", "takes": [{"reviewer": "Founder", "text": "Sells."}]})


def test_a_take_is_added_and_got(client: TestClient) -> None:
    added = client.post("tools/loupe/takes", json=TAKE)

    assert (added.status_code, added.json()) == (201, TAKE)
    got = client.get(f"http://testserver{added.headers['location']}")
    assert (got.json(), got.headers["etag"]) == (TAKE, added.headers["etag"])
    listed = client.get("tools/loupe/takes").json()["takes"]
    assert [take["reviewer"] for take in listed] == ["Skeptic", "Founder"]
    assert client.get("tools/loupe").json()["panel"]["skips"] == 1


def test_a_second_take_of_a_reviewer_is_a_conflict(client: TestClient) -> None:
    answer = client.post("tools/loupe/takes", json={**TAKE, "reviewer": "Founder"})

    assert answer.status_code == 409
    assert "has a take on loupe already" in answer.json()["detail"]


def test_put_adds_or_replaces_a_take_whose_reviewer_the_path_names(client: TestClient) -> None:
    added = client.put("tools/loupe/takes/Skeptic", json={"text": "No."})
    replaced = client.put("tools/loupe/takes/Skeptic", json=TAKE)

    assert (added.status_code, added.headers["location"]) == (201, "/api/v1/tools/loupe/takes/Skeptic")
    assert added.json() == {"reviewer": "Skeptic", "score": None, "verdict": None, "text": "No."}
    assert (replaced.status_code, replaced.json()) == (200, TAKE)


def test_the_take_of_another_in_the_body_is_a_conflict(client: TestClient) -> None:
    answer = client.put("tools/loupe/takes/Builder", json=TAKE)

    assert answer.status_code == 409
    assert answer.json()["detail"] == "this is the place of the Builder's take, but the take is the Skeptic's"


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"reviewer": "Sceptic"}, "reviewer"),
        ({"score": 101}, "score"),
        ({"score": "41"}, "score"),
        ({"verdict": "maybe"}, "verdict"),
        ({"text": " \u200b "}, "text"),
        ({"mood": "dark"}, "mood"),
    ],
)
def test_a_take_that_is_wrong_is_refused_with_the_place(
    client: TestClient, values: dict[str, Any], where: str
) -> None:
    answer = client.post("tools/loupe/takes", json={**TAKE, **values})

    assert answer.status_code == 422
    assert [error["where"] for error in answer.json()["errors"]] == [where]
    assert len(client.get("tools/loupe/takes").json()["takes"]) == 1


def test_a_take_is_removed(client: TestClient) -> None:
    assert client.delete("tools/loupe/takes/Founder").status_code == 204
    assert client.get("tools/loupe/takes").json() == {"takes": []}
    assert client.delete("tools/loupe/takes/Founder").status_code == 404


@pytest.mark.parametrize(
    "path", ["tools/lens/takes", "tools/lens/takes/Builder", "tools/loupe/takes/Builder"]
)
def test_takes_that_are_not_there_are_not_found(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("name", ["%00", "x" * 41, "", "a%0Ab"])
def test_no_reviewer_has_such_a_name(client: TestClient, name: str) -> None:
    assert client.get(f"tools/loupe/takes/{name}").status_code == 404


def test_conditions_are_about_the_take_and_not_its_tool(client: TestClient) -> None:
    tag = client.get("tools/loupe/takes/Founder").headers["etag"]
    client.post("tools/loupe/takes", json=TAKE)

    put = client.put("tools/loupe/takes/Founder", json={"text": "Sold."}, headers={"If-Match": tag})
    late = client.delete("tools/loupe/takes/Founder", headers={"If-Match": tag})

    assert (put.status_code, late.status_code) == (200, 412)


def test_a_reviewer_may_be_called_anything_the_settings_allow(named_panel: TestClient) -> None:
    named_panel.put("tools/loupe", json={"name": "Loupe"})
    added = named_panel.post("tools/loupe/takes", json={"reviewer": "UX/UI 100%", "text": "Clear."})

    assert added.headers["location"] == "/digest/api/v1/tools/loupe/takes/UX%2FUI%20100%25"
    place = added.headers["location"].removeprefix("/digest")
    assert named_panel.get(f"http://testserver{place}").json()["text"] == "Clear."


@pytest.fixture
def named_panel(app_of: Any, key: str) -> TestClient:
    """A client of a site below /digest whose one reviewer has a name that needs care in a path."""
    reviewer = {"name": "UX/UI 100%", "initial": "U", "colour": "#0b7285", "brief": "Is it clear?"}
    app: FastAPI = app_of(
        panel={"reviewers": [reviewer]},
        web={"base_url": "https://example.com/digest", "secret_key": "x" * 32},
    )
    return TestClient(app, base_url="http://testserver/api/v1/", headers={"Authorization": f"Bearer {key}"})

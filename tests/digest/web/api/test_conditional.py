"""Conditional requests (RFC 9110, section 13)."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

LOUPE = {"name": "Loupe", "tagline": "Sees"}


@pytest.fixture
def tag(client: TestClient) -> str:
    """The tag of a tool that is there."""
    client.put("tools/loupe", json=LOUPE)
    return str(client.get("tools/loupe").headers["etag"])


def test_the_tag_changes_with_the_content_and_only_then(client: TestClient, tag: str) -> None:
    client.put("tools/loupe", json=LOUPE)
    assert client.get("tools/loupe").headers["etag"] == tag

    client.put("tools/loupe", json={**LOUPE, "tagline": "Reads"})
    assert client.get("tools/loupe").headers["etag"] != tag


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_what_is_known_is_not_sent_again(client: TestClient, tag: str, form: str) -> None:
    answer = client.get("tools/loupe", headers={"If-None-Match": form.format(tag)})

    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == tag


@pytest.mark.parametrize("form", ['"other"', "nonsense", ""])
def test_what_is_not_known_is_sent(client: TestClient, tag: str, form: str) -> None:
    assert client.get("tools/loupe", headers={"If-None-Match": form}).json()["tagline"] == "Sees"


@pytest.mark.parametrize("form", ["{}", '"other", {}', "*"])
def test_a_change_of_what_was_read_goes_through(client: TestClient, tag: str, form: str) -> None:
    headers = {"If-Match": form.format(tag)}
    assert client.put("tools/loupe", json=LOUPE, headers=headers).status_code == 200
    assert client.delete("tools/loupe", headers=headers).status_code == 204


@pytest.mark.parametrize("form", ['"other"', "W/{}", "nonsense", ""])
def test_a_change_of_anything_else_is_held_back(client: TestClient, tag: str, form: str) -> None:
    headers = {"If-Match": form.format(tag)}
    put = client.put("tools/loupe", json={"name": "Lost"}, headers=headers)

    assert put.status_code == 412
    assert put.json()["detail"] == "If-Match: it was changed since you read it; read it again"
    assert client.delete("tools/loupe", headers=headers).status_code == 412
    assert client.get("tools/loupe").headers["etag"] == tag


def test_if_match_never_adds(client: TestClient) -> None:
    assert client.put("tools/loupe", json=LOUPE, headers={"If-Match": "*"}).status_code == 412
    assert client.get("tools/loupe").status_code == 404


def test_if_none_match_star_only_adds(client: TestClient) -> None:
    only_add = {"If-None-Match": "*"}
    assert client.put("tools/loupe", json=LOUPE, headers=only_add).status_code == 201
    assert client.put("tools/loupe", json={"name": "Lost"}, headers=only_add).status_code == 412
    assert client.get("tools/loupe").json()["name"] == "Loupe"

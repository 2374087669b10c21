"""What clients send, read strictly."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "the body is not JSON: Expecting value, line 1"),
        (b'{"name": "Loupe",}', "the body is not JSON: "),
        (b'{"name": "Loupe"} x', "the body is not JSON: Extra data, line 1"),
        (b'{"panel_percent": NaN}', "the body is not JSON: NaN is no number"),
        (b"9" * 5_000, "the body is not JSON: "),
        (b"[" * 100_000, "the body is nested too deep"),
        (b'{"name": "\xff"}', "the body is not UTF-8"),
    ],
)
def test_what_is_no_json_is_a_bad_request(client: TestClient, body: bytes, detail: str) -> None:
    answer = client.post("tools", content=body, headers=JSON)

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(detail)


@pytest.mark.parametrize("media_type", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_another_type_is_not_supported(client: TestClient, media_type: str | None) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    assert client.post("tools", content=b'{"name": "Loupe"}', headers=headers).status_code == 415


def test_parameters_of_the_type_do_not_matter(client: TestClient) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert client.post("tools", content=b'{"name": "Loupe"}', headers=headers).status_code == 201


@pytest.mark.parametrize("body", [b"null", b"[]", b"5", b'"name"', b"true"])
def test_json_that_is_no_object_is_refused(client: TestClient, body: bytes) -> None:
    answer = client.post("tools", content=body, headers=JSON)

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"where": "", "message": "expected an object"}]


def test_a_key_that_stands_there_twice_is_refused(client: TestClient) -> None:
    answer = client.post("tools", content=b'{"name": "Loupe", "name": "Lens"}', headers=JSON)

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"where": "name", "message": "this key stands in the object twice"}]


def test_a_whole_number_may_be_written_with_a_point(client: TestClient) -> None:
    body = b'{"name": "Loupe", "takes": [{"reviewer": "Builder", "score": 8.8e1, "text": "x"}]}'
    assert client.post("tools", content=body, headers=JSON).json()["takes"][0]["score"] == 88
    assert client.post("tools", content=body.replace(b"8.8e1", b"88.5"), headers=JSON).status_code == 422


@pytest.mark.parametrize("number", [b"1e999", b"-1e999", b"9" * 400, b"1e400"])
def test_a_number_beyond_all_bounds_is_refused(client: TestClient, number: bytes) -> None:
    body = b'{"name": "Loupe", "community": {"ships": %s, "skips": 0}}' % number
    assert client.post("tools", content=body, headers=JSON).status_code == 422


def test_more_than_a_megabyte_is_too_much_announced_or_not(client: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        yield from (b'{"name": "', b"x" * 600_000, b"x" * 600_000, b'"}')

    for content in (b"".join(pieces()), pieces()):
        answer = client.post("tools", content=content, headers=JSON)
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("name", ["\\ud800", "Lou\\u0000pe", "\\udfff\\ud800 Loupe"])
def test_half_a_character_is_answered_and_never_stored(client: TestClient, name: str) -> None:
    for body in (
        f'{{"name": "{name}"}}',
        f'{{"name": "x", "{name}": 1}}',
        f'{{"name": "x", "slug": "{name}"}}',
    ):
        answer = client.put("tools/loupe", content=body.encode(), headers=JSON)
        assert answer.status_code in (200, 201, 409, 422)
        assert "\\ud" not in answer.text.lower()


KEYS = st.text(max_size=5) | st.sampled_from(
    ["name", "slug", "takes", "reviewer", "text", "score", "panel", "percent", "community", "ships", "skips"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_no_body_is_a_fault_of_ours(client: TestClient, body: bytes) -> None:
    assert client.put("tools/loupe", content=body, headers=JSON).status_code in (200, 201, 400, 409, 422)


def test_a_body_of_thousands_of_keys_is_refused_in_a_moment(client: TestClient) -> None:
    keys = ", ".join(f'"k{number}": 0' for number in range(50_000))
    twice = client.post("tools", content=f'{{{keys}, "q": 0, "q": 1}}', headers=JSON)
    assert twice.json()["errors"] == [{"where": "q", "message": "this key stands in the object twice"}]
    unknown = client.put("tools/loupe", content=f"{{{keys}}}", headers=JSON)
    assert (unknown.status_code, len(unknown.json()["errors"])) == (422, 100)


def test_a_day_that_is_no_text_at_all_is_refused(client: TestClient) -> None:
    answer = client.post("tools", content=r'{"name": "Z", "published_on": "\ud800"}', headers=JSON)
    assert answer.status_code in (400, 422)

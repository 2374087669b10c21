"""The OpenAPI document."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.factories import REVIEWERS


@pytest.fixture
def document(stranger: TestClient) -> Any:
    answer = stranger.get("/api/openapi.json")
    assert answer.status_code == 200
    return answer.json()


def operations(document: Any) -> list[Any]:
    return [operation for methods in document["paths"].values() for operation in methods.values()]


def test_every_operation_has_a_name_of_its_own_and_a_summary(document: Any) -> None:
    assert [operation["operationId"] for operation in operations(document)] == [
        "listTools",
        "createTool",
        "getTool",
        "putTool",
        "deleteTool",
        "listTakes",
        "createTake",
        "getTake",
        "putTake",
        "deleteTake",
    ]
    assert all(operation["summary"] for operation in operations(document))


def test_every_operation_needs_a_key_and_says_how_it_fails(document: Any) -> None:
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    for operation in operations(document):
        assert operation["security"] == [{"key": []}]
        assert {"401", "503"} < set(operation["responses"])
        failures = [answer for status, answer in operation["responses"].items() if int(status) >= 400]
        assert all(list(answer["content"]) == ["application/problem+json"] for answer in failures)


def test_every_body_has_an_example_that_is_accepted(document: Any, client: TestClient) -> None:
    client.put("tools/loupe-2b", json={"name": "Loupe 2B"})
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if "requestBody" in operation:
                [content] = operation["requestBody"]["content"].values()
                place = path.replace("{slug}", "loupe-2b").replace("{reviewer}", "Builder")
                answer = client.request(method, f"http://testserver/api{place}", json=content["example"])
                assert answer.status_code in (200, 201, 409), answer.text


def test_the_panel_stands_in_the_schema(document: Any) -> None:
    take = document["components"]["schemas"]["TakeModel"]
    assert take["properties"]["reviewer"]["enum"] == list(REVIEWERS)


def test_no_schema_is_left_without_use_or_meant_by_nobody(document: Any) -> None:
    text = str(document)
    assert all(f"'#/components/schemas/{name}'" in text for name in document["components"]["schemas"])


def test_the_paths_follow_the_address_of_the_site(app_of: Any) -> None:
    app = app_of(web={"base_url": "https://example.com/digest", "secret_key": "x" * 32})
    assert TestClient(app).get("/api/openapi.json").json()["servers"] == [{"url": "/digest/api"}]

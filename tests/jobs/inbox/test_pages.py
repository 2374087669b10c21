from pathlib import Path

import pytest
from starlette.testclient import TestClient

from jobs.inbox.pages import inbox_app

MESSAGE = (
    "From: a@example.com\r\nTo: Ann <ann@example.com>\r\nSubject: <b>Hello</b>\r\n"
    "Date: Fri, 20 Nov 2026 09:00:00 +0000\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    "<p>Hi</p><script>alert(1)</script>\r\n"
)


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "0001-ann@example.com.eml").write_text(MESSAGE, newline="")
    (tmp_path / "secret.eml").write_text("not for the web")
    return TestClient(inbox_app(tmp_path / "inbox"), base_url="http://127.0.0.1")


def test_the_list_shows_what_was_caught_as_text(client: TestClient) -> None:
    page = client.get("/").text
    assert "1 caught" in page
    assert "&lt;b&gt;Hello&lt;/b&gt;" in page


def test_a_message_is_shown_in_a_frame_that_can_run_nothing(client: TestClient) -> None:
    assert "ann@example.com" in client.get("/0001-ann@example.com/").text
    body = client.get("/0001-ann@example.com/body.html")
    assert "<p>Hi</p>" in body.text
    assert "default-src 'none'" in body.headers["content-security-policy"]
    assert "sandbox" in body.headers["content-security-policy"]


def test_the_message_can_be_had_as_it_came(client: TestClient) -> None:
    assert client.get("/0001-ann@example.com.eml").content == MESSAGE.encode()


@pytest.mark.parametrize("path", ["/nothing/", "/..%2Fsecret.eml", "/%2e%2e%2fsecret/", "/nothing.eml"])
def test_nothing_outside_the_folder_is_shown(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "not for the web" not in answer.text


def test_another_sites_name_for_this_machine_is_refused(client: TestClient) -> None:
    assert client.get("/", headers={"Host": "evil.example.com"}).status_code == 400

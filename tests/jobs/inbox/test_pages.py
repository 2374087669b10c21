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


@pytest.mark.parametrize(
    "header",
    [
        "To: <",
        'To: "',
        "To: a@[",
        "Message-ID: <[",
        "Subject: =?nonsense?q?=E9?=",
        "Content-Type: text/html; charset=nonsense",
        "Content-Type: text/html; charset=hex",
        "Content-Disposition: ;;=",
        "Content-Transfer-Encoding: rot13",
        "X-Raw: \xe9\xff",
    ],
)
def test_one_broken_mail_breaks_no_page(client: TestClient, tmp_path: Path, header: str) -> None:
    broken = f"{header}\r\nContent-Type: text/html\r\n\r\n<p>Caf\xe9</p>\r\n".encode("latin-1")
    (tmp_path / "inbox" / "0002-ben@example.com.eml").write_bytes(broken)
    assert "2 caught" in client.get("/").text
    assert f"<dt>{header.partition(':')[0]}</dt>" in client.get("/0002-ben@example.com/").text
    assert "<p>Caf\ufffd</p>" in client.get("/0002-ben@example.com/body.html").text


def test_encoded_headers_and_charsets_are_read(client: TestClient, tmp_path: Path) -> None:
    message = (
        "To: =?utf-8?q?Zo=C3=AB?= <zoe@example.com>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n und mehr\r\n"
        "Content-Type: text/html; charset=latin-1\r\n\r\n<p>Caf\xe9</p>\r\n"
    )
    (tmp_path / "inbox" / "0002-zoe@example.com.eml").write_bytes(message.encode("latin-1"))
    page = client.get("/").text
    assert "Zoë &lt;zoe@example.com&gt;" in page
    assert "Grüße und mehr" in page
    assert "<p>Café</p>" in client.get("/0002-zoe@example.com/body.html").text


def test_an_attachment_is_not_taken_for_the_message(client: TestClient, tmp_path: Path) -> None:
    message = (
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n"
        "Content-Disposition: attachment\r\n\r\n<p>Attached</p>\r\n--x\r\n"
        "Content-Type: text/html\r\n\r\n<p>Shown</p>\r\n--x--\r\n"
    )
    (tmp_path / "inbox" / "0002-zoe@example.com.eml").write_text(message, newline="")
    assert client.get("/0002-zoe@example.com/body.html").text.strip() == "<p>Shown</p>"


@pytest.mark.parametrize("path", ["/nothing/", "/..%2Fsecret.eml", "/%2e%2e%2fsecret/", "/nothing.eml"])
def test_nothing_outside_the_folder_is_shown(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "not for the web" not in answer.text


def test_another_sites_name_for_this_machine_is_refused(client: TestClient) -> None:
    assert client.get("/", headers={"Host": "evil.example.com"}).status_code == 400

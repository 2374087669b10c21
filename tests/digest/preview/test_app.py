"""The preview's answers, asked as a browser would ask."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from digest.db import Database
from digest.preview.app import preview_app
from digest.preview.watching import Folders
from digest.settings import Settings, SmtpSettings
from tests.digest.preview.conftest import Preview, stocked_preview
from tests.servers import Mailbox, mail_server
from tests.stock import stock_readers

OURS = {"X-Preview": "1", "Origin": "http://127.0.0.1", "Content-Type": "application/json"}

DEAD = "http://127.0.0.1:8000/about-us"
DEAD_LINK = f"""<mj-section><mj-column><mj-text>
<a href="{DEAD}">Who we are</a></mj-text></mj-column></mj-section>"""


def client_of(preview: Preview) -> TestClient:
    app = preview_app(preview.room, title="A week", folders=Folders(None, None), stop=threading.Event())
    return TestClient(app, base_url="http://127.0.0.1")


@pytest.fixture(scope="module")
def client(
    tmp_path_factory: pytest.TempPathFactory, empty_database_file: Path, kept_templates: Path
) -> Iterator[TestClient]:
    """One preview for all that only ask; who changes what is shown has a preview of their own."""
    file = tmp_path_factory.mktemp("asked") / "digest.db"
    file.write_bytes(empty_database_file.read_bytes())
    database = Database(f"sqlite:///{file}")
    with client_of(stocked_preview(database, kept_templates)) as client:
        yield client
    database.close()


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/frame.html",
        "/issue.eml",
        "/view/text",
        "/view/html",
        "/view/nothing",
        "/menu",
        "/state",
        "/checks",
        "/changes",
        "/weights",
        "/preview.css",
        "/preview.js",
        "/preview_frames.js",
        "/preview_keys.js",
        "/preview_panels.js",
        "/gone",
    ],
)
def test_every_answer_is_taken_for_what_it_says_it_is(client: TestClient, path: str) -> None:
    headers = client.get(path).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"].startswith("default-src 'none'")


def test_the_frame_and_the_email_in_it_keep_policies_of_their_own(client: TestClient) -> None:
    page, email = (client.get(path).headers["content-security-policy"] for path in ("/", "/frame.html"))

    assert "script-src 'self'" in page
    assert "unsafe" not in page
    assert "script-src" not in email
    assert "frame-ancestors 'self'" in email


def test_pictures_from_the_web_are_loaded_only_when_asked_for(client: TestClient) -> None:
    policies = [
        client.get(path).headers["content-security-policy"]
        for path in ("/frame.html", "/frame.html?pictures=web")
    ]

    assert ["https:" in policy for policy in policies] == [False, True]


def test_a_refused_host_is_answered_with_the_same_headers(client: TestClient) -> None:
    answer = client.get("/", headers={"Host": "evil.example"})

    assert (answer.status_code, answer.headers["x-content-type-options"]) == (400, "nosniff")


def test_the_state_tells_lines_size_and_headers(client: TestClient) -> None:
    told = client.get("/state").json()

    assert told["fault"] is None
    assert told["bytes"] == len(client.get("/view/html").content)
    assert told["subject"].startswith("Lantern")
    assert [entry["name"] for entry in told["inboxes"]] == ["Gmail", "Apple Mail", "Outlook"]
    assert {"name": "MIME-Version", "value": "1.0", "raw": "1.0"} in told["headers"]


def test_a_fault_comes_with_its_excerpt(preview: Preview) -> None:
    preview.take_over("parts/masthead.html.j2", "issue.week", "isue.week")
    preview.source.refresh()
    with client_of(preview) as client:
        fault = client.get("/state").json()["fault"]

    assert fault["message"] == "'isue' is undefined"
    assert "isue.week" in fault["excerpt"][fault["line"] - fault["first"]]


def test_checks_come_with_the_place_they_can_be_seen_at(client: TestClient) -> None:
    findings = client.get("/checks").json()["findings"]

    places = {finding["rule"]: finding["place"] for finding in findings}
    assert places["headers"]["view"] == "headers"


def test_checks_follow_links_to_our_own_pages(preview: Preview) -> None:
    preview.take_over("frame.mjml.j2", "</mj-body>", DEAD_LINK + "</mj-body>")
    preview.source.refresh()
    with client_of(preview) as client:
        findings = client.get("/checks").json()["findings"]

    assert "our own page answers 404" in [finding["why"] for finding in findings]


def test_checks_survive_an_address_nobody_can_take_apart(preview: Preview) -> None:
    preview.take_over("frame.mjml.j2", "</mj-body>", DEAD_LINK.replace(DEAD, "http://[x/") + "</mj-body>")
    preview.source.refresh()
    with client_of(preview) as client:
        findings = client.get("/checks").json()["findings"]

    assert "link-scheme" in [finding["rule"] for finding in findings]


def test_a_mistake_of_the_programs_own_is_told_as_json(
    preview: Preview, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_: object) -> None:
        raise ValueError("Invalid IPv6 URL")

    monkeypatch.setattr("digest.preview.answers.checks", stumble)
    with client_of(preview) as client:
        answer = TestClient(client.app, base_url="http://127.0.0.1", raise_server_exceptions=False).get(
            "/checks"
        )

    assert answer.status_code == 500
    assert "ValueError: Invalid IPv6 URL" in answer.json()["error"]


def test_a_single_mail_is_not_asked_for_a_lists_headers(client: TestClient) -> None:
    findings = client.get("/checks", params={"show": "mail:confirm"}).json()["findings"]

    assert [finding for finding in findings if finding["severity"] == "error"] == []


def test_the_menu_has_weeks_scenarios_and_mails(client: TestClient) -> None:
    menu = client.get("/menu").json()

    assert menu["week"] == "2026-W47"
    assert menu["editions"] == [{"name": "de", "title": "Deutsch", "readers": 0}]
    assert [scenario["key"] for scenario in menu["scenarios"]] == list("123456")
    assert [mail["name"] for mail in menu["mails"]] == [
        *("confirm", "welcome", "reconfirm", "probe", "leave", "change", "changed", "goodbye", "editor")
    ]


def test_the_message_is_downloaded_under_a_name_of_its_own(client: TestClient) -> None:
    answer = client.get("/issue.eml", params={"show": "mail:confirm"})

    assert answer.headers["content-disposition"] == 'attachment; filename="2026-W47-mail-confirm.eml"'
    assert answer.content.startswith(b"From: ")


@pytest.mark.parametrize("path", ["/view/gone", "/state?show=gone", "/view/html?reader=nobody"])
def test_what_there_is_not_is_a_404_that_says_so(client: TestClient, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 404
    assert answer.json()["error"]


def test_readers_are_found_by_a_part_of_address_or_name(database: Database, preview: Preview) -> None:
    with database.writing() as session:
        stock_readers(session, 30)

    with client_of(preview) as client:
        every = client.post("/readers", headers=OURS, json={"search": ""}).json()
        one = client.post("/readers", headers=OURS, json={"search": "READER007@"}).json()

    assert len(every) == 20
    assert [(reader["address"], reader["status"]) for reader in one] == [
        ("reader007@example.com", "confirmed")
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Preview": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Content-Type": "text/plain"},
    ],
)
@pytest.mark.parametrize("path", ["/test", "/readers"])
def test_another_sites_page_is_refused(client: TestClient, path: str, headers: dict[str, str]) -> None:
    answer = client.post(path, headers=OURS | headers, content=b'{"address": "a@example.com"}')

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        *((b"[]", 400), (b"{", 400), (b'"' + b"x" * 20_000, 413)),
        *((b'{"search": "\\ud800"}', 400), (b"[" * 9_000, 400)),
    ],
    ids=("a list", "unclosed", "large", "a lone surrogate", "nested"),
)
def test_what_is_no_small_object_is_refused(client: TestClient, body: bytes, status: int) -> None:
    assert client.post("/test", headers=OURS, content=body).status_code == status


def test_looking_never_sends(client: TestClient) -> None:
    assert client.get("/test").status_code == 405


def test_an_address_that_is_none_is_told(client: TestClient) -> None:
    answer = client.post("/test", headers=OURS, json={"address": "nobody"})

    assert answer.status_code == 400
    assert "not an e-mail address" in answer.json()["error"]


def test_what_sends_nothing_cannot_be_tested(client: TestClient) -> None:
    asked = {"show": "scenario:empty", "address": "me@example.com"}

    assert "An empty week sends nothing" in client.post("/test", headers=OURS, json=asked).json()["error"]


def test_a_relay_that_is_not_there_is_told(client: TestClient) -> None:
    answer = client.post("/test", headers=OURS, json={"address": "me@example.com"})

    assert answer.status_code == 502
    assert answer.json()["error"]


@pytest.mark.parametrize("show", ["issue", "scenario:long", "mail:confirm"])
def test_a_test_goes_to_one_address_with_what_is_shown(
    database: Database, own_templates: Path, show: str
) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        settings = Settings(smtp=SmtpSettings(url=f"smtp://127.0.0.1:{port}"))
        with client_of(stocked_preview(database, own_templates, settings)) as client:
            answer = client.post("/test", headers=OURS, json={"show": show, "address": " me@example.com "})
            shown = client.get("/issue.eml", params={"show": show}).content

    assert answer.json() == {"sent": "me@example.com"}
    (recipient, received) = mailbox.messages[0]
    assert recipient == "me@example.com"
    if show != "mail:confirm":  # its link is signed anew each time
        assert received.partition(b"\r\n\r\n")[2].rstrip() == shown.partition(b"\r\n\r\n")[2].rstrip()

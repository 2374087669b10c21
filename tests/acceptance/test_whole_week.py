"""One whole week, and the next, through the real command line and a live SMTP server."""

from __future__ import annotations

import json
import re
from collections import Counter
from email.message import EmailMessage
from html import unescape

import httpx

from digest.rendering.slots import BODY_SLOTS
from tests.acceptance.desk import Desk, body
from tests.acceptance.weeks import FIRST_WEEK, SECOND_WEEK
from tests.processes import running, wait_for

CONFIRMED = [f"reader{number:03d}@example.com" for number in range(200)]
OTHERS = [f"other{number:02d}@example.com" for number in range(20)]


def test_two_weeks_from_saved_pages_to_two_hundred_inboxes(desk: Desk) -> None:
    desk.digest("catalogue", "import", "--published", "2026-11-17", *desk.save(FIRST_WEEK))
    desk.fresh("issue", "build", "--week", "2026-W47")
    issue = json.loads(desk.digest("issue", "show", "--week", "2026-W47", "--json"))
    assert issue["status"] == "draft"
    assert {frozenset(pair.values()) for pair in issue["matchups"]} == {
        frozenset({"loupe-2b", "lantern-22b"}),
        frozenset({"quill-co", "inkwell"}),
    }

    (desk.folder / "readers.csv").write_text(
        "email,name,status\n"
        + "".join(f"{address},Reader,confirmed\n" for address in CONFIRMED)
        + "".join(
            f"{address},,{'pending' if n % 2 else 'unsubscribed'}\n" for n, address in enumerate(OTHERS)
        )
    )
    desk.digest("subscribers", "import", "readers.csv")
    assert "200 of 200 sent" in desk.fresh("issue", "send", "--week", "2026-W47")

    messages = desk.received()
    assert Counter(str(message["To"].addresses[0].addr_spec) for message in messages) == Counter(CONFIRMED)
    links = [check_message(message, desk) for message in messages]
    assert len(set(links)) == 200, "each reader has a link of their own"

    assert "200 of 200 sent" in desk.digest("issue", "send", "--week", "2026-W47")
    assert len(desk.received()) == 200, "sending twice sends nobody twice"

    with running(desk.environment, desk.folder, "web", "--port", str(desk.port)):
        wait_for(f"{desk.base_url}/healthz")
        check_pages(desk, messages[0])
        answer = httpx.post(links[0], data={"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, answer.history) == (200, [])

    desk.digest("catalogue", "import", "--published", "2026-11-24", *desk.save(SECOND_WEEK))
    desk.digest("issue", "build", "--week", "2026-W48")
    second = json.loads(desk.digest("issue", "show", "--week", "2026-W48", "--json"))
    assert [frozenset(pair.values()) for pair in second["matchups"]] == [frozenset({"harbor", "compass"})]
    assert "199 of 199 sent" in desk.digest("issue", "send", "--week", "2026-W48")
    assert len(desk.received()) == 399


def check_message(message: EmailMessage, desk: Desk) -> str:
    """Assert that a message is whole and return its unsubscribe link."""
    assert message.defects == []
    for name in ("From", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe"):
        assert len(message.get_all(name, [])) == 1, name
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    html, text = body(message, "html"), body(message, "plain")
    for expected in ("Loupe 2B", "Lantern 22B", "Inkwell", "No panel take"):
        assert expected in html
    assert "Quill & Co" in text
    assert "Quill &amp; Co" in html
    assert f"{desk.base_url}/compare/" in html
    match = re.fullmatch(r"<(http://[^>]+)>", "".join(message["List-Unsubscribe"].split()))
    assert match is not None
    link = match[1]
    assert link.startswith(f"{desk.base_url}/unsubscribe/")
    assert f'href="{link}"' in html
    assert link in text
    assert "Loading bookmarks" not in html + text
    return link


def check_pages(desk: Desk, message: EmailMessage) -> None:
    """Every link of the e-mail opens a page."""
    links = set(map(unescape, re.findall(r'href="(http[^"]+)"', body(message, "html"))))
    assert {link.removeprefix(desk.base_url).split("/")[1] for link in links} == {
        "compare",
        "issues",
        *BODY_SLOTS,
    }
    for link in links:
        assert httpx.get(link).status_code == 200, link


def test_the_next_week_needs_new_tools(desk: Desk) -> None:
    desk.digest("catalogue", "import", "--published", "2026-11-17", *desk.save(FIRST_WEEK))
    desk.digest("subscribers", "add", "reader@example.com", "--confirmed")
    desk.digest("issue", "build", "--week", "2026-W47")
    said = desk.digest("issue", "build", "--week", "2026-W48", code=1)
    assert "no issue for 2026-W48: every tool was featured before" in said
    assert "there is no issue 2026-W48" in desk.digest("issue", "send", "--week", "2026-W48", code=1)
    assert desk.received() == []


def test_the_preview_is_byte_for_byte_what_is_sent(desk: Desk) -> None:
    desk.digest("catalogue", "import", "--published", "2026-11-17", *desk.save(FIRST_WEEK))
    desk.digest("issue", "build", "--week", "2026-W47")
    desk.fresh("preview", "--week", "2026-W47", "--out", "shown")
    desk.fresh("issue", "test-send", "reader@example.com", "--week", "2026-W47")
    (sent,) = desk.inbox.glob("*.eml")
    assert anonymous(sent.read_bytes()) == anonymous((desk.folder / "shown" / "issue.eml").read_bytes())


def anonymous(message: bytes) -> bytes:
    """Return a message without the receiving server's trace fields, and with one name for its reader."""
    return re.sub(
        rb"(sample-reader|test-[0-9a-f]{8})\.?[\w-]{0,43}", b"reader", message[message.index(b"From:") :]
    )

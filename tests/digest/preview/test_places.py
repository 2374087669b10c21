"""Where a finding can be looked at."""

from __future__ import annotations

import pytest

from digest.lint.values import Finding, Severity
from digest.preview.places import Place, place_of


def finding(rule: str, where: str) -> Finding:
    return Finding(rule, Severity.WARNING, where, "because", "do this")


@pytest.mark.parametrize(
    ("rule", "where", "place"),
    [
        ("text-size", "line 12, <td> “SHIP”", Place("email", 12, "td", "SHIP")),
        ("contrast", "dark, line 12, <p> “Faint”", Place("email", 12, "p", "Faint", look="dark")),
        (
            "headings",
            "line 3, <h2> “A long heading that is cut aft…”",
            Place("email", 3, "h2", "A long heading that is cut aft"),
        ),
        ("alt-text", "line 7, <img src=https://example.com/a.png>", Place("email", 7, "img")),
        ("clients", "line 7, <td> style", Place("email", 7, "td")),
        ("clients", "<style> .h1", Place("html")),
        (
            "link-words",
            "“here” → https://example.com/a",
            Place("email", tag="a", href="https://example.com/a"),
        ),
        ("link-status", "https://example.com/gone", Place("email", tag="a", href="https://example.com/gone")),
        ("subject-length", "“A subject”", Place("inbox")),
        ("size", "HTML body", Place("size")),
        ("headers", "List-Unsubscribe", Place("headers")),
        ("slots", "text body", Place("text")),
        ("slots", "subject", Place("inbox")),
        ("language", "<html>", None),
    ],
)
def test_a_finding_leads_to_what_it_is_about(rule: str, where: str, place: Place | None) -> None:
    assert place_of(finding(rule, where)) == place

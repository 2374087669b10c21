"""What an e-mail leaves out of its issue."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from digest.issues.values import IssueContent, Matchup
from digest.matchups import with_depths
from digest.preview.lacking import lacking
from digest.rendering.issue import render_issue
from digest.rendering.values import Identity, RenderedEmail
from digest.rendering.view import IssueView, issue_view
from digest.week import Week
from tests.factories import FRIDAY, PANEL, tool

IDENTITY = Identity("A week", "Us", "A street", "us@example.com", "https://digest.example.com")
CONTENT = IssueContent(
    Week(2026, 47),
    with_depths(
        [
            Matchup(
                tool("Tom & <Jerry>", 80, 70, 40), tool("A name of several words that is long", 60, 20, 90)
            ),
            Matchup(tool("Second", 80, 70), tool("Third", 50, 70)),
            Matchup(tool("Fourth", 80, 70), tool("Fifth", 50, 70)),
        ]
    ),
    "Tom & <Jerry> leads",
    "A preheader",
    PANEL,
)


@pytest.fixture(scope="module")
def email() -> RenderedEmail:
    return render_issue(CONTENT, IDENTITY, "sentinel", date=FRIDAY)


@pytest.fixture
def view() -> IssueView:
    return issue_view(CONTENT, IDENTITY, "sentinel", date=date(2026, 11, 20))


def test_the_shipped_templates_leave_nothing_out(email: RenderedEmail, view: IssueView) -> None:
    assert lacking(view, email.html, email.text) == []


def test_a_name_in_title_and_preview_line_does_not_show(email: RenderedEmail, view: IssueView) -> None:
    hidden = (
        '<head><title>Fifth</title></head><body><div style="display:none;max-height:0">Fifth</div></body>'
    )

    assert "The HTML lacks the name Fifth" in lacking(view, f"<html>{hidden}</html>", email.text)


def test_matchups_that_are_only_listed_are_missed(email: RenderedEmail, view: IssueView) -> None:
    names = " ".join(f"{one.left.name} {one.right.name}" for one in view.matchups).replace("<", "&lt;")

    found = lacking(view, f"<body>{names}</body>", email.text)

    assert "The HTML lacks the matchup Second vs Third" in found
    assert len([what for what in found if "the matchup" in what]) == 3


def test_takes_of_a_full_matchup_are_missed_and_of_a_stub_not(email: RenderedEmail, view: IssueView) -> None:
    text = "\n".join(line for line in email.text.splitlines() if "looked at it" not in line)

    found = lacking(view, email.html, text)

    assert found == [
        "The plain text lacks every take of Tom & <Jerry> vs A name of several words that is long"
    ]


def test_text_may_be_wrapped_anywhere(email: RenderedEmail, view: IssueView) -> None:
    assert lacking(view, email.html, email.text.replace(" ", "\n")) == []


def test_a_template_of_ones_own_may_drop_the_link(email: RenderedEmail, view: IssueView) -> None:
    matchups = tuple(replace(one, url="https://digest.example.com/elsewhere") for one in view.matchups)

    assert lacking(replace(view, matchups=matchups), email.html, email.text) == []

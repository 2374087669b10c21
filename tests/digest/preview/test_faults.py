"""How a mistake is told to the editor who made it."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.errors import BadInput, TemplateError, WrongState
from digest.preview.faults import Fault, hollow
from digest.templating import shipped_templates

LINES = [f"line {number}" for number in range(1, 11)]


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "templates" / "email" / "issue.mjml.j2"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join([*LINES[:4], "<b>{{ isue.week }}</b>", *LINES[5:]]), "utf-8")
    return path


def test_the_excerpt_has_the_line_and_its_neighbours(template: Path) -> None:
    fault = Fault.of(TemplateError("'isue' is undefined", source=str(template), line=5))

    assert (fault.first, fault.line) == (2, 5)
    assert fault.excerpt[3] == "<b>{{ isue.week }}</b>"
    assert len(fault.excerpt) == 7


def test_the_column_is_where_the_named_thing_stands(template: Path) -> None:
    fault = Fault.of(TemplateError("'isue' is undefined", source=str(template), line=5))

    assert (fault.column, fault.message) == (7, "'isue' is undefined")


def test_a_column_that_is_known_is_kept(template: Path) -> None:
    assert Fault.of(TemplateError("a tag", source=str(template), line=5, column=1)).column == 1


def test_an_own_template_is_told_from_the_shipped_one_of_the_same_name(template: Path) -> None:
    own = Fault.of(TemplateError("a tag", source=str(template), line=5, column=1))
    shipped = shipped_templates() / "email" / "issue.mjml.j2"
    came_along = Fault.of(TemplateError("a tag", source=str(shipped), line=5, column=1))

    assert str(own) == f"{template}:5:1: a tag"
    assert str(came_along) == "shipped templates/email/issue.mjml.j2:5:1: a tag"


def test_the_first_line_has_an_excerpt_too(template: Path) -> None:
    fault = Fault.of(BadInput("an unknown key", source=str(template), line=1))

    assert (fault.first, fault.excerpt[0], len(fault.excerpt)) == (1, "line 1", 4)


@pytest.mark.parametrize("line", [None, 99])
def test_a_line_that_is_not_there_has_no_excerpt(template: Path, line: int | None) -> None:
    assert Fault.of(TemplateError("odd", source=str(template), line=line)).excerpt == ()


def test_what_has_no_place_is_only_said() -> None:
    assert str(Fault.of(WrongState("not a draft"))) == "not a draft"


def test_a_hollow_email_is_shown_with_what_it_lacks() -> None:
    fault = hollow(["The HTML lacks the name Loupe", "The HTML lacks the name Lantern"])

    assert not fault.stale
    assert fault.message.startswith("The HTML lacks the name Loupe, and 1 more.")


def test_a_hollow_section_is_shown_where_it_begins_in_the_file_that_prints_it(tmp_path: Path) -> None:
    own = tmp_path / "email" / "issue.mjml.j2"
    own.parent.mkdir()
    own.write_text("\n".join([*LINES[:4], "{% for matchup in issue.shwon %}", *LINES[5:]]), "utf-8")

    html = hollow(["The HTML lacks the matchup Lantern vs Loupe"], tmp_path)
    text = hollow(["The plain text lacks the matchup Lantern vs Loupe"], tmp_path)

    assert (html.file, html.line, html.first) == (str(own), 5, 2)
    assert html.excerpt[3] == "{% for matchup in issue.shwon %}"
    assert text.file == "shipped templates/email/issue.txt.j2"
    assert "{% for" in text.excerpt[(text.line or 0) - text.first]

"""Mistakes that only show in the MJML or CSS are told by the line of the template that printed them."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.errors import TemplateError
from digest.rendering.mail import render_mail
from digest.rendering.values import Identity
from digest.templating import shipped_templates

IDENTITY = Identity("A week", "Us", "A street", "us@example.com", "https://digest.example.com")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "email" / "parts").mkdir(parents=True)
    return tmp_path


def fault(own: Path, name: str, old: str, new: str) -> TemplateError:
    """Render the confirmation with one shipped template changed; return what is said of it."""
    shipped = (shipped_templates() / "email" / name).read_text("utf-8")
    assert old in shipped
    (own / "email" / name).write_text(shipped.replace(old, new), "utf-8")
    values = {"confirm_url": "https://digest.example.com/confirm/x"}
    with pytest.raises(TemplateError) as caught:
        render_mail("confirm", values, IDENTITY, "sentinel", templates=own)
    return caught.value


def line_of(own: Path, name: str, words: str) -> int:
    lines = (own / "email" / name).read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if words in line)


def test_a_wrong_attribute_is_told_with_file_line_and_column(own: Path) -> None:
    error = fault(own, "frame.mjml.j2", '<mj-body width="640px"', '<mj-body widht="640px"')

    assert (error.source, error.line, error.column) == (
        str(own / "email/frame.mjml.j2"),
        line_of(own, "frame.mjml.j2", "widht"),
        1,
    )
    assert "did you mean width?" in str(error)
    assert str(error).startswith(f"{error.source}:{error.line}:1: <mj-body>")


def test_a_mistake_in_a_macro_is_found_in_the_macros_file(own: Path) -> None:
    error = fault(own, "parts/button.html.j2", "</table>", "</tabel>")

    assert error.source == str(own / "email/parts/button.html.j2")
    assert error.line == line_of(own, "parts/button.html.j2", "</tabel>")


def test_a_mistake_in_css_is_found_in_the_style_sheet(own: Path) -> None:
    error = fault(own, "inline.css.j2", ".h1 {", ".h1 {{")

    assert error.source == str(own / "email/inline.css.j2")


def test_what_a_value_breaks_is_told_by_the_line_that_prints_it(own: Path) -> None:
    error = fault(own, "letter.mjml.j2", "{{ brand.name }}</h1>", "{{ '<b>'|safe }}</h1>")

    assert error.source == str(own / "email/letter.mjml.j2")
    assert error.line == line_of(own, "letter.mjml.j2", "|safe")


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("inline.css.j2", ".track { background: {{ c.track }} }"),
        ("head.css.j2", "display: block !important; padding-left: 0 !important }"),
    ],
)
def test_a_rule_that_is_not_closed_is_told_by_its_place(own: Path, name: str, rule: str) -> None:
    error = fault(own, name, rule, rule[:-1])

    assert error.source == str(own / "email" / name)
    assert error.line is not None
    assert 0 <= error.line - line_of(own, name, rule[:-1]) <= 1
    assert "missing before?" in str(error)

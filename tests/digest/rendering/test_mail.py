from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from digest.errors import TemplateError
from digest.palette import DARK, LIGHT
from digest.rendering.inline import check_css
from digest.rendering.mail import render_mail
from digest.rendering.values import RenderedEmail
from digest.templating import template_environment
from tests.digest.rendering.samples import IDENTITY, SENTINEL

URL = "https://digest.example.com/confirm/abc.def"


def confirmation(templates: Path | None = None) -> RenderedEmail:
    return render_mail("confirm", {"confirm_url": URL}, IDENTITY, SENTINEL, templates=templates)


def own(folder: Path, name: str, text: str) -> Path:
    (folder / "email").mkdir(exist_ok=True)
    (folder / "email" / name).write_text(text, "utf-8")
    return folder


def test_the_confirmation_says_what_to_do_and_what_happens_otherwise() -> None:
    mail = confirmation()
    assert mail.subject == "Please confirm: Weekly AI Tool Verdicts"
    for body in (mail.html, mail.text):
        words = " ".join(body.split())
        assert URL in words
        assert "If this was not you, do nothing" in words
        assert "14 days" in words
        assert IDENTITY.address in words


def test_a_mail_needs_no_subject_in_its_own_body() -> None:
    assert "Please confirm:" not in confirmation().text


def test_the_same_values_give_the_same_bytes() -> None:
    assert confirmation() == confirmation()


def test_an_own_template_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    text = "{% set subject = 'Hello' %}{% set preheader = 'There' %}Go to {{ confirm_url }}\n"
    mail = confirmation(own(tmp_path, "confirm.txt.j2", text))
    assert (mail.subject, mail.preheader, mail.text) == ("Hello", "There", f"Go to {URL}\n")
    assert URL in mail.html


def test_own_colours_reach_every_part() -> None:
    own_ink = replace(IDENTITY, light=LIGHT.over({"ink": "#123456"}), dark=DARK.over({"on_ink": "#123456"}))
    html = render_mail("confirm", {"confirm_url": URL}, own_ink, SENTINEL).html
    assert 'bgcolor="#123456"' in html
    assert "#14181C" not in html


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("{{ brand.name }}\n\n{% if %}\n", 3, "Expected an expression"),
        ("{{ brand.name }}\n{{ brand.nmae }}\n", 2, "has no 'nmae'; did you mean name"),
        ("{{ nobody }}\n", 1, "'nobody' is undefined"),
        ("\n{{ 1 / 0 }}\n", 2, "division by zero"),
        ("{{ ''.__class__ }}\n", 1, "unsafe"),
    ],
)
def test_a_slip_in_a_template_is_told_with_file_and_line(
    tmp_path: Path, text: str, line: int, what: str
) -> None:
    with pytest.raises(TemplateError) as caught:
        confirmation(own(tmp_path, "confirm.txt.j2", text))
    assert f"confirm.txt.j2:{line}: " in str(caught.value)
    assert what in str(caught.value)


def test_a_slip_in_a_part_names_the_part(tmp_path: Path) -> None:
    (tmp_path / "email" / "parts").mkdir(parents=True)
    part = tmp_path / "email" / "parts" / "button.html.j2"
    part.write_text("{% macro button(label, url) %}\n<b>{{ lable }}</b>\n{% endmacro %}\n", "utf-8")
    with pytest.raises(TemplateError, match=r"button\.html\.j2:2: 'lable' is undefined"):
        confirmation(tmp_path)


def test_a_template_that_is_not_there_is_named() -> None:
    with pytest.raises(TemplateError, match=r"postcard\.txt\.j2"):
        render_mail("postcard", {}, IDENTITY, SENTINEL)


def test_broken_markup_is_told_by_the_line_of_the_template(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"confirm\.mjml\.j2:3:3:"):
        confirmation(own(tmp_path, "confirm.mjml.j2", "<mjml>\n<mj-body>\n</mj-bdoy>\n</mjml>\n"))


@pytest.mark.parametrize("name", ["inline.css.j2", "head.css.j2"])
def test_every_rule_of_the_style_sheets_can_be_read(name: str) -> None:
    check_css(template_environment("email").get_template(name).render(brand=IDENTITY))

"""The frame in other languages: complete, safe, and never in the way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from digest.frames import LANGUAGES, day_in_words, frame
from digest.templating import shipped_templates, template_environment

FOREIGN = sorted(LANGUAGES.keys() - {"en"})
_PLACE = re.compile(r"%\((\w+)\)[sd]")
_TAG = re.compile(r"</?\w+")


def texts() -> Iterator[str]:
    """Yield every text that a shipped template marks for being said in another language."""
    for room in ("web", "email"):
        # Its type does not tell what the extension adds to it.
        environment: Any = template_environment(room)
        for path in sorted((shipped_templates() / room).rglob("*.j2")):
            for _, _, found in environment.extract_translations(path.read_text("utf-8")):
                marked = found if isinstance(found, tuple) else (found,)
                yield from (text for text in marked if text)


@pytest.mark.parametrize("language", FOREIGN)
def test_every_text_of_a_template_is_said(language: str) -> None:
    said = frame(language)
    assert [text for text in texts() if text not in said] == []


@pytest.mark.parametrize("language", FOREIGN)
def test_what_is_said_has_the_same_places_and_the_same_markup(language: str) -> None:
    for text, said in frame(language).items():
        assert sorted(_PLACE.findall(text)) == sorted(_PLACE.findall(said)), text
        assert sorted(_TAG.findall(text)) == sorted(_TAG.findall(said)), text
        assert said.count('"') == text.count('"'), text
        assert len(said) - len(said.strip()) == len(text) - len(text.strip()), text


def test_english_and_an_unknown_language_say_a_text_as_it_is() -> None:
    assert frame("en")["Pause"] == frame("xx")["Pause"] == frame("../de")["Pause"] == "Pause"
    assert frame("de")["Nobody translated this"] == "Nobody translated this"


@pytest.mark.parametrize(
    ("language", "words"), [("en", "1 March 2027"), ("de", "1. März 2027"), ("xx", "1 March 2027")]
)
def test_a_day_is_written_as_the_language_writes_it(language: str, words: str) -> None:
    assert day_in_words(language, date(2027, 3, 1)) == words


def test_a_template_speaks_the_language_it_is_given_and_english_without_one() -> None:
    template = template_environment("web").from_string('{{ _("Pause") }}, {{ _("Leave") }}')
    assert template.render(language="de") == "Pausieren, Gehen"
    assert template.render() == "Pause, Leave"


def test_what_stands_in_a_text_is_escaped_on_a_page_and_not_in_a_plain_text() -> None:
    page = template_environment("web").from_string("{% trans name='<b>%' %}<i>{{ name }}</i>{% endtrans %}")
    assert page.render(language="de") == "<i>&lt;b&gt;%</i>"

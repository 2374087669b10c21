"""The words round an issue, and those of the readers' pages and single mails, in each language.

Templates are written in English and mark what is to be said otherwise elsewhere (``{% trans %}``, ``_()``). A
language is a folder of TOML files whose keys are those English texts: adding one takes no code. What tools,
reviewers and the editor say stays as it is, and so do the brand's own words.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, pass_context
from jinja2.runtime import Context

ENGLISH = "en"
# Each language by its own name, as a reader looks for it.
LANGUAGES: Mapping[str, str] = MappingProxyType({ENGLISH: "English", "de": "Deutsch"})


class _Frame(dict[str, str]):
    """Text by English text; one that is not there stays English."""

    def __missing__(self, text: str) -> str:
        return text


@lru_cache
def frame(language: str) -> Mapping[str, str]:
    """Return what a language says for each English text: ``frame("de")["Pause"]``.

    A text it does not know, and every text of an unknown language, comes back as it is.
    """
    if language not in LANGUAGES or language == ENGLISH:
        return MappingProxyType(_Frame())
    said = _Frame()
    for file in sorted(files(__name__).joinpath(language).iterdir(), key=lambda one: one.name):
        for name, table in tomllib.loads(file.read_text("utf-8")).items():
            if doubled := said.keys() & table.keys():
                raise ValueError(f"{file.name}: [{name}] says {min(doubled)!r} a second time")
            said |= table
    return MappingProxyType(said)


def said(language: str, message: str) -> str:
    """Return an error's message in a language; of ``what is wrong: which`` each part is said by itself.

    A part it does not know stays as it is: a reason in English is better than none.
    """
    texts = frame(language)
    what, colon, which = message.partition(": ")
    if message in texts or not colon:
        return texts[message]
    return f"{texts[what]}: {said(language, which)}"


def day_in_words(language: str, day: date) -> str:
    """Return a day as the language writes it: ``20 November 2026``, ``20. November 2026``."""
    return frame(language)["%(day)d %(month)s %(year)d"] % {
        "day": day.day,
        "month": frame(language)[f"{day:%B}"],
        "year": day.year,
    }


def speak(environment: Environment) -> None:
    """Let the templates of ``environment`` be said in the language of the value ``language`` they are given.

    Without that value they speak English.
    """
    # The extension adds this method to its environment, which its type does not tell.
    speaking: Any = environment
    speaking.install_gettext_callables(_said, _said_of_many, newstyle=True)


@pass_context
def _said(context: Context, text: str) -> str:
    return frame(str(context.get("language", ENGLISH)))[text]


@pass_context
def _said_of_many(context: Context, one: str, many: str, number: int) -> str:
    return frame(str(context.get("language", ENGLISH)))[one if number == 1 else many]

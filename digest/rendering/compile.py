"""From the MJML that a template printed to the HTML that is sent."""

from __future__ import annotations

import re
from typing import Any

from digest.errors import TemplateError
from digest.rendering.inline import inline
from digest.rendering.mjmllint import lint
from digest.rendering.tighten import tighten, wrap

_TAG = re.compile(
    r"""<!--.*?-->|(<mj-title[^>/]*>)([^<]*)|<[A-Za-z](?:[^"'>]|"[^"]*"|'[^']*')*>""", re.DOTALL
)
_VALUE = re.compile(r"""=\s*(?:"([^"]*)"|'([^']*)')""")
_UNSAFE = re.compile(r'[^\x20-\x7e]|[\\"]')
# A tag with nothing in it to write otherwise, as most are.
_PLAIN = re.compile(
    r"""<(?!mj-title)(?:[\x20\x21\x23-\x26\x28-\x5b\x5d-\x7e]|="[\x20\x21\x23-\x5b\x5d-\x7e]*")*>"""
)
_NO_REFERENCE = range(0x7F, 0xA0)


def to_html(mjml: str, *, css: str = "", template: str = "mjml") -> str:
    """Return the HTML of ``mjml``, the output of Jinja2, with the rules of ``css`` inlined.

    The same input gives the same output, slot marks and ``<style>`` pass unchanged, lines end in LF and are
    shorter than 998 bytes wherever a space allows. Nothing is fetched. Raises TemplateError as
    ``template:line:column: …`` (in ``mjml``) or ``css:line:column: …``.
    """
    from lxml import etree
    from mjml import mjml2html

    lint(mjml, template=template)
    try:
        compiled = mjml2html(encode_attributes(mjml), fonts={})
    except ValueError as error:
        raise TemplateError(f"{template}: the MJML compiler refuses it: {error}") from None
    root = etree.fromstring(compiled, etree.HTMLParser(huge_tree=True))
    inline(root, css)
    tighten(root)
    html: Any = etree.tostring(root, method="html", encoding="unicode", doctype="<!DOCTYPE html>")
    return wrap(html)


def encode_attributes(mjml: str) -> str:
    """Return ``mjml`` with every attribute value in double quotes and plain printable ASCII.

    The compiler prints values as Rust shows strings to a programmer (``\\u{200d}``, ``\\\\``, ``\\n``), and
    the title again as an attribute, so all else becomes a numeric reference. C1 controls go: HTML reads
    their references as other characters.
    """
    return _TAG.sub(_encode_tag, mjml)


def _encode_tag(tag: re.Match[str]) -> str:
    if tag[0].startswith("<!--") or _PLAIN.fullmatch(tag[0]):
        return tag[0]
    if tag[1]:
        return _VALUE.sub(_encode_value, tag[1]) + _UNSAFE.sub(_reference, tag[2])
    return _VALUE.sub(_encode_value, tag[0])


def _encode_value(value: re.Match[str]) -> str:
    raw = value[1] if value[1] is not None else value[2]
    return f'="{_UNSAFE.sub(_reference, raw)}"'


def _reference(char: re.Match[str]) -> str:
    code = ord(char[0])
    return "" if code in _NO_REFERENCE else f"&#{code};"

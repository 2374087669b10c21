"""Renders the product's mails from a pair of templates: ``{name}.mjml.j2`` and its twin ``{name}.txt.j2``."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from jinja2 import Environment, Template, TemplateNotFound, TemplateSyntaxError
from jinja2 import TemplateError as JinjaError
from jinja2.environment import TemplateModule

from digest.errors import TemplateError
from digest.rendering.compile import to_html
from digest.rendering.inline import check_css
from digest.rendering.origins import traced
from digest.rendering.values import Identity, RenderedEmail
from digest.templating import template_environment

# Rules that are inlined, and those that stay in <style>.
INLINE_CSS, HEAD_CSS = "inline.css.j2", "head.css.j2"
# What an expression in a template can raise.
_FAULTS = (
    *(JinjaError, ArithmeticError, AttributeError, LookupError),
    *(MemoryError, RecursionError, TypeError, ValueError),
)
# What a mail may say of itself, by {% set … %} in its twin.
_STATED = ("subject", "preheader", "reason")
_INDENT = re.compile(r"^[ \t]+|[ \t]+$", re.MULTILINE)


def render_mail(
    name: str,
    values: Mapping[str, object],
    identity: Identity,
    sentinel: str,
    *,
    subject: str | None = None,
    preheader: str | None = None,
    templates: Path | None = None,
) -> RenderedEmail:
    """Return the mail that the templates ``name`` make of ``values``.

    The templates see ``values``, ``brand`` (the identity), ``subject`` and ``preheader``. A mail whose
    subject is not passed in states both itself, and the ``reason`` why one gets it, by ``{% set subject %}``
    in its text twin. ``templates`` is a folder whose ``email/`` takes the place of shipped files. Raises
    TemplateError naming the file and line of a template that fails, also where only the MJML or CSS it
    printed turns out to be wrong.
    """
    environment = template_environment("email", templates)
    context = {**values, "brand": identity}
    if subject is not None:
        context |= {"subject": subject, "preheader": preheader or ""}
    twin = _run(environment, f"{name}.txt.j2", {"links": (), **context})
    stated = {key: str(getattr(twin, key)) for key in _STATED if hasattr(twin, key)}
    context = {**dict.fromkeys(_STATED, ""), "links": (), **context, **stated}
    mjml = _INDENT.sub("", str(_run(environment, f"{name}.mjml.j2", context)))
    styled: dict[str, object] = {"brand": identity}
    css = str(_run(environment, INLINE_CSS, styled))
    _check_head(environment, styled)
    try:
        html = to_html(mjml, css=css, template=f"{name}.mjml")
    except TemplateError as error:
        written = {f"{name}.mjml": (f"{name}.mjml.j2", context), "css": (INLINE_CSS, styled)}
        raise (
            traced(error, environment, *written[error.source]) if error.source in written else error
        ) from None
    return RenderedEmail(
        subject=str(context["subject"]),
        preheader=str(context["preheader"]),
        html=html,
        text=_tidy(str(twin)),
        mjml=mjml,
        sentinel=sentinel,
    )


def _check_head(environment: Environment, styled: Mapping[str, object]) -> None:
    """Raise TemplateError for a slip in the rules that stay in ``<style>``."""
    try:
        check_css(str(_run(environment, HEAD_CSS, styled)))
    except TemplateError as error:
        raise (traced(error, environment, HEAD_CSS, styled) if error.source == "css" else error) from None


def _run(environment: Environment, name: str, context: Mapping[str, object]) -> TemplateModule:
    """Run one template; its ``str()`` is the output, its attributes what it set."""
    try:
        return environment.get_template(name).make_module(dict(context))
    except TemplateSyntaxError as error:
        source = error.filename or error.name
        raise TemplateError(error.message or "cannot be read", source=source, line=error.lineno) from None
    except TemplateNotFound as error:
        source, line = _place(sys.exc_info()[2], name)
        raise TemplateError(f"there is no template {error.message}", source=source, line=line) from None
    except _FAULTS as error:
        source, line = _place(sys.exc_info()[2], name)
        raise TemplateError(str(error), source=source, line=line) from None


def _place(trace: TracebackType | None, name: str) -> tuple[str, int | None]:
    """Return file and line of the innermost template line in a traceback; its frames count compiled lines."""
    place: tuple[str, int | None] = (name, None)
    while trace:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if isinstance(template, Template):
            place = str(template.filename), template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return place


def _tidy(text: str) -> str:
    """Return the plain text without spaces at line ends, never more than two empty lines together."""
    lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
    return re.sub(r"\n{4,}", "\n\n\n", lines) + "\n"

"""The templates: where they are, and the sandboxed Jinja2 environments that run them (law 11)."""

from __future__ import annotations

import os
from collections.abc import Sized
from dataclasses import is_dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from digest.errors import BadInput, NotFound, SettingsError
from digest.frames import speak

# The largest product or repetition, and the largest base or exponent of a power.
_MOST, _MOST_POWER = 1_000_000, 1_000


def shipped_templates() -> Path:
    """Return the folder of the templates that come with the product, in a wheel or in a checkout."""
    package = Path(__file__).parent
    inside = package / "templates"
    return inside if inside.is_dir() else package.parent / "templates"


class _Missing(StrictUndefined):
    """What a template names and there is not: an error that says which name may have been meant."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        name, thing = self._undefined_name, self._undefined_obj
        if self._undefined_hint or thing is missing or not isinstance(name, str):
            return super()._undefined_message
        known = thing if isinstance(thing, dict) else [one for one in dir(thing) if not one.startswith("_")]
        near = get_close_matches(name, map(str, known), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        return f"{type(thing).__name__} has no '{name}'{hint}"


@lru_cache(maxsize=256)
def _is_value(kind: type) -> bool:
    return is_dataclass(kind)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, which bounds loops over ranges, and so much more that nothing eats all memory."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Return the product or power; raises SecurityError for what no mail needs."""
        size = [len(one) if isinstance(one, Sized) else abs(one) for one in (left, right)]
        if size[0] * size[1] > _MOST or (operator == "**" and max(size) > _MOST_POWER):
            raise SecurityError(f"{operator} makes more than a template may")
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether a template may read it."""
        if _is_value(obj.__class__):
            # The long way also looks for functions, generators and containers, none of which these are.
            return not attr.startswith("_")
        return super().is_safe_attribute(obj, attr, value)


@lru_cache
def template_environment(folder: str, own: Path | None = None) -> Environment:
    """Return the environment for one folder of templates, ``"email"`` or ``"web"``.

    A file in ``own/folder`` takes the place of the shipped one. Everything is escaped for HTML, except what a
    plain-text twin (``*.txt.j2``) prints. An undefined variable is an error, never an empty string. Texts
    marked for it are said in the language of the value ``language`` (``digest.frames``).
    Environments are kept: compiling templates takes longer than running them. A changed file is noticed.
    """
    if own is not None and not any((own / room).is_dir() for room in ("email", "web")):
        raise SettingsError(
            f"[templates] path: {own} has no folder email or web in it; templates stand in these"
        )
    roots = ([own / folder] if own else []) + [shipped_templates() / folder]
    environment = _Sandbox(
        loader=ChoiceLoader([FileSystemLoader(root) for root in roots]),
        # Not select_autoescape(): it would leave .mjml and .j2 unescaped.
        autoescape=lambda name: name is None or not name.endswith(".txt.j2"),
        undefined=_Missing,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
    )
    speak(environment)
    return environment


def template_names() -> list[str]:
    """Return the shipped templates as names within the folder, such as ``email/issue.mjml.j2``, sorted."""
    root = shipped_templates()
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def eject(name: str, folder: Path) -> list[Path]:
    """Copy a shipped template to ``folder``, where it takes the shipped one's place; return the new files.

    ``name`` is a file's name, or what a page's files have in common, such as ``web/issue``; ``issue`` alone
    is the mail, its MJML and plain-text twin. Raises NotFound for an unknown name, BadInput when a file is
    there already; then nothing is copied.
    """
    known = template_names()
    meant = [one for one in known if one == name or one.startswith((f"{name}.", f"email/{name}."))]
    if not meant:
        near = get_close_matches(name, [*known, *{one.partition(".")[0] for one in known}], n=1)
        hint = f"did you mean {near[0]}?" if near else "digest templates list shows them all"
        raise NotFound(f"there is no template {name}; {hint}")
    copies = {folder / one: shipped_templates() / one for one in meant}
    for copy in copies:
        # Not exists(): a link that leads nowhere would be written through.
        if os.path.lexists(copy):
            raise BadInput("is there already; move it away to get a fresh copy", source=str(copy))
    for copy, shipped in copies.items():
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(shipped.read_bytes())
    return list(copies)

"""The templates: where they are, and the sandboxed Jinja2 environments that run them (law 11)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from digest.errors import SettingsError


def shipped_templates() -> Path:
    """Return the folder of the templates that come with the product, in a wheel or in a checkout."""
    package = Path(__file__).parent
    inside = package / "templates"
    return inside if inside.is_dir() else package.parent / "templates"


@lru_cache
def template_environment(folder: str, own: Path | None = None) -> ImmutableSandboxedEnvironment:
    """Return the environment for one folder of templates, ``"email"`` or ``"web"``.

    A file in ``own/folder`` takes the place of the shipped one. Everything is escaped for HTML, except what a
    plain-text twin (``*.txt.j2``) prints. An undefined variable is an error, never an empty string.
    Environments are kept: compiling templates takes longer than running them. A changed file is noticed.
    """
    if own is not None and not any((own / room).is_dir() for room in ("email", "web")):
        raise SettingsError(
            f"[templates] path: {own} has no folder email or web in it; templates stand in these"
        )
    roots = ([own / folder] if own else []) + [shipped_templates() / folder]
    return ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(root) for root in roots]),
        # Not select_autoescape(): it would leave .mjml and .j2 unescaped.
        autoescape=lambda name: name is None or not name.endswith(".txt.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )

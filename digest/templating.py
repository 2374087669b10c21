"""The templates: where they are, and the sandboxed Jinja2 environments that run them (law 11)."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from digest.errors import BadInput, NotFound, SettingsError


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


def template_names() -> list[str]:
    """Return the shipped templates as names within the folder, such as ``email/issue.mjml.j2``, sorted."""
    root = shipped_templates()
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def eject(name: str, folder: Path) -> list[Path]:
    """Copy a shipped template to ``folder``, where it takes the shipped one's place; return the new files.

    ``name`` is a file's name, or what a mail's or page's files have in common: ``email/issue`` gives the MJML
    and its plain-text twin. Raises NotFound for an unknown name, BadInput when a file is there already; then
    nothing is copied.
    """
    known = template_names()
    meant = [one for one in known if one == name or one.startswith(f"{name}.")]
    if not meant:
        near = get_close_matches(name, [*known, *{one.partition(".")[0] for one in known}], n=1)
        hint = f"did you mean {near[0]}?" if near else "digest templates list shows them all"
        raise NotFound(f"there is no template {name}; {hint}")
    copies = {folder / one: shipped_templates() / one for one in meant}
    for copy in copies:
        if copy.exists():
            raise BadInput("is there already; move it away to get a fresh copy", source=str(copy))
    for copy, shipped in copies.items():
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(shipped.read_bytes())
    return list(copies)

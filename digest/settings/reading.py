"""Reads the settings from their file and the environment, and says what is wrong in them."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from digest.errors import SettingsError
from digest.settings.places import line_of
from digest.settings.sections import IssueSettings, Settings

# Where a key stands: its section, the tables in it, its name.
_Path = tuple[str, ...]
SHORT_NAMES: dict[str, _Path] = {
    "DIGEST_DATABASE_URL": ("database", "url"),
    "DIGEST_SMTP_URL": ("smtp", "url"),
    "DIGEST_BASE_URL": ("web", "base_url"),
    "DIGEST_SECRET_KEY": ("web", "secret_key"),
}
# How tomllib ends its messages.
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
_NOT_SETTINGS = {"DIGEST_CONFIG"}


def config_file(environment: Mapping[str, str] | None = None) -> Path:
    """Return where this process's configuration file is, or would be."""
    return Path((os.environ if environment is None else environment).get("DIGEST_CONFIG") or "digest.toml")


def read_settings(environment: Mapping[str, str] | None = None, *, may_lack_file: bool = False) -> Settings:
    """Return the settings of this process.

    With ``may_lack_file`` a file that ``$DIGEST_CONFIG`` names need not be there yet.

    Raises SettingsError naming the file or variable, the key and, for a misspelt key, the likely one.
    """
    environment = os.environ if environment is None else environment
    values, origin = _read_file(environment, may_lack_file)
    for path, value, variable in _overrides(environment):
        _put(values, path, value)
        origin[path] = variable
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise _explained(error, origin, config_file(environment)) from None


def _read_file(
    environment: Mapping[str, str], may_lack_file: bool
) -> tuple[dict[str, Any], dict[_Path, str]]:
    """Return the file's tables and, for each key, where it came from. Relative paths count from the file."""
    path = config_file(environment)
    try:
        with path.open("rb") as file:
            tables = tomllib.load(file)
    except FileNotFoundError:
        if environment.get("DIGEST_CONFIG") and not may_lack_file:
            raise SettingsError(
                f"DIGEST_CONFIG names {path}, which does not exist; write it with: digest init"
            ) from None
        return {}, {}
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        line, column = (int(place[1]), int(place[2])) if place else (None, None)
        message = f"{path}: cannot be read: {error}"
        raise SettingsError(message, source=str(path), line=line, column=column) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from None
    origin: dict[_Path, str] = {}
    if isinstance(issue := tables.setdefault("issue", {}), dict):
        # Beside the file, like every path, even where it is left out.
        issue.setdefault("path", str(IssueSettings().path))
    for section, table in tables.items():
        if not isinstance(table, dict):
            raise SettingsError(f"{path}: {section} stands outside any [section]")
        for key in [key for key in table if key.endswith("_file") and isinstance(table[key], str)]:
            table[key.removesuffix("_file")] = _read_secret(path.parent / table.pop(key), str(path))
        if section in ("catalogue", "issue", "templates") and isinstance(table.get("path"), str):
            table["path"] = str(path.parent / table["path"])
        if section == "database" and isinstance(table.get("url"), str):
            table["url"] = _beside(path.parent, table["url"])
        origin[(section,)] = str(path)
        origin |= {(section, key): str(path) for key in table}
    return tables, origin


def _beside(folder: Path, url: str) -> str:
    """Return a database URL whose relative SQLite file stands in ``folder``, wherever the command is run."""
    scheme, found, file = url.partition(":///")
    relative = found and scheme.startswith("sqlite") and file and not file.startswith(("/", ":"))
    return f"{scheme}:///{folder / file}" if relative else url


def _put(values: dict[str, Any], path: _Path, value: str) -> None:
    """Set one key, however deep; a table on the way that is none gives way."""
    *tables, key = path
    for name in tables:
        if not isinstance(values.get(name), dict):
            values[name] = {}
        values = values[name]
    values[key] = value


def _overrides(environment: Mapping[str, str]) -> list[tuple[_Path, str, str]]:
    """Return path, value and variable of each key the environment sets: ``__`` stands for each dot."""
    found: list[tuple[_Path, str, str]] = []
    for variable, raw in sorted(environment.items()):
        if not variable.startswith("DIGEST_") or variable in _NOT_SETTINGS:
            continue
        name, value = variable, raw
        if variable.endswith("_FILE"):
            name, value = variable.removesuffix("_FILE"), _read_secret(Path(raw), variable)
        if name in SHORT_NAMES:
            found.append((SHORT_NAMES[name], value, variable))
        elif "__" in name:
            found.append((tuple(name.removeprefix("DIGEST_").lower().split("__")), value, variable))
    return found


def _read_secret(path: Path, asked_by: str) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{asked_by}: cannot read {path}: {error}") from None


def _explained(error: ValidationError, origin: Mapping[_Path, str], file: Path) -> SettingsError:
    """Return the first thing that is wrong, without printing the value: it may be a secret."""
    first = error.errors(include_input=False, include_url=False)[0]
    names = [str(part) for part in first["loc"]]
    what = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        near = get_close_matches(names[-1], list(_section_at(names).model_fields), n=1)
        what = "there is no such setting" + (f"; did you mean {near[0]}?" if near else "")
    key = " ".join([f"[{names[0]}]", *names[1:]])
    where = _where(tuple(names), origin)
    # Of a variable there is no line; and a file's place is looked for only now that it is needed.
    in_file = where == str(file)
    return SettingsError(
        f"{where}: {key}: {what}",
        source=where if in_file else None,
        line=line_of(file, names) if in_file else None,
    )


def _where(names: _Path, origin: Mapping[_Path, str]) -> str:
    """Return where a key comes from; for a table, all the places that filled it."""
    below = [source for path, source in origin.items() if path[: len(names)] == names and len(path) > 1]
    if below:
        return ", ".join(dict.fromkeys(below))
    above = (origin.get(names[:count]) for count in range(len(names), 0, -1))
    return next((source for source in above if source), "digest.toml")


def _section_at(names: Sequence[str]) -> type[BaseModel]:
    """Return the model whose key the last of the names was meant to be."""
    model: type[BaseModel] = Settings
    for name in names[:-1]:
        # A source's name, or a reviewer's number, is no field: the model is the same behind it.
        if name in model.model_fields:
            model = _model_in(model.model_fields[name].annotation) or model
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model that a field holds, alone, in a list or in a table; None where it holds none."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)

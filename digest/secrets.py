"""The secret that signs tokens and keys hashes: from the settings, or from a file beside the database."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from digest.db import Database
from digest.errors import SettingsError
from digest.settings import Settings

_SHORTEST = 16


def secret_keys(settings: Settings) -> tuple[str, ...]:
    """Return the keys of this installation, the newest first: the first signs, all of them verify.

    Without ``[web] secret_key`` an SQLite installation gets a random key in ``<database>.key`` (mode 0600),
    made on first use. On a database server several machines must agree, so there the setting is required.
    Raises SettingsError.
    """
    old = tuple(
        _long_enough(key.get_secret_value(), "old_secret_keys") for key in settings.web.old_secret_keys
    )
    if settings.web.secret_key is not None:
        return (_long_enough(settings.web.secret_key.get_secret_value(), "secret_key"), *old)
    file = Database(settings.database.url).file
    if file is None:
        raise SettingsError(
            "set [web] secret_key (or DIGEST_SECRET_KEY), the same on every machine: openssl rand -hex 32"
        )
    return (_key_file(file.with_name(file.name + ".key")), *old)


def _long_enough(key: str, name: str) -> str:
    if len(key) < _SHORTEST:
        raise SettingsError(
            f"[web] {name}: a key is shorter than {_SHORTEST} characters; make one with: openssl rand -hex 32"
        )
    return key


def _key_file(path: Path) -> str:
    """Return the key in ``path``, made first if there is none. Two processes never get two keys."""
    try:
        if not path.exists():
            # Written whole under another name and linked into place: nobody ever reads half a key.
            draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_hex(32) + "\n", "ascii")
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        key = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot keep the secret key in {path}: {error}; set DIGEST_SECRET_KEY") from None
    if len(key) < _SHORTEST:
        raise SettingsError(f"{path} holds no key; delete it (old links stop working) or restore it")
    return key

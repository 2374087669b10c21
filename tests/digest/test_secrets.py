from multiprocessing.pool import ThreadPool
from pathlib import Path

import pytest
from pydantic import SecretStr

from digest.errors import SettingsError
from digest.secrets import secret_keys
from digest.settings import DatabaseSettings, Settings, WebSettings


def settings(tmp_path: Path, **web: object) -> Settings:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    return Settings(database=DatabaseSettings(url=url), web=WebSettings.model_validate(web))


def test_an_sqlite_installation_makes_its_own_key_once_and_for_its_owner_only(tmp_path: Path) -> None:
    with ThreadPool(8) as pool:
        keys = pool.map(lambda _: secret_keys(settings(tmp_path)), range(16))
    assert len(set(keys)) == 1
    file = tmp_path / "test.db.key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.glob("*.key.*")) == []


def test_the_new_key_signs_and_the_old_ones_follow(tmp_path: Path) -> None:
    own = settings(tmp_path, secret_key="n" * 32, old_secret_keys=["o" * 32])
    assert secret_keys(own) == ("n" * 32, "o" * 32)


def test_a_short_key_is_refused_and_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="openssl rand") as raised:
        secret_keys(settings(tmp_path, secret_key=SecretStr("hunter2")))
    assert "hunter2" not in str(raised.value)


def test_a_database_server_needs_a_key_in_the_settings() -> None:
    with pytest.raises(SettingsError, match="DIGEST_SECRET_KEY"):
        secret_keys(Settings(database=DatabaseSettings(url="postgresql://localhost/digest")))


def test_an_empty_key_file_is_never_used(tmp_path: Path) -> None:
    (tmp_path / "test.db.key").touch()
    with pytest.raises(SettingsError, match="holds no key"):
        secret_keys(settings(tmp_path))

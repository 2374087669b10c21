"""The URL of a mailbox, and what is wrong with one."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.errors import SettingsError
from jobs.mailin.account import Account


@pytest.mark.parametrize(
    ("url", "account"),
    [
        (
            "imaps://desk:pass@imap.example.com",
            Account("imap.example.com", 993, True, "desk", "pass"),
        ),
        (
            "imaps://desk%40example.com:p%2Fw%40%23@imap.example.com:1993?ca=/etc/ca.pem",
            Account("imap.example.com", 1993, True, "desk@example.com", "p/w@#", "/etc/ca.pem"),
        ),
        ("imap://desk:pass@127.0.0.1", Account("127.0.0.1", 143, False, "desk", "pass")),
        ("imap://desk:pass@[::1]:1143", Account("::1", 1143, False, "desk", "pass")),
    ],
)
def test_a_url_is_read(url: str, account: Account) -> None:
    assert Account.parse(url) == account


@pytest.mark.parametrize(
    "url",
    [
        "",
        "imap.example.com",
        "https://desk:hunter2@imap.example.com",
        "imaps://imap.example.com",
        "imaps://desk@imap.example.com",
        "imaps://:hunter2@imap.example.com",
        "imaps://desk:hunter2@",
        "imaps://desk:hunter2@host:many",
        "imaps://desk:hunter2@host/INBOX",
        "imaps://desk:hunter2@host?tls=none",
        "imaps://desk:hunter2@host?&&",
        "imaps://desk:hunter2%0d%0aX@host",
        "imaps://desk:hunter2@[host",
    ],
)
def test_a_wrong_url_says_what_to_write_and_never_the_password(url: str) -> None:
    with pytest.raises(SettingsError, match=r"\[mailin\] imap .*write it like imaps://") as raised:
        Account.parse(url)
    assert "hunter2" not in str(raised.value)


def test_what_it_is_called_holds_no_credential() -> None:
    account = Account.parse("imaps://desk:hunter2@imap.example.com")
    assert account.name == "imaps://imap.example.com:993"
    assert "hunter2" not in repr(account)


def test_only_this_machine_is_spoken_to_in_the_clear() -> None:
    near = ("127.0.0.1", "[::1]", "localhost")
    assert all(Account.parse(f"imap://a:b@{host}").near for host in near)
    assert not Account.parse("imap://a:b@192.0.2.1").near
    assert not Account.parse("imap://a:b@localhost.example.com").near


def test_an_authority_that_is_no_certificate_is_said(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    for file in ("ca.pem", "none.pem"):
        with pytest.raises(SettingsError, match="PEM"):
            Account.parse(f"imaps://a:b@host?ca={tmp_path / file}").trust()

"""The relay's URL: what it means, and what is said when it means nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.errors import SettingsError, TransportError
from jobs.sending.relay import Mechanism, Relay, Security


@pytest.mark.parametrize(
    ("url", "port", "security"),
    [
        ("smtp://127.0.0.1", 25, Security.NONE),
        ("smtp://[::1]:2525", 2525, Security.NONE),
        ("smtp://localhost?tls=starttls", 25, Security.STARTTLS),
        ("smtp://mail.example.com", 25, Security.STARTTLS),
        ("smtp://mail.example.com?tls=none", 25, Security.NONE),
        ("smtp://u:p@mail.example.com", 587, Security.STARTTLS),
        ("smtp://u:p@mail.example.com:2587?tls=starttls", 2587, Security.STARTTLS),
        ("smtps://u:p@mail.example.com", 465, Security.TLS),
        ("lmtp://localhost", 24, Security.NONE),
        ("smtp://[2001:db8::25]", 25, Security.STARTTLS),
        ("smtps://u:p@[2001:db8::25]", 465, Security.TLS),
        ("SMTP://127.0.0.1", 25, Security.NONE),
    ],
)
def test_ports_and_security_have_safe_defaults(url: str, port: int, security: Security) -> None:
    relay = Relay.parse(url)
    assert (relay.port, relay.security) == (port, security)


def test_user_and_password_are_percent_decoded() -> None:
    relay = Relay.parse("smtp://desk%40example.com:a%2Fb%23c%3F@mail.example.com")
    assert (relay.user, relay.password) == ("desk@example.com", "a/b#c?")


def test_neither_repr_nor_name_shows_the_password() -> None:
    relay = Relay.parse("smtps://desk:s3cret@mail.example.com")
    assert "s3cret" not in repr(relay) + relay.name
    assert relay.name == "smtps://mail.example.com:465"


@pytest.mark.parametrize(
    ("url", "path", "name"),
    [
        ("smtp:///run/relay.sock", "/run/relay.sock", "smtp:///run/relay.sock"),
        ("lmtp:///var/spool/postfix/private/lmtp?tls=none", "/var/spool/postfix/private/lmtp", None),
        ("lmtp:///run/a%20b%3F%25", "/run/a b?%", None),
        ("smtp://desk:s3cret@/run/relay.sock", "/run/relay.sock", "smtp:///run/relay.sock"),
    ],
)
def test_three_slashes_are_a_unix_socket_on_this_machine(url: str, path: str, name: str | None) -> None:
    relay = Relay.parse(url)
    assert (relay.host, relay.port, relay.path, relay.security) == ("", 0, path, Security.NONE)
    assert relay.name == (name or f"lmtp://{path}")


def test_an_ipv6_address_keeps_its_brackets_in_the_name_alone() -> None:
    relay = Relay.parse("smtp://[fe80::1%25eth0]:2525")
    assert (relay.host, relay.name) == ("fe80::1%eth0", "smtp://[fe80::1%eth0]:2525")


def test_a_mechanism_can_be_asked_for() -> None:
    assert Relay.parse("smtp://u:p@mail.example.com").auth is None
    assert Relay.parse("smtp://u:p@mail.example.com?auth=cram-md5").auth is Mechanism.CRAM_MD5
    assert Relay.parse("smtp://u:ya29.x@mail.example.com?auth=xoauth2").secret() == "ya29.x"


def test_an_access_token_is_read_again_at_each_log_in(tmp_path: Path) -> None:
    file = tmp_path / "token"
    relay = Relay.parse(f"smtp://desk%40example.com@smtp.gmail.com?token_file={file}")
    assert relay.auth is Mechanism.XOAUTH2
    for token in ("ya29.first", "ya29.second"):
        file.write_text(f"{token}\n")
        assert relay.secret() == token


@pytest.mark.parametrize("held", [None, b"", b"two words", b"\xff", b"ya29.first\nya29.second"])
def test_a_file_without_a_token_is_named_and_may_be_mended(tmp_path: Path, held: bytes | None) -> None:
    file = tmp_path / "token"
    if held is not None:
        file.write_bytes(held)
    relay = Relay.parse(f"smtp://desk@smtp.gmail.com?token_file={file}")
    with pytest.raises(TransportError) as raised:
        relay.secret()
    assert str(raised.value).startswith(f"smtp://smtp.gmail.com:587: {file} (?token_file=…) ")
    assert not raised.value.permanent
    assert "ya29" not in str(raised.value)


def test_a_weight_is_one_unless_said() -> None:
    assert Relay.parse("smtp://mail.example.com").weight == 1
    assert Relay.parse("smtp://mail.example.com?weight=1000").weight == 1000
    assert Relay.parse("smtp://mail.example.com?weight=0").weight == 0


def test_a_private_authority_can_be_named() -> None:
    assert Relay.parse("smtps://mail.inside.example?ca=/etc/ca.pem").ca == "/etc/ca.pem"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mail.example.com:25", "does not begin with smtp://"),
        ("http://mail.example.com", "does not begin with smtp://"),
        ("smtp://", "names no host"),
        ("smtp://mail.example.com:port", "is not a URL with a host and a port"),
        ("smtp://[::1", "is not a URL with a host and a port"),
        ("smtp://mail.example.com:99999", "is not a URL with a host and a port"),
        ("smtp://mail.example.com/inbox", "has something behind the host"),
        ("smtp://u:s3cret#x@mail.example.com", "percent-encode"),
        ("smtp://u:s3cret?x@mail.example.com", "percent-encode"),
        ("smtp://mail.example.com?verify=no", "knows only the options"),
        ("smtp://mail.example.com?tls=maybe", "write tls=starttls or tls=none"),
        ("smtps://mail.example.com?tls=none", "leave out tls="),
        ("smtp://u:s3cret@mail.example.com?tls=none", "would send the password in the clear"),
        ("smtp://:s3cret@mail.example.com", "has a password but no user"),
        ("smtp://mail.example.com\r\nDATA", "a space or a control character"),
        ("smtp:/run/relay.sock", "does not begin with smtp://"),
        ("smtp:///", "names no host"),
        ("smtp:///run/", "names no socket"),
        (f"smtp:///{'x' * 107}", "longer than 107 bytes"),
        ("smtp://:25/run/relay.sock", "a Unix socket has no port"),
        ("smtp://run/relay.sock", "a socket's path begins with three slashes"),
        ("smtp:///run/relay.sock?tls=starttls", "no name to check"),
        ("smtps:///run/relay.sock", "no name to check"),
        ("smtp:///run/a%00b", "control character"),
        ("smtp://fe80::1", "an IPv6 address in brackets"),
        ("smtp://mail.example.com,smtp://other.example.com", "separated by spaces"),
        ("smtp://u:s3cret%0d%0a@mail.example.com", "a control character"),
        ("smtp://u:s3cret%ff@mail.example.com", "not UTF-8"),
        ("smtp://u:s3cret@mail.example.com?auth=ntlm", "one of plain, login, cram-md5, xoauth2"),
        ("smtp://mail.example.com?auth=plain", "not as whom"),
        ("smtp://mail.example.com?token_file=/run/token", "not as whom"),
        ("smtp://u@mail.example.com?auth=plain&token_file=/t", "which only auth=xoauth2 reads"),
        ("smtp://u:s3cret@mail.example.com?token_file=/t", "leave out one"),
        ("smtp://u@mail.example.com?auth=xoauth2", "name the file that holds it"),
        ("smtp://mail.example.com?weight=1001", "write 1 to 1000"),
        ("smtp://mail.example.com?weight=-1", "write 1 to 1000"),
        ("smtp://mail.example.com?weight=1&weight=2", "an option twice"),
        ("smtp://mail.example.com?ca=", "without a value"),
    ],
)
def test_a_faulty_url_is_explained_without_repeating_it(url: str, message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Relay.parse(url)
    assert message in str(raised.value)
    assert "DIGEST_SMTP_URL" in str(raised.value)
    assert "s3cret" not in str(raised.value)

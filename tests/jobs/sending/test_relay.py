"""The relay's URL: what it means, and what is said when it means nothing."""

from __future__ import annotations

import pytest

from digest.errors import SettingsError
from jobs.sending.relay import Relay, Security


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
    ],
)
def test_a_faulty_url_is_explained_without_repeating_it(url: str, message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Relay.parse(url)
    assert message in str(raised.value)
    assert "DIGEST_SMTP_URL" in str(raised.value)
    assert "s3cret" not in str(raised.value)

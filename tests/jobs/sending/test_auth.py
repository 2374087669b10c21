"""Logging in: the lines of each mechanism, which of them is taken, and what is said of a refusal."""

from __future__ import annotations

import smtplib
import socket
from base64 import b64decode, b64encode
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import TransportError
from jobs.sending.auth import CANCEL, Login, choose, hide
from jobs.sending.relay import Mechanism, Relay
from tests.conftest import Certificate
from tests.jobs.mailin.dovecot import PASSWORD, USER, Dovecot, dovecot
from tests.servers import Mailbox, mail_server

FAR = Relay.parse("smtps://desk%40example.com:s3cret@mail.example.com")
NEAR = Relay.parse("smtp://desk:s3cret@127.0.0.1")


def login(mechanism: Mechanism, user: str = "tim", secret: str = "tanstaaftanstaaf") -> Login:
    return Login(Relay.parse(f"smtps://{quote(user, safe='')}:x@mail.example.com"), mechanism, secret)


def test_plain_is_one_line() -> None:
    # RFC 4954, 4.1.
    assert login(Mechanism.PLAIN, "test", "1234").command() == b"AUTH PLAIN AHRlc3QAMTIzNA=="


def test_login_gives_user_and_password_in_this_order_whatever_it_is_asked_with() -> None:
    for user, password in (("VXNlcm5hbWU6", "UGFzc3dvcmQ6"), ("", ""), ("Username:", "Password:")):
        one = login(Mechanism.LOGIN, "test", "1234")
        assert [one.command(), one.answer(user), one.answer(password)] == [
            b"AUTH LOGIN",
            b"dGVzdA==",
            b"MTIzNA==",
        ]


def test_cram_md5_never_sends_the_password() -> None:
    # RFC 2195, 2.
    one = login(Mechanism.CRAM_MD5)
    assert one.command() == b"AUTH CRAM-MD5"
    challenge = "PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+"
    assert one.answer(challenge) == b"dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw"


def test_xoauth2_is_one_line() -> None:
    # developers.google.com/gmail/imap/xoauth2-protocol.
    one = login(Mechanism.XOAUTH2, "someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg")
    assert one.command() == (
        b"AUTH XOAUTH2 dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52"
        b"YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ=="
    )


@pytest.mark.parametrize("mechanism", [Mechanism.PLAIN, Mechanism.XOAUTH2])
def test_a_response_too_long_for_the_command_waits_to_be_asked_for(mechanism: Mechanism) -> None:
    lengths = set()
    for length in range(300, 400):
        one = login(mechanism, secret="x" * length)
        command = one.command()
        lengths.add(len(command))
        assert len(command) + 2 <= 512
        response = command.split()[2] if b" " in command.removeprefix(b"AUTH ") else one.answer("")
        assert b"x" * length in b64decode(response)
    # The longest that fits goes in one line, the next one in two.
    assert max(lengths) > 500
    assert min(lengths) == len(f"AUTH {mechanism}")


def test_users_and_passwords_are_utf8() -> None:
    command = login(Mechanism.PLAIN, "jürgen", "пароль").command()
    assert b64decode(command.split()[2]).decode() == "\0jürgen\0пароль"


def test_more_than_the_protocol_carries_is_refused_before_it_is_sent() -> None:
    one = login(Mechanism.LOGIN, secret="x" * 9216)
    one.command()
    assert one.answer("")
    assert len(one.answer("")) == 12_288
    one = login(Mechanism.PLAIN, secret="x" * 9216)
    with pytest.raises(TransportError, match="too long to log in with") as raised:
        one.command()
    assert raised.value.permanent


def test_an_unreadable_or_needless_challenge_gives_the_dialogue_up() -> None:
    unreadable, needless = login(Mechanism.CRAM_MD5), login(Mechanism.PLAIN)
    needless.command()
    for one, challenge in ((unreadable, "<no base64>"), (needless, "")):
        assert one.answer(challenge) == CANCEL
        assert "501 5.7.0 ok (we gave up: " in str(one.refused(501, "5.7.0 ok"))
        with pytest.raises(TransportError, match="asks on after AUTH was given up"):
            one.answer(challenge)


def test_a_refused_token_is_answered_so_that_the_refusal_comes_and_keeps_its_status() -> None:
    one = login(Mechanism.XOAUTH2)
    one.command()
    error = b'{"status":"401","schemes":"bearer mac","scope":"https://mail.google.com/"}\n'
    assert one.answer(b64encode(error).decode()) == b""
    said = str(one.refused(535, "5.7.8 Username and Password not accepted"))
    assert "refuses the access token: 535 5.7.8 Username and Password not accepted (status 401); " in said


@pytest.mark.parametrize("error", ["", "%%%", b64encode(b"no").decode(), b64encode(b"[401]").decode()])
def test_a_refused_token_without_a_status_is_answered_too(error: str) -> None:
    one = login(Mechanism.XOAUTH2)
    one.command()
    assert one.answer(error) == b""
    assert "535 no; tokens expire" in str(one.refused(535, "no"))


def test_a_token_from_a_file_may_be_renewed() -> None:
    relay = Relay.parse("smtp://desk@smtp.gmail.com?token_file=/run/token")
    error = Login(relay, Mechanism.XOAUTH2, "ya29.x").refused(535, "5.7.8 no")
    assert not error.permanent
    assert "see that /run/token is renewed in time" in str(error)


def test_a_wrong_password_is_permanent_and_a_busy_server_is_not() -> None:
    one = login(Mechanism.PLAIN)
    assert one.refused(535, "5.7.8 no").permanent
    assert not one.refused(454, "4.7.0 later").permanent
    assert str(one.refused(535, "5.7.8 no")) == (
        "smtps://mail.example.com:465 refuses user and password: 535 5.7.8 no; "
        "check [smtp] url (DIGEST_SMTP_URL)"
    )


@settings(deadline=None)
@given(
    st.sampled_from(Mechanism),
    # Begins as none of our own words do.
    st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=40).map("§ß{}".format),
    st.binary(max_size=40),
)
def test_a_server_that_repeats_what_it_was_told_does_not_get_it_into_the_message(
    mechanism: Mechanism, secret: str, challenge: bytes
) -> None:
    one = login(mechanism, "desk@example.com", secret)
    command, answer = one.command(), one.answer(b64encode(challenge).decode())
    encoded = b64encode(secret.encode()).decode()
    told = [word.decode() for word in [*command.split()[2:], answer] if word not in (b"", CANCEL)]
    said = str(one.refused(535, f"no {' '.join(told)} {encoded} {secret}"))
    for hidden in (secret, encoded, *told):
        assert hidden not in said
        assert hidden not in repr(one)


def test_a_longer_secret_is_hidden_before_one_that_is_part_of_it() -> None:
    assert hide("is s3cret-2 or s3cret", ["s3cret", "s3cret-2"]) == "is … or …"


def test_over_tls_the_plainest_is_taken_and_in_the_clear_the_one_that_hides_the_password() -> None:
    everything = ["GSSAPI", "XOAUTH2", "CRAM-MD5", "LOGIN", "PLAIN"]
    assert choose(FAR, everything) is Mechanism.PLAIN
    assert choose(FAR, ["login", "cram-md5"]) is Mechanism.LOGIN
    assert choose(FAR, ["CRAM-MD5"]) is Mechanism.CRAM_MD5
    assert choose(NEAR, everything) is Mechanism.CRAM_MD5
    assert choose(NEAR, ["LOGIN", "PLAIN"]) is Mechanism.PLAIN


def test_the_one_that_was_asked_for_is_taken_and_no_other() -> None:
    relay = Relay.parse("smtps://desk:s3cret@mail.example.com?auth=login")
    assert choose(relay, ["PLAIN", "LOGIN"]) is Mechanism.LOGIN
    with pytest.raises(TransportError) as raised:
        choose(relay, ["PLAIN", "XOAUTH2"])
    assert "offers only plain, xoauth2 to log in, not auth=login; check [smtp] url" in str(raised.value)
    assert raised.value.permanent


@pytest.mark.parametrize(
    ("offered", "said"),
    [
        ([], "offers no authentication; leave the user out"),
        (["GSSAPI", "NTLM"], "offers only gssapi, ntlm to log in, none of plain, login, cram-md5; check"),
        (["XOAUTH2"], "with an access token, add auth=xoauth2"),
        (["\x1b[31m", "<@>"], "offers no authentication"),
    ],
)
def test_without_a_mechanism_we_know_what_is_offered_is_told(offered: list[str], said: str) -> None:
    with pytest.raises(TransportError) as raised:
        choose(FAR, offered)
    assert said in str(raised.value)
    assert raised.value.permanent


@pytest.mark.parametrize("mechanism", [Mechanism.PLAIN, Mechanism.LOGIN])
@pytest.mark.parametrize("password", ["p@ss/wörd", "x" * 500])
def test_a_server_of_aiosmtpd_lets_us_in(mechanism: Mechanism, password: str) -> None:
    with mail_server(Mailbox(), password=password) as port, smtplib.SMTP("127.0.0.1", port) as smtp:
        smtp.ehlo()
        one = Login(NEAR, mechanism, "wrong")
        code, text = _dialogue(smtp, one)
        assert code == 535
        assert one.refused(code, text).permanent
        right = Relay.parse(f"smtp://digest:{quote(password, safe='')}@127.0.0.1")
        assert _dialogue(smtp, Login(right, mechanism, right.secret()))[0] == 235


def _dialogue(smtp: smtplib.SMTP, one: Login) -> tuple[int, str]:
    code, text = smtp.docmd(one.command().decode())
    while code == 334:
        code, text = smtp.docmd(one.answer(text.decode()).decode())
    return code, text.decode()


@pytest.fixture(scope="module")
def one_dovecot(certificate: Certificate) -> Iterator[Dovecot]:
    with dovecot(certificate) as running:
        yield running


@pytest.mark.parametrize("mechanism", [Mechanism.LOGIN, Mechanism.CRAM_MD5])
@pytest.mark.parametrize(("password", "answer"), [(PASSWORD, b"1 OK"), ("wrong", b"1 NO")])
def test_dovecot_agrees(one_dovecot: Dovecot, mechanism: Mechanism, password: str, answer: bytes) -> None:
    # IMAP has the same dialogue (RFC 3501, 6.2.2) behind another command.
    relay = Relay.parse(f"smtp://{quote(USER, safe='')}:{quote(password, safe='')}@127.0.0.1")
    one = Login(relay, mechanism, relay.secret())
    with socket.create_connection(("127.0.0.1", one_dovecot.port), 20) as connection:
        lines = connection.makefile("rb")
        lines.readline()
        connection.sendall(one.command().replace(b"AUTH", b"1 AUTHENTICATE") + b"\r\n")
        while (line := lines.readline()).startswith(b"+"):
            connection.sendall(one.answer(line[2:].decode()) + b"\r\n")
        while line.startswith(b"*"):
            line = lines.readline()
    assert line.startswith(answer)

"""Logging in (SMTP AUTH, RFC 4954), without a connection: lines in, lines out.

User and password go as UTF-8, as they are. RFC 4616 would have them prepared (SASLprep), which differs only
for rare letters that can be written in several ways; a server compares what it was once told.
"""

from __future__ import annotations

import hmac
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable

from digest.errors import TransportError
from jobs.sending.relay import SETTING, Mechanism, Relay, Security
from jobs.sending.replies import fit_to_keep

# What gives a dialogue up (RFC 4954, 4); the server answers 501.
CANCEL = b"*"

# Over TLS the plainest, which every server gets right. In the clear, as only this machine is talked to, the
# password itself had better not be on the line.
_SECURED = (Mechanism.PLAIN, Mechanism.LOGIN, Mechanism.CRAM_MD5)
_IN_THE_CLEAR = (Mechanism.CRAM_MD5, Mechanism.PLAIN, Mechanism.LOGIN)
_BEGUN_BY_US = (Mechanism.PLAIN, Mechanism.XOAUTH2)
# Octets of a command with its CRLF, initial response included, and of an answer (RFC 4954, 4).
_LONGEST_COMMAND = 512
_LONGEST_RESPONSE = 12_288
_GIVEN_UP = "we gave up: it asked for what the mechanism does not have"
# A mechanism's name (RFC 4422, 3.1).
_SASL_NAME = re.compile(r"[A-Z0-9_-]{1,20}")

# Takes user, secret and the server's challenge.
_Response = Callable[[bytes, bytes, bytes], bytes]


def choose(relay: Relay, offered: Iterable[str]) -> Mechanism:
    """Return the mechanism to log in by: the one the relay's URL asks for, else the best of those offered.

    ``offered`` are the words behind AUTH in the server's answer to EHLO. XOAUTH2 is never chosen unasked: it
    takes a token and no password. Raises TransportError, permanent, when there is none.
    """
    names = sorted({word.upper() for word in offered if _SASL_NAME.fullmatch(word.upper())})
    wanted = (relay.auth,) if relay.auth else _IN_THE_CLEAR if relay.security is Security.NONE else _SECURED
    for mechanism in wanted:
        if mechanism.upper() in names:
            return mechanism
    if not names:
        raise TransportError(
            f"{relay.name} offers no authentication; leave the user out of [smtp] url or take another port",
            permanent=True,
        )
    lacking = f"not auth={relay.auth}" if relay.auth else f"none of {', '.join(_SECURED)}"
    hint = "; with an access token, add auth=xoauth2" if "XOAUTH2" in names and not relay.auth else ""
    raise TransportError(
        f"{relay.name} offers only {fit_to_keep(', '.join(names).lower())} to log in, {lacking}{hint}; "
        f"check {SETTING}",
        permanent=True,
    )


class Login:
    """One log-in: ``command``, then an ``answer`` to every 334, until 235 comes; else it was ``refused``."""

    def __init__(self, relay: Relay, mechanism: Mechanism, secret: str) -> None:
        """Take the relay, which has a user, and the secret it gives (``Relay.secret``)."""
        self._relay = relay
        self._mechanism = mechanism
        self._user, self._secret = (relay.user or "").encode(), secret.encode()
        self._steps = list(_STEPS[mechanism])
        self._told: list[str] = []
        # What we know of a refusal beyond the words that come with it.
        self._known = ""

    def command(self) -> bytes:
        """Return the command to begin with, without its line end: with an initial response if that fits."""
        command = f"AUTH {self._mechanism.upper()}".encode()
        if self._mechanism in _BEGUN_BY_US:
            response = self._encoded(self._steps[0], b"")
            if len(command) + len(b" \r\n") + len(response) <= _LONGEST_COMMAND:
                del self._steps[0]
                return command + b" " + response
        return command

    def answer(self, challenge: str) -> bytes:
        """Return the line, without its end, that answers a 334 with this text.

        It is ``CANCEL`` where there is nothing to answer. Raises TransportError when the server goes on even
        then, and, permanent, for a response that is too long to be sent.
        """
        if self._known == _GIVEN_UP:
            raise TransportError(f"{self._relay.name} asks on after AUTH was given up", permanent=False)
        decoded = _decoded(challenge)
        if not self._steps or (decoded is None and self._mechanism is Mechanism.CRAM_MD5):
            self._known = _GIVEN_UP
            return CANCEL
        step = self._steps.pop(0)
        if step is _heard:
            self._known = _status(decoded)
        return self._encoded(step, decoded or b"")

    def refused(self, code: int, text: str) -> TransportError:
        """Return the error for any final answer but 235: it quotes the server, never the secret.

        A wrong password is permanent. An access token from a file is not: the next one may be good.
        """
        secret = self._secret.decode()
        words = text + (f" ({self._known})" if self._known else "")
        hidden = hide(words, [secret, b64encode(self._secret).decode(), *self._told])
        said = fit_to_keep(f"{code} {hidden}")
        what, advice = "user and password", f"check {SETTING}"
        if self._mechanism is Mechanism.XOAUTH2:
            what = "the access token"
            advice = "tokens expire; have it renewed in a file and name that in [smtp] url, ?token_file=…"
            if self._relay.token_file is not None:
                advice = f"see that {self._relay.token_file} is renewed in time"
        return TransportError(
            f"{self._relay.name} refuses {what}: {said}; {advice}",
            permanent=code >= 500 and self._relay.token_file is None,
        )

    def _encoded(self, step: _Response, challenge: bytes) -> bytes:
        response = b64encode(step(self._user, self._secret, challenge))
        if len(response) > _LONGEST_RESPONSE:
            raise TransportError(
                f"{self._relay.name}: user and password are too long to log in with; check {SETTING}",
                permanent=True,
            )
        self._told.append(response.decode())
        return response


def hide(text: str, secrets: Iterable[str]) -> str:
    """Return ``text`` with every secret, and every one without its base64 padding, replaced by "…"."""
    forms = {form for secret in secrets for form in (secret, secret.rstrip("=")) if form}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, "…")
    return text


def _plain(user: bytes, password: bytes, _: bytes) -> bytes:
    """RFC 4616, acting as oneself."""
    return b"\0" + user + b"\0" + password


def _user(user: bytes, _: bytes, __: bytes) -> bytes:
    """The first answer of LOGIN (draft-murchison-sasl-login), whatever words the server asks with."""
    return user


def _password(_: bytes, password: bytes, __: bytes) -> bytes:
    return password


def _cram_md5(user: bytes, password: bytes, challenge: bytes) -> bytes:
    """RFC 2195, 2."""
    return user + b" " + hmac.digest(password, challenge, "md5").hex().encode()


def _bearer(user: bytes, token: bytes, _: bytes) -> bytes:
    """Google's and Microsoft's XOAUTH2 (developers.google.com/gmail/imap/xoauth2-protocol)."""
    return b"user=" + user + b"\x01auth=Bearer " + token + b"\x01\x01"


def _heard(_: bytes, __: bytes, ___: bytes) -> bytes:
    """XOAUTH2 tells of an error in a challenge; an empty answer makes the refusal itself come."""
    return b""


_STEPS: dict[Mechanism, tuple[_Response, ...]] = {
    Mechanism.PLAIN: (_plain,),
    Mechanism.LOGIN: (_user, _password),
    Mechanism.CRAM_MD5: (_cram_md5,),
    Mechanism.XOAUTH2: (_bearer, _heard),
}


def _decoded(challenge: str) -> bytes | None:
    try:
        return b64decode(challenge.strip(), validate=True)
    except ValueError:
        return None


def _status(error: bytes | None) -> str:
    """Return the status in XOAUTH2's error, which is JSON, in words; "" where there is none."""
    try:
        told = json.loads(error or b"")
    except (ValueError, RecursionError):
        return ""
    status = told.get("status") if isinstance(told, dict) else None
    return f"status {str(status)[:40]}" if isinstance(status, str | int) else ""

"""Links that only their reader has: an opaque id and a signature, never an address (law 7)."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable, Sequence
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256

from itsdangerous import BadSignature, SignatureExpired, Signer, TimestampSigner
from itsdangerous.encoding import base64_decode, base64_encode

from digest.clock import Clock, SystemClock
from digest.errors import DigestError
from digest.keyed import hashers


class Purpose(StrEnum):
    """What a token may be used for; one made for one purpose is refused for every other."""

    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    VOTE = "vote"
    SAVED = "saved"
    CHANGE = "change"
    BOUNCE = "bounce"


CONFIRM_WITHIN = timedelta(days=14)
# Tokens of these purposes carry their time and grow old; the others must work in a mail of any age.
_LIFETIMES = {Purpose.CONFIRM: CONFIRM_WITHIN, Purpose.CHANGE: CONFIRM_WITHIN}
# base64url (RFC 4648, section 5).
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
# The letters of a signature in it, and with the one that would be padding at an end.
_SPELT, _ROOM = 43, 44


class BadToken(DigestError):
    """The link is not one of ours, or was cut off or changed on its way."""


class ExpiredToken(BadToken):
    """The link was good once, but is too old or overtaken by what happened since."""


class _ClockSigner(TimestampSigner):
    """Tells the time by our clock, so that tests need not wait a fortnight."""

    def __init__(self, keys: list[str], purpose: Purpose, clock: Clock) -> None:
        super().__init__(keys, salt=purpose.value, digest_method=sha256)
        self._clock = clock

    def get_timestamp(self) -> int:
        return int(self._clock.now().timestamp())


class Tokens:
    """Signs and reads tokens with the keys of this installation (``digest.secrets.secret_keys``).

    The first key signs, all of them verify, so a key can be replaced while its mails are still being read.
    A token has at most 75 characters of ``[A-Za-z0-9._-]``. Signing one that never grows old takes 6 µs, and
    2 where an issue has four for each reader (``signing``); the others take 10.
    """

    def __init__(self, keys: Sequence[str], clock: Clock | None = None) -> None:
        oldest_first = list(reversed(keys))
        clock = clock or SystemClock()
        self._signers: dict[Purpose, Signer] = {
            purpose: _ClockSigner(oldest_first, purpose, clock)
            if purpose in _LIFETIMES
            else Signer(oldest_first, salt=purpose.value, digest_method=sha256)
            for purpose in Purpose
        }
        # Derived once: for ``Signer.sign``, which does so for each token, that is most of its cost.
        self._keys: dict[Purpose, bytes] = {
            purpose: signer.derive_key()
            for purpose, signer in self._signers.items()
            if purpose not in _LIFETIMES
        }

    def sign(self, purpose: Purpose, public_id: str) -> str:
        """Return a token that lets its holder do ``purpose`` for the reader ``public_id``."""
        if purpose in _LIFETIMES:
            return self._signers[purpose].sign(public_id).decode("ascii")
        return self.signing(purpose)(public_id)[0]

    def signing(self, *purposes: Purpose) -> Callable[[str], list[str]]:
        """Return the function that gives a reader's tokens for these ``purposes``, in their order.

        They are purposes whose tokens never grow old.
        """
        signatures = hashers(self._keys[purpose] for purpose in purposes)
        places = [slice(start, start + _SPELT) for start in range(0, _ROOM * len(purposes), _ROOM)]

        def tokens_of(public_id: str) -> list[str]:
            # Spelt in one piece. The byte behind each signature fills up its last three bytes, as base64 does
            # by itself at an end: all begin at a new letter, and have the letters that they have alone.
            signed = b"\0".join(signatures(public_id.encode()))
            spelt = b2a_base64(signed, newline=False).translate(_URL_SAFE).decode("ascii")
            return [f"{public_id}.{spelt[place]}" for place in places]

        return tokens_of

    def read(self, purpose: Purpose, token: str, max_age: timedelta | None = None) -> str:
        """Return the public id of the reader the token was made for.

        ``max_age`` shortens or lengthens the life of a purpose that expires (confirm: 14 days). Raises
        BadToken, or ExpiredToken when nothing but its age is wrong.
        """
        signer = self._signers[purpose]
        try:
            if isinstance(signer, TimestampSigner):
                age = max_age or _LIFETIMES[purpose]
                value = signer.unsign(token, max_age=int(age.total_seconds()))
            else:
                value = signer.unsign(token)
        except SignatureExpired:
            raise ExpiredToken("this link is too old to be used") from None
        except BadSignature:
            raise BadToken("this link is not complete or not one of ours") from None
        if not _is_canonical(token):
            raise BadToken("this link is not complete or not one of ours")
        return value.decode("ascii")


def _is_canonical(token: str) -> bool:
    """Tell whether the signature is spelt the one way we spell it: base64 has spare bits at its end."""
    signature = token.rpartition(".")[2]
    return base64_encode(base64_decode(signature)).decode("ascii") == signature

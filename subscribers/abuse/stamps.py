"""Stamps in forms: when one was shown, signed. Too soon is a robot, too old is shown again, some cost work.

Nothing of it is stored, and nobody is followed: a stamp knows the time and a random number.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from hashlib import sha256

from itsdangerous import BadSignature, Signer

from digest.clock import Clock
from digest.settings import LimitsSettings

_LONGEST = 200
_MILLISECOND = timedelta(milliseconds=1)


class Verdict(Enum):
    """What a stamp says of whoever sent the form. ``AGAIN`` is a person with an old form, or without work."""

    GOOD = auto()
    ROBOT = auto()
    AGAIN = auto()


@dataclass(frozen=True, slots=True)
class Judgement:
    """``stamped`` tells a form that we showed; ``once`` names a stamp that may be used a single time."""

    verdict: Verdict
    stamped: bool = False
    once: str | None = None


class Stamps:
    """Makes stamps and judges those that come back."""

    def __init__(self, settings: LimitsSettings, keys: Sequence[str], clock: Clock) -> None:
        self._fastest = settings.fastest
        self._stale_after = settings.stale_after
        self._clock = clock
        self._signer = Signer(list(reversed(keys)), salt="sign-up form", digest_method=sha256)
        self.bits = settings.proof_of_work

    def new(self, *, ripe: bool = False) -> str:
        """Return a stamp of now; a ``ripe`` one may come back at once: only a button is left to press."""
        at = self._clock.now() - (self._fastest if ripe else timedelta())
        value = f"{int(at.timestamp() * 1000):x}-{secrets.token_hex(8)}"
        return self._signer.sign(value).decode("ascii")

    def judge(self, stamp: str, work: str) -> Judgement:
        """Return what a form's stamp and the work done for it say; both are "" in forms that have none.

        Such a form stands on somebody else's site. It may sign up like ours unless work is asked for.
        """
        if not stamp:
            return Judgement(Verdict.AGAIN if self.bits else Verdict.GOOD)
        try:
            value = self._signer.unsign(stamp[:_LONGEST]).decode("ascii")
            shown, _, nonce = value.partition("-")
            age = self._clock.now().timestamp() * 1000 - int(shown, 16)
        except (BadSignature, ValueError):
            return Judgement(Verdict.ROBOT, stamped=True)
        if age < self._fastest / _MILLISECOND:
            return Judgement(Verdict.ROBOT, stamped=True)
        if age > self._stale_after / _MILLISECOND or not is_proof(stamp, work, self.bits):
            return Judgement(Verdict.AGAIN, stamped=True)
        # Without work to repeat, a stamp that a cache shows to many must serve them all.
        return Judgement(Verdict.GOOD, stamped=True, once=nonce if self.bits else None)


def is_proof(stamp: str, work: str, bits: int) -> bool:
    """Tell whether SHA-256 of ``stamp:work`` begins with ``bits`` zero bits (as in Hashcash, Back 2002)."""
    if bits == 0:
        return True
    found = sha256(f"{stamp}:{work[:_LONGEST]}".encode("utf-8", "replace")).digest()
    return int.from_bytes(found) >> (256 - bits) == 0

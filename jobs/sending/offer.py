"""What a server offers in its answer to EHLO (RFC 5321, 4.1.1.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Offer:
    """The extensions that matter to a sender. ``size`` is in octets, None where no bound is named.

    Pipelining is RFC 2920, SIZE 1870, 8BITMIME 6152, SMTPUTF8 6531, STARTTLS 3207, AUTH 4954.
    """

    pipelining: bool = False
    starttls: bool = False
    utf8: bool = False
    eight_bit: bool = False
    takes_size: bool = False
    size: int | None = None
    auth: frozenset[str] = frozenset()

    @classmethod
    def read(cls, lines: Sequence[str]) -> Offer:
        """Return the offer in the lines of a reply, of which the first is the server's name."""
        words = [line.upper().replace("AUTH=", "AUTH ").split() for line in lines[1:] if line.strip()]
        known = {name: parameters for name, *parameters in reversed(words)}
        bound = next(iter(known.get("SIZE", ())), "0")
        # Some old servers list their mechanisms twice, once as "AUTH=…".
        mechanisms = [word for name, *rest in words if name == "AUTH" for word in rest]
        return cls(
            pipelining="PIPELINING" in known,
            starttls="STARTTLS" in known,
            utf8="SMTPUTF8" in known,
            eight_bit="8BITMIME" in known,
            takes_size="SIZE" in known,
            # RFC 1870, 4: nought, or nothing, means that no bound is named.
            size=int(bound[:18]) or None if bound.isdecimal() and bound.isascii() else None,
            auth=frozenset(mechanisms),
        )

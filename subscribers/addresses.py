"""Addresses and names as people type them: checked once, at the door (law 11)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from digest.errors import BadInput
from digest.keyed import keyed

MAX_LOCAL = 64  # octets; RFC 5321, 4.5.3.1.1
MAX_ADDRESS = 254  # octets; RFC 5321, 4.5.3.1.3, without the angle brackets
MAX_NAME = 100

# Narrower than RFC 5321's atext: a leading "-" is an option to sendmail, "|" a pipe, "%" and "!" old source
# routes, "=" at the start a formula to a spreadsheet, and "`", "$", "{", "*" mean things to shells and globs.
# Beyond ASCII (RFC 6531) letters, marks and digits of any script, told by their category.
_LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.+&'~#/=-]*)")
_WRITTEN = {"L", "M", "N"}
_DOTLESS = {"gmail.com", "googlemail.com"}
_LINE_BREAKS = {"Zl", "Zp"}
# ALM, LRM, RLM, LRE to RLO, LRI to PDI: to be left out.
_DIRECTIONS = dict.fromkeys((0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox: ``display`` is what mail is sent to, ``key`` tells whether two addresses are the same one.

    ``display`` keeps the local part as it was typed, in Unicode's form NFC (RFC 6532, 3.1), and has the
    domain in its ASCII form (IDNA 2008). ``key`` is ``display`` in lower case. RFC 5321 lets a host tell
    ``Ann@`` from ``ann@``, but none that matters does, and two letters a week to one person would be worse.
    No letter is folded into others: ß and ss are two mailboxes. Dots and ``+tags`` are kept: at most hosts
    they make another mailbox.
    """

    display: str
    key: str

    @property
    def needs_smtputf8(self) -> bool:
        """Whether only servers that offer SMTPUTF8 (RFC 6531) can pass mail on to it."""
        return not self.display.isascii()

    @property
    def mailbox(self) -> str:
        """What addresses that end in one person's inbox share: without ``+tag``, at Gmail without dots.

        Only to count what one inbox is made to bear; never to compare readers or to send.
        """
        local, _, domain = self.key.rpartition("@")
        local = local.partition("+")[0] or local
        if domain in _DOTLESS:
            local, domain = local.replace(".", ""), "gmail.com"
        return f"{local}@{domain}"


def parse_address(text: str) -> Address:
    """Return the address in ``text``, spaces around it ignored.

    Raises BadInput with the reason, which never repeats the address, so that it may be logged. Whether the
    domain exists is not asked: the confirmation mail finds out. ``.test`` (RFC 6761) is allowed for trials.
    """
    text = text.strip(" ")
    if not text:
        raise BadInput("there is no e-mail address; write it like reader@example.com")
    try:
        valid = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        # Ours end without a full stop; whoever shows one adds it.
        reason = str(error).rstrip(".")
        raise BadInput(f"this is not an e-mail address: {_lower_first(reason)}") from None
    local, domain = valid.local_part, valid.ascii_domain
    if "." not in domain:
        raise BadInput("this is not an e-mail address: the part after the @ needs a dot")
    display = f"{local}@{domain}"
    if len(local.encode()) > MAX_LOCAL:
        raise BadInput(f"the part before the @ is longer than {MAX_LOCAL} characters (RFC 5321)")
    if len(display.encode()) > MAX_ADDRESS:
        raise BadInput(f"the address is longer than {MAX_ADDRESS} characters (RFC 5321)")
    if not _LOCAL.fullmatch(_letters_as_ascii(local)):
        raise BadInput("the part before the @ has a character, or begins with one, that is not safe to mail")
    if unicodedata.normalize("NFKC", local) != local:
        raise BadInput("the part before the @ has a letter in a special width or style; type a plain one")
    return Address(display=display, key=unicodedata.normalize("NFC", display.lower()))


def clean_name(text: str | None) -> str | None:
    """Return a reader's name without spaces around it, None for an empty one.

    Characters that nobody sees but that turn the text round them (UAX #9, 2) are left out; joiners and
    variation selectors stay, since letters and emoji are made with them. Raises BadInput for a line break, a
    control character or more than 100 characters: a name may end up in a header.
    """
    whole = unicodedata.normalize("NFC", text or "")
    if any(unicodedata.category(char) in {"Cc", "Cs"} | _LINE_BREAKS for char in whole):
        raise BadInput("a name is one line without control characters")
    name = whole.translate(_DIRECTIONS).strip()
    if len(name) > MAX_NAME:
        raise BadInput(f"a name has at most {MAX_NAME} characters")
    return name or None


def masked(address: str) -> str:
    """Return the address so that its owner knows it and a passer-by does not: ``r•••@example.com``."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def address_hash(key: bytes, address_key: str) -> str:
    """Return the keyed hash that stands for an address after it is erased: HMAC-SHA256, 64 hex digits."""
    return keyed(key, "suppression", address_key.encode()).hex()


def address_hashes(keys: Sequence[str], address_key: str) -> tuple[str, ...]:
    """Return the address's hash under every key of the installation, the newest first.

    New hashes are made with the first; looking up needs them all, or a new secret key would wake everybody
    who asked to be forgotten.
    """
    return tuple(address_hash(key.encode(), address_key) for key in keys)


def _letters_as_ascii(local: str) -> str:
    """Return the local part with an "a" for each letter, mark and digit beyond ASCII."""
    return "".join(
        "a" if not char.isascii() and unicodedata.category(char)[0] in _WRITTEN else char for char in local
    )


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]

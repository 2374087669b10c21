"""What an enhanced status code means for a reader (RFC 3463, and IANA's registry of such codes).

Only a code that says the mailbox is not there is hard. Everything that could be about the message, about us,
about the way or about today is not, whatever ``Action`` claims: a reader who is wrongly suppressed is lost,
one who is wrongly kept costs a mail a week and is probed before long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from subscribers.bounces.values import Kind


@dataclass(frozen=True, slots=True)
class Meaning:
    """What follows from a code, and the words for it."""

    kind: Kind
    words: str


_HARD, _SOFT, _POLICY = Kind.HARD, Kind.SOFT, Kind.POLICY
# By subject and detail of a permanent failure (5.x.x).
_MEANINGS = {
    "1.1": Meaning(_HARD, "there is no such mailbox"),
    "1.2": Meaning(_HARD, "there is no such domain"),
    "1.3": Meaning(_HARD, "the address is malformed"),
    "1.4": Meaning(_HARD, "the address fits several mailboxes"),
    "1.6": Meaning(_HARD, "the mailbox has moved and left no address"),
    # RFC 7505 for a domain that takes no mail; Exchange Online's word for an unknown recipient.
    "1.10": Meaning(_HARD, "the domain takes no mail, or has no such mailbox"),
    "2.1": Meaning(_HARD, "the mailbox is disabled"),
    # The sender's address, not the reader's.
    "1.7": Meaning(_POLICY, "our sender address is not accepted"),
    "1.8": Meaning(_POLICY, "our sender domain is not accepted"),
    "2.2": Meaning(_SOFT, "the mailbox is full"),
    "2.3": Meaning(_POLICY, "the message is too long for the mailbox"),
    "2.4": Meaning(_SOFT, "the list behind the address could not be expanded"),
    "3.4": Meaning(_POLICY, "the message is too large for the system"),
    # Of RFC 3463 "no answer from host"; at Exchange Online also an unknown recipient, or one not yet synced.
    "4.1": Meaning(_SOFT, "the host did not answer, or does not know the address"),
    "4.4": Meaning(_SOFT, "no way to the host was found"),
    "4.6": Meaning(_SOFT, "the mail went round in a loop"),
    "4.7": Meaning(_SOFT, "the mail could not be delivered in time"),
}
_BY_SUBJECT = {
    "1": Meaning(_SOFT, "something is wrong with the address"),
    "2": Meaning(_SOFT, "something is wrong with the mailbox"),
    "3": Meaning(_SOFT, "something is wrong with the receiving system"),
    "4": Meaning(_SOFT, "something is wrong on the way"),
    "5": Meaning(_SOFT, "the servers did not understand each other"),
    "6": Meaning(_POLICY, "the message could not be taken as it is"),
    "7": Meaning(_POLICY, "the receiver's policy refuses it"),
}
_UNTOLD = Meaning(_SOFT, "it could not be delivered, for no stated reason")
_MILDNESS = (_POLICY, _SOFT, _HARD)

# Not inside an IP address or a longer version number.
_CODE = re.compile(r"(?<![\d.])[245]\.[0-7]\.\d{1,3}(?!\d|\.\d)")
_FAILURE = re.compile(_CODE.pattern.replace("[245]", "[45]"))
_IN_FRONT = re.compile(rf"(?:\d{{3}}[ -])?({_CODE.pattern})")
_REPLY = re.compile(r"(?<![\d.])([45])\d\d(?![\d.])")

# What people write where the code says nothing; the first that fits counts. Short, and milder ones first.
_SPAM = re.compile(
    r"\bspam\b(?!\.)|black ?list|block ?list|block list|reputation|\brbl\b|\bdmarc\b|\bspf\b", re.IGNORECASE
)
_SAID = (
    (_SPAM, "7.1"),
    (re.compile(r"over (?:disk )?quota|overquota|quota (?:exceeded|violation)|exceed(?:ed|ing) .{0,20}quota"
                r"|mailbox (?:is )?full|postfach .{0,20}voll"
                r"|bo[iî]te .{0,30}pleine|buz[oó]n .{0,20}lleno|casella piena", re.IGNORECASE), "2.2"),
    (re.compile(r"(?:account|mailbox|user)[^.\n]{0,40}(?:disabled|deactivated|suspended|inactive)",
                re.IGNORECASE), "2.1"),
    (re.compile(
        r"(?:user|recipient|mailbox|address|account)\S{0,3} (?:is )?(?:(?:un|not )known|not found"
        r"|does ?n[o']t exist)"
        r"|(?:unknown|no such|invalid) (?:user|recipient|mailbox|address|local part|account)|no mailbox here"
        r"|does ?n[o']t have an? [\w.-]+ account|not a valid mailbox|mailbox unavailable.{0,20}not found"
        r"|(?:benutzer|empf[äa]nger|adresse) (?:ist )?(?:unbekannt|nicht gefunden|existiert nicht)"
        r"|(?:utilisateur|destinataire|adresse) (?:inconnue?|introuvable)|(?:adresse|compte) n['’]existe pas"
        r"|(?:usuario|destinatario|direcci[oó]n) (?:desconocid[oa]|no existe)"
        r"|usu[aá]rio (?:desconhecido|n[aã]o encontrado)|utente sconosciuto"
        r"|(?:ユーザー|宛先|メールアドレス).{0,12}(?:存在しません|見つかりません)"
        r"|(?:用户|邮箱|收件人).{0,6}不存在", re.IGNORECASE), "1.1"),
)  # fmt: skip
# A sentence does not need more, and an endless one must not cost more.
_READ = 4_000


def meaning(status: str) -> Meaning:
    """Return what a code such as ``5.1.1`` means; one of class 2 was delivered, of class 4 is never hard."""
    kind, _, rest = status.partition(".")
    if kind == "2":
        return Meaning(Kind.DELIVERED, "it was delivered")
    found = _MEANINGS.get(rest) or _BY_SUBJECT.get(rest.partition(".")[0], _UNTOLD)
    return Meaning(_SOFT, found.words) if kind == "4" and found.kind is _HARD else found


def settle(stated: str, said: str) -> str | None:
    """Return the code that counts, from a ``Status`` field and what the receiving server said; None for none.

    Of two codes that contradict each other the milder counts. One that says nothing (5.0.0) gives way to
    the server's, and where that has none, to its words.
    """
    said = said[:_READ]
    own, other = code_in(stated), _code(_FAILURE, said)
    if other and _tells(other) and (own is None or own[0] != "2"):
        own = _milder(own, other) if own and _tells(own) else other
    if own is None:
        reply = _REPLY.search(said)
        own = f"{reply[1]}.0.0" if reply else None
    if own and not _tells(own):
        rest = _in_words(said)
        return f"{own[0]}.{rest}" if rest else own
    if own and meaning(own).kind is Kind.HARD and _SPAM.search(said):
        return "5.7.1"
    return own


def code_in_front(reply: str) -> str | None:
    """Return the code that a server's answer begins with, behind the reply code if that is there."""
    found = _IN_FRONT.match(reply)
    return None if found is None else found[1]


def code_in(text: str) -> str | None:
    """Return the first code in a text, or None."""
    return _code(_CODE, text)


def worded(said: str) -> str | None:
    """Return the code that a server's words stand for where it gave none, or None."""
    rest = _in_words(said[:_READ])
    return rest and f"5.{rest}"


def _in_words(said: str) -> str | None:
    return next((rest for pattern, rest in _SAID if pattern.search(said)), None)


def _code(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return None if found is None else found[0]


def _tells(code: str) -> bool:
    """Whether a code says more than "it failed"."""
    return not code.endswith(".0.0")


def _milder(one: str, other: str) -> str:
    return min(one, other, key=lambda code: _MILDNESS.index(meaning(code).kind))

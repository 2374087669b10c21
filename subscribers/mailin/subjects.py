"""What a person asks for in the subject of a mail to the list."""

from __future__ import annotations

import re

from subscribers.mailin.doors import Door

_WORDS = {
    **dict.fromkeys(("subscribe", "abonnieren", "anmelden"), Door.SUBSCRIBE),
    **dict.fromkeys(("unsubscribe", "abbestellen", "abmelden"), Door.UNSUBSCRIBE),
}
# What mail programs put before the subject of an answer, in several languages, some with a count: "Re[2]:".
_ANSWER = re.compile(r"(?:\s*(?:re|aw|antw|antwort|sv|vs|rv|rif|odp)(?:\[\d+\])?\s*:)+", re.IGNORECASE)
_WORD = re.compile(r"\w+(?:['’]\w+)?")
# Long enough for "please unsubscribe me, thank you", too short for a letter's subject.
_MOST_WORDS = 5
_NO = re.compile(r"not|no|never|nicht|nie|keine?n?|cannot|(?:do|ca|wo|did|does)n['’]?t")


def asked_in(subject: str) -> Door | None:
    """Return SUBSCRIBE or UNSUBSCRIBE if a subject says just that, None for any other.

    Exactly one of our words, English or German in any case, in at most five; signs of an answer before them
    do not count. One with a "not" takes a person to understand.
    """
    words = _WORD.findall(subject[answer.end() :] if (answer := _ANSWER.match(subject)) else subject)
    folded = [word.casefold() for word in words]
    asked = [_WORDS[word] for word in folded if word in _WORDS]
    if len(words) > _MOST_WORDS or len(asked) != 1 or any(_NO.fullmatch(word) for word in folded):
        return None
    return asked[0]

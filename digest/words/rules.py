"""Rules that tell a good subject or preheader from a poor one; docs/subjects.md says them to an editor.

A rule looks at a line and gives or takes points, with a note why, or says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from digest.catalogue.values import Tool
from digest.spam import spam_words
from digest.text import excerpt, isolated
from digest.words.sides import NAME_LIMITS

Note = tuple[int, str]
Rule = Callable[[str], Note | None]

_WORD = re.compile(r"[^\W\d_]+")
_SHOUT = re.compile(r"!|(?<!\w)[A-Z]{3,}(?!\w)")
_BOAST = re.compile(r"\b(?:best|winners?|losers?|worst)\b", re.IGNORECASE)
_OUTCOME = re.compile(r"\b(?:picks?|ships?|skips?|splits?|sweeps?|votes?|scores?)\b|%", re.IGNORECASE)
# With fewer words than this round the names there is no turn of phrase to repeat.
_A_PHRASE = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A line that could be used. ``notes`` say which rule gave or took how many of its ``points``."""

    text: str
    points: int
    notes: tuple[str, ...]


def weigh(text: str, rules: Iterable[Rule]) -> Candidate:
    """Return a line with the points that the rules give it."""
    found = [note for rule in rules if (note := rule(text))]
    notes = tuple(f"{points:+d}: {why}" for points, why in found)
    return Candidate(text, sum(points for points, _ in found), notes)


def best_first(texts: Iterable[str], rules: Sequence[Rule]) -> tuple[Candidate, ...]:
    """Return every line once, the one with the most points first; of equals, the one given first."""
    weighed = [weigh(text, rules) for text in dict.fromkeys(texts)]
    return tuple(sorted(weighed, key=lambda candidate: -candidate.points))


def length(least: int, most: int, limit: int) -> Rule:
    """Return the rule that a line has ``least`` to ``most`` characters, and never more than ``limit``."""

    def rule(text: str) -> Note:
        size = len(text)
        if size > limit:
            return -100, f"{size} characters, and mail programs cut it at {limit}"
        off = max(least - size, size - most, 0)
        return max(20 - off, 0), f"{size} characters; {least} to {most} are read at a glance"

    return rule


def names_first(tools: Sequence[Tool]) -> Rule:
    """Return the rule that a line begins with a tool's name."""

    def rule(text: str) -> Note | None:
        if any(text.startswith(name) for tool in tools for name in _spellings(tool)):
            return 15, "begins with a tool’s name"
        return None

    return rule


def whole_names(tools: Sequence[Tool]) -> Rule:
    """Return the rule that every one of ``tools`` is named in full."""

    def rule(text: str) -> Note | None:
        return (15, "names both tools in full") if all(tool.name in text for tool in tools) else None

    return rule


def outcome(tools: Sequence[Tool]) -> Rule:
    """Return the rule that a line says how something came out."""

    def rule(text: str) -> Note | None:
        return (20, "says how it came out") if _OUTCOME.search(without_names(text, tools)) else None

    return rule


def no_spam(text: str) -> Note | None:
    """Take points for what filters count as advertising, wherever it stands: they do not spare names."""
    found = spam_words(text)
    return (-25 * len(found), f"filters look for: {', '.join(found)}") if found else None


def calm(tools: Sequence[Tool]) -> Rule:
    """Return the rule that a line neither shouts nor boasts; what a tool is called is not our doing."""

    def rule(text: str) -> Note | None:
        said = without_names(text, tools)
        if found := _SHOUT.search(said):
            return -100, f"shouts: {found[0]}"
        if found := _BOAST.search(said):
            return -100, f"claims more than a panel can say: {found[0]}"
        return None

    return rule


def unlike(former: str | None, tools: Sequence[Tool]) -> Rule:
    """Return the rule that a line does not turn its phrase as the former issue's line did."""
    before = _words(former or "")

    def rule(text: str) -> Note | None:
        own = _words(without_names(text, tools))
        if len(own) < _A_PHRASE or 3 * len(own & before) < 2 * len(own):
            return None
        return -12, "is phrased like the one before"

    return rule


def adds_to(subject: str, tools: Sequence[Tool]) -> Rule:
    """Return the rule that a preheader does not say the subject over again."""
    said = _words(without_names(subject, tools))

    def rule(text: str) -> Note | None:
        own = _words(without_names(text, tools))
        if subject in text or (len(own) >= _A_PHRASE and 3 * len(own & said) >= 2 * len(own)):
            return -100, "repeats the subject"
        return None

    return rule


def without_names(text: str, tools: Iterable[Tool]) -> str:
    """Return what a line says round the names of ``tools``, whole or cut."""
    spellings = {name for tool in tools for name in _spellings(tool)}
    for name in sorted(spellings, key=len, reverse=True):
        text = text.replace(name, " ")
    return text


def _spellings(tool: Tool) -> list[str]:
    """Return a tool's name as a line may have it."""
    return [tool.name, *(isolated(excerpt(tool.name, limit)) for limit in NAME_LIMITS)]


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text)}

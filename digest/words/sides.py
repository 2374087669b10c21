"""One tool as a sentence speaks of it, and the small grammar that all sentences share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from digest.catalogue.values import Take, Tool, Verdict
from digest.panel import Basis, Panel, Tally, tally
from digest.text import excerpt, isolated, number

# A sentence first loses its figures, and only then do the names in it lose letters.
NAME_LIMITS = (60, 40, 28, 20, 12)
_REVIEWER_LIMIT = 24


@dataclass(frozen=True, slots=True)
class Side:
    """One tool of a pair, its name cut to the room there is."""

    tool: Tool
    name: str
    own: Tally
    panel: Panel | None = None

    @classmethod
    def of(cls, tool: Tool, limit: int, panel: Panel | None = None) -> Side:
        """Return the side of a tool, its name cut to ``limit`` characters."""
        return cls(tool, isolated(excerpt(tool.name, limit)), tally(tool), panel)

    @property
    def one_voice(self) -> bool:
        """Whether all reviewers are known to say the same."""
        return self.own.counted and 0 in (self.own.ships, self.own.skips)

    @property
    def sweeps(self) -> bool:
        """Whether a panel that deserves the name ships without a skip."""
        return self.one_voice and self.own.ships > 2

    def voices(self, verdict: Verdict) -> list[Take]:
        """Return the takes with this verdict, in panel order."""
        takes = [take for take in self.tool.takes if take.verdict is verdict]
        if self.panel is None:
            return takes
        order = self.panel.in_order(take.reviewer for take in takes)
        return sorted(takes, key=lambda take: order.index(take.reviewer))

    @property
    def dissent(self) -> list[Take]:
        """The takes of the lesser side; none in a tie."""
        ships, skips = self.voices(Verdict.SHIP), self.voices(Verdict.SKIP)
        return [] if len(ships) == len(skips) else min(ships, skips, key=len)

    @property
    def carried(self) -> bool:
        """Whether nobody is known, or left open, to object."""
        return self.own.percent == 100 and self.own.basis in (Basis.COUNTED, Basis.STATED)

    def called(self, take: Take) -> str:
        """Return a reviewer as a sentence names them: the standing panel's are roles, others may be names."""
        name = isolated(excerpt(take.reviewer, _REVIEWER_LIMIT))
        return f"the {name}" if self.panel and self.panel.find(take.reviewer) else name

    def named(self, takes: Iterable[Take]) -> str:
        """Return "the Founder", "the Founder and Ann", "the Founder, Ann and Bo"."""
        *most, last = [self.called(take) for take in takes]
        return f"{', '.join(most)} and {last}" if most else last


def fitted(sentences: Callable[[int], Iterator[str]], limit: int) -> str:
    """Return the first sentence that fits; ``sentences`` takes a limit for names, the richest first."""
    sentence = ""
    for name_limit in NAME_LIMITS:
        for sentence in sentences(name_limit):
            if len(sentence) <= limit:
                return sentence
    return excerpt(sentence, limit)


def all_of(count: int, of: str = " reviewer") -> str:
    """Return "the one reviewer", "both reviewers", "all three"; without ``of``, "the one", "both"."""
    return {1: f"the one{of}", 2: f"both{of}s" if of else "both"}.get(count, f"all {number(count)}")


def agreeing(stem: str, count: int) -> str:
    """Return the verb for so many subjects: "ships" for one, "ship" else."""
    return stem if count != 1 else f"{stem}s"


def capital(sentence: str) -> str:
    """Return a sentence begun with a capital letter."""
    return sentence[:1].upper() + sentence[1:]

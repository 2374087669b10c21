"""Sentences about panels, in words that the counts bear out: splits, subjects, the opening. Pure.

House rules: names first, never an exclamation, never "best" or "winner". Where a source states only a
percentage, nothing is said of single votes; where nothing is known, the words say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import product

from digest.catalogue.values import Take, Tool, Verdict
from digest.issues.values import Matchup
from digest.panel import Panel, Tally, panels_pick, tally, votes_known
from digest.text import excerpt, isolated, number

SENTENCE_LIMIT = 130
SUBJECT_LIMIT = 78
PREHEADER_LIMIT = 110

# A sentence first loses its figures, and only then do the names in it lose letters.
_NAME_LIMITS = (60, 40, 28, 20, 12)
# Tools that came out this close together are the week's own; an older one comes from the back catalogue.
_ONE_CROP = timedelta(days=14)


def split_sentence(left: Tool, right: Tool, panel: Panel) -> str:
    """Return one sentence of at most 130 characters on where the two panels agree and who does not.

    "Only the Founder skips Loupe, at 52; all four ship Lantern." Names are shortened with … where they must.
    """
    return _fitted(
        lambda limit: _splits(_Side.of(left, limit, panel), _Side.of(right, limit, panel)), SENTENCE_LIMIT
    )


def subject_for(matchups: Sequence[Matchup]) -> str:
    """Return the subject of an issue, at most 78 characters: the lead matchup's names, then its outcome."""

    def subjects(limit: int) -> Iterator[str]:
        left, right = _Side.of(matchups[0].left, limit), _Side.of(matchups[0].right, limit)
        names = f"{left.name} vs {right.name}"
        yield f"{names}: {_outcome(left, right)}"
        yield names

    return _fitted(subjects, SUBJECT_LIMIT)


def preheader_for(matchups: Sequence[Matchup]) -> str:
    """Return the line after the subject, at most 110 characters: how each of the lead tools fared."""

    def lines(limit: int) -> Iterator[str]:
        sides = [_Side.of(matchups[0].left, limit), _Side.of(matchups[0].right, limit)]
        first, second = sorted(sides, key=lambda side: -(side.own.percent or 0))
        if first.sweeps and second.sweeps:
            yield f"{first.name} and {second.name} both sweep the panel."
        yield f"{_fared(first)}; {_fared(second)}."

    return _fitted(lines, PREHEADER_LIMIT)


def intro_for(matchups: Sequence[Matchup]) -> str:
    """Return the editor's opening: how many tools and matchups, and what became of them.

    "New" is said only where every tool has a date and all came out within a fortnight.
    """
    tools = list({tool.slug: tool for matchup in matchups for tool in (matchup.left, matchup.right)}.values())
    dates = [tool.published_on for tool in tools if tool.published_on]
    new = "new " if len(dates) == len(tools) and max(dates) - min(dates) <= _ONE_CROP else ""
    pairs = f"{number(len(matchups))} {'matchup' if len(matchups) == 1 else 'matchups'}"
    return f"{_capital(number(len(tools)))} {new}tools, {pairs}. {_outcomes(tools)}"


@dataclass(frozen=True, slots=True)
class _Side:
    """One tool of a pair, its name cut to the room there is."""

    tool: Tool
    name: str
    own: Tally
    panel: Panel | None = None

    @classmethod
    def of(cls, tool: Tool, limit: int, panel: Panel | None = None) -> _Side:
        return cls(tool, isolated(excerpt(tool.name, limit)), tally(tool), panel)

    @property
    def counted(self) -> bool:
        return votes_known(self.tool)

    @property
    def total(self) -> int:
        return self.own.ships + self.own.skips

    @property
    def one_voice(self) -> bool:
        return self.counted and 0 in (self.own.ships, self.own.skips)

    @property
    def sweeps(self) -> bool:
        return self.one_voice and self.own.ships > 2

    def who(self, take: Take) -> str:
        """Return a reviewer as a sentence names them: the standing panel's are roles, others may be names."""
        name = isolated(excerpt(take.reviewer, 24))
        return f"the {name}" if self.panel and self.panel.find(take.reviewer) else name

    def voices(self, verdict: Verdict) -> list[Take]:
        return [take for take in self.tool.takes if take.verdict is verdict]

    @property
    def dissent(self) -> list[Take]:
        """The takes of the lesser side; none in a tie."""
        ships, skips = self.voices(Verdict.SHIP), self.voices(Verdict.SKIP)
        return [] if len(ships) == len(skips) else min(ships, skips, key=len)


def _fitted(sentences: Callable[[int], Iterator[str]], limit: int) -> str:
    """Return the first sentence that fits; ``sentences`` takes a limit for names, the richest first."""
    sentence = ""
    for name_limit in _NAME_LIMITS:
        for sentence in sentences(name_limit):
            if len(sentence) <= limit:
                return sentence
    return excerpt(sentence, limit)


def _splits(left: _Side, right: _Side) -> Iterator[str]:
    if left.own.percent is None and right.own.percent is None:
        yield "Neither tool has a panel verdict yet."
        return
    yield from (_capital(sentence) for sentence in _together(left, right))
    first, second = (
        (right, left) if left.one_voice and right.counted and not right.one_voice else (left, right)
    )
    for in_detail, also in product((True, False), repeat=2):
        yield _capital(f"{_clause(first, in_detail)}; {_clause(second, also)}.")


def _together(left: _Side, right: _Side) -> Iterator[str]:
    """Yield what can be said of both at once."""
    reviewers = {take.reviewer for take in left.tool.takes}
    if not left.counted or not right.counted or reviewers != {take.reviewer for take in right.tool.takes}:
        return
    for verdict in (Verdict.SHIP, Verdict.SKIP):
        if len(left.voices(verdict)) == len(right.voices(verdict)) == left.total > 1:
            both = f"{_all(left.total)} {verdict} both"
            means = _mean(left), _mean(right)
            if None not in means:
                yield f"{both}: {left.name} averages {means[0]}, {right.name} {means[1]}."
            yield f"{both}, {left.name} and {right.name}."
    if len(left.dissent) == len(right.dissent) == 1 and left.total > 2:
        mine, other = left.dissent[0], right.dissent[0]
        if (mine.reviewer, mine.verdict) != (other.reviewer, other.verdict):
            return
        who = f"only {left.who(mine)} {mine.verdict}s"
        if mine.score is not None and other.score is not None:
            yield f"{who} either: {left.name} at {mine.score}, {right.name} at {other.score}."
        yield f"{who} {left.name} and {right.name}."


def _clause(side: _Side, in_detail: bool) -> str:
    """Return what one panel says, beginning with a word that may take a capital (never a tool's name)."""
    own, name, total = side.own, side.name, side.total
    if own.percent is None:
        return f"no panel verdict yet on {name}"
    if not side.counted:
        return _share(side)
    verb = "ship" if own.ships > own.skips else "skip"
    if side.one_voice:
        return f"{_all(total)} {_verb(verb, total)} {name}"
    if own.ships == own.skips:
        return f"the panel splits on {name}, {number(own.ships)} to {number(own.skips)}"
    dissent = side.dissent
    if in_detail and len(dissent) <= 2:
        who = " and ".join(side.who(take) for take in dissent)
        scores = " and ".join(str(take.score) for take in dissent if take.score is not None)
        at = f", at {scores}" if all(take.score is not None for take in dissent) else ""
        return f"only {who} {_verb(str(dissent[0].verdict), len(dissent))} {name}{at}"
    return f"{number(max(own.ships, own.skips))} of {number(total)} {verb} {name}"


def _share(side: _Side) -> str:
    """Say a share: the source's own, or, where it states none, that of the verdicts that are known."""
    own, stated = side.own, side.tool.stated_percent
    if stated is None and side.total == 1:
        return f"the one known vote {'ships' if own.ships else 'skips'} {side.name}"
    if stated is None:
        votes = f"{number(own.ships)} of {number(side.total)} known votes"
        return f"{votes} {_verb('ship', own.ships)} {side.name}"
    whole = {100: "the whole panel ships", 0: "nobody on the panel ships"}
    return f"{whole.get(stated, f'{stated}% of the panel ships')} {side.name}"


def _fared(side: _Side) -> str:
    own, name = side.own, side.name
    if own.percent is None:
        return f"{name} awaits its panel"
    if not side.counted:
        whose = "known votes" if side.tool.stated_percent is None else "panel"
        return f"{name} has {own.percent}% of the {whose}"
    if side.total == 1:
        return f"{name} has one vote, a {own.verdict}"
    if side.sweeps:
        return f"{name} sweeps the panel"
    if own.ships and own.ships == own.skips:
        return f"{name} splits the panel"
    if side.total < 3 or own.skips > own.ships:
        return f"{name} has {number(own.ships)} of {number(side.total)} votes"
    return f"{name} loses {number(own.skips)} {'vote' if own.skips == 1 else 'votes'}"


def _outcome(left: _Side, right: _Side) -> str:
    verdicts = {left.own.verdict, right.own.verdict}
    pick = panels_pick(left.tool, right.tool)
    if None in verdicts:
        return "side by side"
    if pick:
        return f"the panel picks {left.name if pick is left.tool else right.name}"
    if len(verdicts) == 1:
        return {"ship": "the panel ships both", "skip": "the panel skips both"}.get(
            str(left.own.verdict), "a split panel on both"
        )
    return "the panel ships neither"


def _outcomes(tools: Sequence[Tool]) -> str:
    """Return "Four ship, one skips; only two carry the whole panel."."""
    verdicts = [tally(tool).verdict for tool in tools]
    ships, unjudged = verdicts.count(Verdict.SHIP), verdicts.count(None)
    parts = []
    for verdict, after in ((Verdict.SHIP, ""), (Verdict.SKIP, ""), (Verdict.SPLIT, " the panel")):
        if count := verdicts.count(verdict):
            amount = number(count) if count < len(tools) else _all(count, of="")
            parts.append(f"{amount} {_verb(verdict, count)}{after}")
    if unjudged:
        parts.append(f"{number(unjudged)} {_verb('wait', unjudged)} for a panel verdict")
    said = _capital(", ".join(parts))
    return (
        f"{said}; {_carried(sum(_whole(tool) for tool in tools), ships)} the whole panel."
        if ships
        else f"{said}."
    )


def _carried(whole: int, ships: int) -> str:
    if whole == 0:
        return "none carries"
    if whole < ships:
        return f"only {number(whole)} {'carries' if whole == 1 else 'carry'}"
    return "the one that ships carries" if ships == 1 else f"{_all(ships, of='')} carry"


def _whole(tool: Tool) -> bool:
    """Whether nobody is known, or left open, to object."""
    return tally(tool).percent == 100 and (votes_known(tool) or tool.stated_percent is not None)


def _all(count: int, of: str = " reviewer") -> str:
    return {1: f"the one{of}", 2: f"both{of}s" if of else "both"}.get(count, f"all {number(count)}")


def _verb(stem: str, count: int) -> str:
    return stem if count != 1 else f"{stem}s"


def _mean(side: _Side) -> int | None:
    if any(take.score is None for take in side.tool.takes) or side.own.mean_score is None:
        return None
    return round(side.own.mean_score)


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]

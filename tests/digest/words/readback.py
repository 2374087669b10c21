"""Reads a split sentence as a reader would, and holds every word of it against the votes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from digest.catalogue.values import Take, Tool, Verdict
from digest.panel import tally
from digest.text import number
from tests.factories import PANEL

_NUMBERS = {number(count): count for count in range(1, 30)}
_PAIR = "Aster and Birch"


def false_claims(sentence: str, left: Tool, right: Tool) -> list[str]:
    """Return what a sentence about Aster (left) and Birch (right) says that is not so."""
    body = re.sub("[\u2068\u2069]", "", sentence)
    if not (not body[0].islower() and body.endswith(".")):
        return ["is not a sentence"]
    body = body[:-1]
    for name in (
        "The",
        "Only",
        "All",
        "Both",
        "No",
        "Nobody",
        "Half",
        "Neither",
        *map(str.capitalize, _NUMBERS),
    ):
        body = re.sub(rf"^{name}\b", name.lower(), body)
    for pattern, check in _TOGETHER:
        if match := re.fullmatch(pattern, body):
            return check(match, left, right)
    return [
        problem
        for clause in body.split("; ")
        for problem in _clause(clause, left if "Aster" in clause else right)
    ]


def _clause(clause: str, tool: Tool) -> list[str]:
    for pattern, check in _CLAUSES:
        if match := re.fullmatch(pattern.replace("NAME", tool.name), clause):
            return [] if check(match, tool) else [clause]
    return [f"cannot be read: {clause}"]


def _of(tool: Tool, verb: str) -> list[Take]:
    """Return who says what a verb, "ship" or "skips", says."""
    return [take for take in tool.takes if take.verdict is Verdict(verb.removesuffix("s"))]


def _known(tool: Tool) -> bool:
    return bool(tool.takes) and all(take.verdict for take in tool.takes)


def _agrees(verb: str, count: int) -> bool:
    """Whether the verb's form goes with so many subjects."""
    return verb.endswith("s") == (count == 1)


def _who(names: str) -> set[str]:
    """Return the reviewers that a sentence names; the standing panel's have their article, guests none."""
    found = set()
    for name in names.split(" and "):
        role = name.removeprefix("the ")
        assert (PANEL.find(role) is not None) == name.startswith("the "), name
        found.add(role)
    return found


def _reviewers(takes: Iterable[Take]) -> set[str]:
    return {take.reviewer for take in takes}


def _everyone(match: re.Match[str], tool: Tool) -> bool:
    total = _NUMBERS[match["all"]] if match["all"] else 2 if match["both"] else 1
    return (
        _known(tool)
        and len(_of(tool, match["verb"])) == total == len(tool.takes)
        and _agrees(match["verb"], total)
    )


def _split(match: re.Match[str], tool: Tool) -> bool:
    ships, skips = _NUMBERS[match[1]], _NUMBERS[match[2]]
    return _known(tool) and len(_of(tool, "ship")) == ships == skips == len(_of(tool, "skip"))


def _only(match: re.Match[str], tool: Tool) -> bool:
    takes = _of(tool, match["verb"])
    order = PANEL.in_order(take.reviewer for take in takes)
    scores = [str(take.score) for take in sorted(takes, key=lambda take: order.index(take.reviewer))]
    return (
        _known(tool)
        and _who(match["who"]) == _reviewers(takes)
        and len(takes) * 2 < len(tool.takes)
        and _agrees(match["verb"], len(takes))
        and match["at"] in (None, " and ".join(scores))
    )


def _counted(match: re.Match[str], tool: Tool) -> bool:
    part, whole = _NUMBERS[match["part"]], _NUMBERS[match["whole"]]
    return (
        _known(tool)
        and (part, whole) == (len(_of(tool, match["verb"])), len(tool.takes))
        and _agrees(match["verb"], part)
    )


def _known_votes(match: re.Match[str], tool: Tool) -> bool:
    said = match.groupdict()
    voted = len(_of(tool, "ship")) + len(_of(tool, "skip"))
    total = _NUMBERS[said["whole"]] if said.get("whole") else 2 if said.get("both") else 1
    part = _NUMBERS[said["part"]] if said.get("part") else total
    takes = _of(tool, match["verb"])
    return not _known(tool) and (part, total) == (len(takes), voted) and _agrees(match["verb"], part)


def _share(match: re.Match[str], tool: Tool) -> bool:
    words = {"the whole panel": 100, "half the panel": 50, "nobody on the panel": 0}
    percent = words[match[1]] if match[1] in words else int(match[1].split("%")[0])
    return not _known(tool) and tool.stated_percent == percent == tally(tool).percent


_ALL = r"(?:all (?P<all>\w+)|(?P<both>both) reviewers|the one reviewer) (?P<verb>ships?|skips?)"
_CLAUSES: list[tuple[str, Callable[[re.Match[str], Tool], bool]]] = [
    (rf"{_ALL} NAME", _everyone),
    (r"the panel splits on NAME, (\w+) to (\w+)", _split),
    (r"only (?P<who>.+) (?P<verb>ships?|skips?) NAME(?:, at (?P<at>.+))?", _only),
    (r"(?P<part>\w+) of (?P<whole>\w+) known votes (?P<verb>ships?) NAME", _known_votes),
    (r"(?:(?P<both>both)|all (?P<whole>\w+)) known votes (?P<verb>ship|skip) NAME", _known_votes),
    (r"the one known vote (?P<verb>ships|skips) NAME", _known_votes),
    (r"(?P<part>\w+) of (?P<whole>\w+) (?P<verb>ships?|skips?) NAME", _counted),
    (r"(the whole panel|half the panel|nobody on the panel|\d+% of the panel) ships NAME", _share),
    (r"no panel verdict yet on NAME", lambda _, tool: tally(tool).percent is None),
]


def _all_both(match: re.Match[str], left: Tool, right: Tool) -> list[str]:
    wrong = [tool.name for tool in (left, right) if not _everyone(match, tool)]
    for tool, said in ((left, match["one"] or match["each"]), (right, match["other"] or match["each"])):
        mean = tally(tool).mean_score
        digits = len(said.partition(".")[2]) if said else 0
        if said and (mean is None or abs(mean - float(said)) > 0.5 / 10**digits + 1e-9):
            wrong.append(f"{tool.name} averages {mean}")
    return wrong


def _either(match: re.Match[str], left: Tool, right: Tool) -> list[str]:
    at = {"Aster": match["one"], "Birch": match["other"]}
    who = f"only {match['who']} {match['verb']}"
    return [
        problem
        for tool in (left, right)
        for problem in _clause(
            f"{who} {tool.name}" + (f", at {at[tool.name]}" if at[tool.name] else ""), tool
        )
    ]


def _same(match: re.Match[str], left: Tool, right: Tool) -> list[str]:
    same = _reviewers(_of(left, match["verb"])) == _reviewers(_of(right, match["verb"]))
    return [] if same and _counted(match, left) and _counted(match, right) else ["not the same"]


def _lines(match: re.Match[str], left: Tool, right: Tool) -> list[str]:
    same = _reviewers(_of(left, "ship")) == _reviewers(_of(right, "ship"))
    return [] if same and _split(match, left) and _split(match, right) else ["not along the same lines"]


def _sides(match: re.Match[str], left: Tool, right: Tool) -> list[str]:
    wrong = []
    for names, verb in ((match["for"], match["ship"]), (match["against"], match["skip"])):
        for tool in (left, right):
            takes = _of(tool, verb)
            if not (_known(tool) and _who(names) == _reviewers(takes) and _agrees(verb, len(takes))):
                wrong.append(f"{names} {verb} {tool.name}")
    return wrong


def _difference(match: re.Match[str], left: Tool, right: Tool) -> list[str]:
    ours = {take.reviewer: take for take in left.takes}
    theirs = {take.reviewer: take for take in right.takes}
    swing = {name for name in ours if ours[name].verdict is not theirs[name].verdict}
    wrong = [] if _who(match["who"]) == swing and _agrees(match["make"], len(swing)) else ["others differ"]
    if match["one"]:
        [name] = swing
        if (match["one"], match["other"]) != (str(ours[name].score), str(theirs[name].score)):
            wrong.append("other scores")
    return [*wrong, *_clause(match["left"], left), *_clause(match["right"], right)]


_FIGURE = r"\d+(?:\.\d)?"
_TOGETHER: list[tuple[str, Callable[[re.Match[str], Tool, Tool], list[str]]]] = [
    (
        rf"{_ALL} both(?:: Aster averages (?P<one>{_FIGURE}), Birch (?P<other>{_FIGURE})"
        rf"|: {_PAIR} average (?P<each>\d+) each|, {_PAIR})",
        _all_both,
    ),
    (
        r"only (?P<who>.+) (?P<verb>ships?|skips?)"
        rf"(?: either: Aster at (?P<one>\d+), Birch at (?P<other>\d+)| {_PAIR})",
        _either,
    ),
    (rf"the same (?P<part>\w+) of (?P<whole>\w+) (?P<verb>ship|skip) both {_PAIR}", _same),
    (rf"the panel splits on both {_PAIR}, (\w+) to (\w+), along the same lines", _lines),
    (rf"(?P<for>.+) (?P<ship>ships?) both {_PAIR}; (?P<against>.+) (?P<skip>skips?) both", _sides),
    (
        r"(?P<who>.+) (?P<make>makes?) the difference(?:, at (?P<one>\d+) and (?P<other>\d+))?"
        r": (?P<left>.+ Aster), (?P<right>.+ Birch)",
        _difference,
    ),
    (
        r"neither tool has a panel verdict yet",
        lambda _, left, right: [] if tally(left).percent is tally(right).percent is None else ["has one"],
    ),
]

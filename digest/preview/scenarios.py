"""Issues that seldom happen and must stand all the same, made of the present one. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from digest.catalogue.values import Take, Tool
from digest.issues.values import Depth, IssueContent, Matchup
from digest.matchups import with_depths
from digest.words import preheader_for, subject_for

_LONG = "Multimodal-Retrieval-Augmented Assistant for Scientific Literature, Enterprise Edition 2026"
_UNBROKEN = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
# What came in through an import may say: nothing of this may be markup, a slot, a template, or turn the line.
_HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=https://tracker.invalid/p.gif onerror=alert(1)>',
    "{{ 7 * 7 }} {% raw %} %%unsubscribe%% *|FNAME|*",
    "</td></tr></table><!--[if mso]><h1>broken out</h1><![endif]-->",
    "\u202egnirts desrever\u202c שלום مرحبا",
    "&amp;lt; &#0; ]]> <![CDATA[ \\u{200d} 👩‍👩‍👧‍👦 Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A",
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One such issue. ``key`` is the key that shows it; ``make`` changes the present content.

    ``nameless``: the reader it is shown to gave no name.
    """

    key: str
    name: str
    title: str
    make: Callable[[IssueContent], IssueContent]
    nameless: bool = False


def one_matchup(content: IssueContent) -> IssueContent:
    """Return the issue with its lead only."""
    return _worded(content, content.matchups[:1])


def empty(content: IssueContent) -> IssueContent:
    """Return the issue without any matchup: such a week sends nothing."""
    return replace(content, matchups=(), subject="", preheader="")


def long_names(content: IssueContent) -> IssueContent:
    """Return the issue with names that no line holds: of many words, and of one."""

    def renamed(tool: Tool, number: int) -> Tool:
        return replace(tool, name=f"{_LONG} {number}" if number % 2 else f"{_UNBROKEN}{number}")

    return _with_tools(content, renamed)


def unchanged(content: IssueContent) -> IssueContent:
    """Return the issue as it is."""
    return content


def no_votes(content: IssueContent) -> IssueContent:
    """Return the issue before any reader voted."""

    def unvoted(tool: Tool, _: int) -> Tool:
        return replace(tool, community=None)

    return _with_tools(content, unvoted)


def hostile(content: IssueContent) -> IssueContent:
    """Return the issue with texts that try to be markup, templates and slots."""

    def turned(tool: Tool, number: int) -> Tool:
        said = _HOSTILE[number % len(_HOSTILE)]
        takes = tuple(
            Take(take.reviewer, f"{said} {take.text}", take.score, take.verdict) for take in tool.takes
        )
        return replace(
            tool,
            name=f"{said} {number}",
            tagline=said,
            category=said,
            pricing=said,
            best_for=said,
            takes=takes,
        )

    return _with_tools(content, turned)


SCENARIOS = (
    Scenario("1", "one", "A one-matchup week", one_matchup),
    Scenario("2", "empty", "An empty week", empty),
    Scenario("3", "long", "Very long names", long_names),
    Scenario("4", "nameless", "No reader’s name", unchanged, nameless=True),
    Scenario("5", "unvoted", "No reader’s vote", no_votes),
    Scenario("6", "hostile", "Hostile text", hostile),
)
# The last key shows what was sent the week before, which is no scenario that anybody has to make.
PAST_KEY = "7"


def find_scenario(name: str) -> Scenario | None:
    """Return the scenario of this name, or None."""
    return next((scenario for scenario in SCENARIOS if scenario.name == name), None)


def _with_tools(content: IssueContent, change: Callable[[Tool, int], Tool]) -> IssueContent:
    """Return the issue with each tool changed; ``change`` is handed the tool and its number, from 1."""
    numbers: dict[str, int] = {}

    def changed(tool: Tool) -> Tool:
        return change(tool, numbers.setdefault(tool.slug, len(numbers) + 1))

    matchups = tuple(
        replace(matchup, left=changed(matchup.left), right=changed(matchup.right))
        for matchup in content.matchups
    )
    return _worded(content, matchups)


def _worded(content: IssueContent, matchups: tuple[Matchup, ...]) -> IssueContent:
    """Return the issue over these matchups, with the words that follow from them."""
    shown = with_depths(matchups, (Depth.FULL, Depth.SHORT))
    return replace(content, matchups=shown, subject=subject_for(shown), preheader=preheader_for(shown))

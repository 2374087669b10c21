from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.catalogue.values import Tool
from digest.likeness import likeness, stems
from tests.factories import tool

# Three kinds of tools, two of each, as their makers would put it.
MARKET = [
    ("notes", "Meeting transcription for teams", "Joins calls, transcribes every speaker, sends a summary."),
    (
        "notes",
        "Turns calls into notes",
        "A transcript of each meeting with speakers told apart, and a summary.",
    ),
    ("review", "Reviews pull requests", "Reads the diff, finds bugs and comments on risky code."),
    ("review", "A second pair of eyes on code", "Comments on every pull request with likely bugs."),
    ("images", "Pictures from a prompt", "Generates photorealistic images in the style of a brand."),
    ("images", "Studio photos by prompt", "An image generator that keeps to the brand's style."),
]


def like(one: Tool, other: Tool) -> float:
    return float(likeness([stems(one)], [stems(other)])[0, 0])


def test_each_tool_is_most_like_the_other_of_its_kind() -> None:
    tools = [tool(str(at), tagline=line, description=text) for at, (_, line, text) in enumerate(MARKET)]
    matrix = likeness([stems(one) for one in tools], [stems(one) for one in tools])
    for at, (kind, _, _) in enumerate(MARKET):
        others = [other for other in range(len(MARKET)) if other != at]
        assert MARKET[max(others, key=lambda other: float(matrix[at, other]))][0] == kind


def test_word_forms_count_as_one_word_and_common_words_not_at_all() -> None:
    assert stems(tool("T", tagline="It transcribes the calls", description="and a transcript of them")) == [
        "calls",
        "trans",
    ]


def test_the_share_of_words_in_common() -> None:
    one = tool("One", tagline="alpha beta gamma delta", description=None)
    assert like(one, tool("Two", tagline="Beta; ALPHA", description=None)) == pytest.approx(4 / 6)
    assert like(one, one) == 1
    assert like(one, tool("Other", tagline="epsilon zeta", description=None)) == 0


def test_who_says_nothing_is_like_nobody() -> None:
    silent = tool("Silent", tagline=None, description="the of and")
    assert like(silent, silent) == 0
    assert like(silent, tool("Loud", tagline="alpha", description=None)) == 0
    assert likeness([], [["alpha"]]).shape == (0, 1)


words = st.sets(st.sampled_from(["alpha", "beta", "gamma", "delta", "eps"])).map(sorted)


@given(st.lists(words, min_size=1, max_size=5))
def test_it_is_the_same_both_ways_round_and_whoever_else_is_there(texts: list[list[str]]) -> None:
    together = likeness(texts, texts)
    assert (together == together.T).all()
    for one, other in combinations(range(len(texts)), 2):
        assert likeness([texts[one]], [texts[other]])[0, 0] == together[one, other]

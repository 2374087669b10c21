"""Subjects as people write them, and those that only look like a wish."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.mailin.doors import Door
from subscribers.mailin.subjects import asked_in


@pytest.mark.parametrize(
    "subject",
    [
        "unsubscribe",
        "UNSUBSCRIBE!",
        "Re: unsubscribe",
        "AW: Re: Unsubscribe",
        "Sv: re[2]: unsubscribe",
        "unsubscribe please",
        "Please unsubscribe me, thank you",
        "abmelden",
        "Bitte abmelden",
        "AW: Newsletter abbestellen",
    ],
)
def test_who_wants_to_leave_is_understood(subject: str) -> None:
    assert asked_in(subject) is Door.UNSUBSCRIBE


@pytest.mark.parametrize(
    "subject",
    ["Subscribe me", "re: SUBSCRIBE", "anmelden", "Will abonnieren", "Antwort: Anmelden bitte"],
)
def test_who_wants_to_come_is_understood(subject: str) -> None:
    assert asked_in(subject) is Door.SUBSCRIBE


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "Re:",
        "Your last issue",
        "Re: You are unsubscribed",
        "subscribe or unsubscribe?",
        "unsubscribe unsubscribe",
        "Please don’t unsubscribe me",
        "I do not subscribe",
        "Bitte nicht abmelden",
        "I cannot unsubscribe",
        "Ten reasons why nobody should unsubscribe",
        "Fwd: Unsubscribe from all of your other newsletters",
        "Report: unsubscribed readers",
    ],
)
def test_anything_less_plain_is_not(subject: str) -> None:
    assert asked_in(subject) is None


@given(st.text(max_size=200))
def test_no_subject_breaks_it(subject: str) -> None:
    assert asked_in(f"Re: {subject} unsubscribe") in (Door.UNSUBSCRIBE, None)

"""Several relays: how they are written, how they share the messages, and what becomes of one that fails."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import SettingsError, TransportError
from digest.settings import Settings
from jobs.sending.relay import Relay
from jobs.sending.relays import Choice, Relays

BUSY = TransportError("busy", permanent=False)
WRONG_PASSWORD = TransportError("wrong password", permanent=True)
TURN = 100


@dataclass
class Seconds:
    """A monotonic clock that goes when it is told to."""

    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


def relays(*weights: int) -> Relays:
    return Relays.parse(" ".join(f"smtp://r{n}.example.com?weight={one}" for n, one in enumerate(weights)))


def spend_turn(choice: Choice, messages: int | None = None) -> Relay:
    """Spend one turn on a connection that works, or the first messages of it; return its relay."""
    relay = choice.next()
    choice.worked(relay)
    sent = choice.turn(relay) if messages is None else messages
    choice.sent(relay, sent)
    choice.unsent(relay, choice.turn(relay) - sent)
    return relay


def test_one_relay_may_have_white_space_around_it() -> None:
    assert Relays.parse(" smtp://127.0.0.1\n") == (Relay.parse("smtp://127.0.0.1"),)


def test_several_relays_keep_their_order() -> None:
    names = [
        relay.name for relay in Relays.parse("smtp://b.example.com\n\tsmtps://a.example.com smtp:///run/x")
    ]
    assert names == ["smtp://b.example.com:25", "smtps://a.example.com:465", "smtp:///run/x"]


def test_two_accounts_of_one_server_are_two_relays() -> None:
    assert len(Relays.parse("smtps://a:p@mail.example.com smtps://b:p@mail.example.com")) == 2


@pytest.mark.parametrize(
    ("urls", "message"),
    [
        ("", "[smtp] url (DIGEST_SMTP_URL) is empty"),
        (" \n", "[smtp] url (DIGEST_SMTP_URL) is empty"),
        ("http://a:s3cret@b", "[smtp] url (DIGEST_SMTP_URL) does not begin"),
        (
            "smtp://a.example.com ftp://u:s3cret@b",
            "relay 2 of 2 in [smtp] url (DIGEST_SMTP_URL) does not begin",
        ),
        ("smtp://a s3cret smtp://b", "relay 2 of 3 in [smtp] url"),
        ("smtps://u:s3cret@a smtp://b smtps://u:s3cret@a:465?weight=0", "relay 3 of 3 in [smtp] url"),
        ("smtps://u:s3cret@a smtps://u:other@a", "the same server as number 1"),
    ],
)
def test_a_faulty_one_is_told_by_its_place_and_never_repeated(urls: str, message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Relays.parse(urls)
    assert message in str(raised.value)
    assert "s3cret" not in str(raised.value)


WEIGHTS = st.lists(st.integers(1, 1000), min_size=1, max_size=5)


def spread(choice: Choice, had: Counter[Relay]) -> float:
    """Return how far the relays are apart, each by its weight, in turns."""
    used = [messages / relay.weight for relay, messages in had.items()]
    return (max(used) - min(used)) / max(choice.turn(relay) / relay.weight for relay in had)


@settings(deadline=None)
@given(WEIGHTS, st.integers(1, 500), st.lists(st.floats(0, 1), min_size=1, max_size=200))
def test_shares_stay_within_a_turn_of_the_weights_however_early_turns_end(
    weights: list[int], turn: int, parts: list[float]
) -> None:
    choice = Choice(relays(*weights), Seconds(), turn)
    had = Counter[Relay](dict.fromkeys(relays(*weights), 0))
    for part in parts:
        relay = choice.next()
        sent = round(part * choice.turn(relay))
        choice.sent(relay, sent)
        choice.unsent(relay, choice.turn(relay) - sent)
        had[relay] += sent
        # So nobody starves either: whoever is behind by a turn is the next.
        assert spread(choice, had) <= 1.000001


@settings(deadline=None)
@given(WEIGHTS, st.lists(st.integers(0, 9), min_size=10, max_size=300))
def test_shares_hold_for_connections_that_send_side_by_side(weights: list[int], order: list[int]) -> None:
    choice = Choice(relays(*weights), Seconds(), TURN)
    had = Counter[Relay](dict.fromkeys(relays(*weights), 0))
    connections: dict[int, tuple[Relay, int]] = {}

    def send_some(number: int, most: int = 37) -> None:
        relay, left = connections.pop(number)
        some = min(left, most)
        choice.sent(relay, some)
        had[relay] += some
        if left > some:
            connections[number] = relay, left - some

    for number in order:
        if number not in connections:
            relay = choice.next()
            connections[number] = relay, choice.turn(relay)
        send_some(number)
    # Nobody asks for a turn any more, so what is left may go at once; a single relay's turn is of millions.
    for number, (_, left) in sorted(connections.items()):
        send_some(number, left)
    assert spread(choice, had) <= 1.000001


def test_connections_that_ask_at_once_are_spread_before_any_has_sent(seconds: Seconds) -> None:
    choice = Choice(relays(3, 1), seconds, 100)
    booked = Counter[int]()
    for _ in range(10):
        relay = choice.next()
        booked[relay.weight] += choice.turn(relay)
    assert booked == {3: 500, 1: 165}


def test_a_light_relay_has_short_turns(seconds: Seconds) -> None:
    both = relays(99, 1)
    choice = Choice(both, seconds, 1000)
    assert [choice.turn(relay) for relay in both] == [1000, 10]


def test_what_a_turn_did_not_send_does_not_count(seconds: Seconds) -> None:
    choice = Choice(relays(1, 1), seconds, TURN)
    first = spend_turn(choice, messages=10)
    second = spend_turn(choice, messages=60)
    assert second != first
    assert [spend_turn(choice) for _ in range(3)] == [first, second, first]


def test_a_standby_gets_nothing_while_another_is_well(seconds: Seconds) -> None:
    main, standby = both = relays(1, 0)
    choice = Choice(both, seconds, TURN)
    assert {spend_turn(choice) for _ in range(20)} == {main}
    choice.failed(choice.next(), BUSY)
    assert {spend_turn(choice) for _ in range(20)} == {standby}
    seconds.at += 5
    assert {spend_turn(choice) for _ in range(20)} == {main}


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 400), st.sampled_from(["sent", "failed", "refused"])), max_size=60))
def test_a_standby_is_chosen_only_when_every_other_is_out(steps: list[tuple[float, str]]) -> None:
    seconds = Seconds()
    *_, standby = both = relays(5, 2, 0)
    choice = Choice(both, seconds, TURN)
    out_until = dict.fromkeys(both, 0.0)
    for passed, what in steps:
        seconds.at += passed
        if choice.all_down():
            assert all(seconds() < until for until in out_until.values())
            seconds.at += choice.back_in() + 1e-6
        relay = choice.next()
        if relay is standby:
            assert all(seconds() < until for one, until in out_until.items() if one is not standby)
        if what == "sent":
            choice.worked(relay)
            choice.sent(relay)
            choice.unsent(relay, choice.turn(relay) - 1)
        else:
            choice.failed(relay, BUSY if what == "failed" else WRONG_PASSWORD)
            out_until[relay] = seconds() + (300 if what == "failed" else 1800)


def test_standbys_alone_are_used_in_their_order(seconds: Seconds) -> None:
    first, second = both = relays(0, 0)
    choice = Choice(both, seconds, TURN)
    assert {spend_turn(choice) for _ in range(5)} == {first}
    choice.failed(choice.next(), BUSY)
    assert spend_turn(choice) == second


def test_each_failure_in_a_row_doubles_the_rest_up_to_five_minutes(seconds: Seconds) -> None:
    choice = Choice(relays(1), seconds)
    rests = []
    for _ in range(9):
        choice.failed(choice.next(), BUSY)
        rests.append(choice.back_in())
        seconds.at += choice.back_in()
    assert rests == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    choice.worked(choice.next())
    choice.failed(choice.next(), BUSY)
    assert choice.back_in() == 5


def test_connections_that_break_together_are_one_failure(seconds: Seconds) -> None:
    choice = Choice(relays(1), seconds)
    turns = [choice.next() for _ in range(10)]
    for relay in turns:
        choice.failed(relay, BUSY)
    assert choice.back_in() == 5


def test_a_relay_that_was_out_is_tried_by_one_connection_first(seconds: Seconds) -> None:
    choice = Choice(relays(1), seconds)
    choice.failed(choice.next(), BUSY)
    seconds.at += 5
    assert choice.all_down() is None
    relay = choice.next()
    assert choice.all_down() is BUSY
    choice.worked(relay)
    assert choice.all_down() is None


def test_a_trial_that_never_comes_back_keeps_nobody_waiting_for_ever(seconds: Seconds) -> None:
    choice = Choice(relays(1), seconds)
    choice.failed(choice.next(), BUSY)
    seconds.at += 5
    relay = choice.next()
    seconds.at += choice.back_in()
    assert choice.next() == relay


def test_what_only_a_person_mends_is_out_for_half_an_hour(seconds: Seconds) -> None:
    one, other = both = relays(1, 1)
    choice = Choice(both, seconds, TURN)
    choice.failed(one, WRONG_PASSWORD)
    seconds.at += 1799
    assert {spend_turn(choice) for _ in range(5)} == {other}
    seconds.at += 1
    assert one in {spend_turn(choice) for _ in range(5)}


def test_with_all_down_the_error_is_that_of_the_relay_time_may_mend(seconds: Seconds) -> None:
    one, other = both = relays(1, 1)
    choice = Choice(both, seconds)
    choice.failed(one, WRONG_PASSWORD)
    seconds.at += 1798
    choice.failed(other, BUSY)
    assert choice.all_down() is BUSY
    assert choice.back_in() == 2
    with pytest.raises(TransportError, match="busy"):
        choice.next()


def test_a_relay_that_comes_back_takes_its_share_and_no_more(seconds: Seconds) -> None:
    one, other = both = relays(1, 1)
    choice = Choice(both, seconds, TURN)
    choice.failed(one, BUSY)
    for _ in range(50):
        assert spend_turn(choice) == other
    seconds.at += 5
    had = Counter(spend_turn(choice) for _ in range(10))
    assert had[one] <= 6
    assert had[other] >= 4


def test_another_password_does_not_show(seconds: Seconds) -> None:
    choice = Choice(Relays.parse("smtps://u:s3cret@a.example.com"), seconds)
    assert "s3cret" not in repr(choice) + repr(choice.next())


def documented() -> list[str]:
    """Return the settings in docs/relays.md."""
    page = (Path(__file__).parents[3] / "docs" / "relays.md").read_text("utf-8")
    return re.findall(r"```toml\n(.*?)```", page, re.DOTALL)


def test_every_example_in_the_documentation_can_be_used() -> None:
    examples = documented()
    assert len(examples) >= 10
    for example in examples:
        settings = Settings.model_validate(tomllib.loads(example))
        assert Relays.parse(settings.smtp.url.get_secret_value())

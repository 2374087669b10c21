"""How fast an issue goes out: rates that no second breaks, and giving way to whoever asks for it."""

from __future__ import annotations

from itertools import cycle, islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.settings import SendingSettings
from jobs.sending.backoff import FIRST, LONGEST, UNCLEAR
from jobs.sending.buckets import MARGIN
from jobs.sending.pace import Pace
from tests.jobs.sending.simulating import TAKEN, Answer, World, fullest, letters

SLOW_DOWN: Answer = (421, "4.7.28 unusual rate of mail, slow down")
THROTTLED: Answer = (454, "Throttling failure: Maximum sending rate exceeded.")
SECONDS = 20.0

rates = st.one_of(
    st.floats(0.2, 1.0), st.floats(1.0, 60.0), st.integers(1, 200).map(float), st.sampled_from([14.0, 2.5])
)


def span(rate: float) -> float:
    return max(1.0, 1 / rate)


def quota(rate: float) -> int:
    return max(1, int(rate))


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 50_000.0

    def __call__(self) -> float:
        return self.now


@given(
    rates,
    st.dictionaries(st.sampled_from(["a.example", "b.example", "*"]), rates),
    st.integers(1, 40),
    st.floats(0, 0.3),
    st.sampled_from([0.0, 0.3, 1.5]),
    st.sampled_from([0.001, 0.04, 0.7]),
    st.sampled_from([0.0, 0.3]),
    st.lists(st.sampled_from(["a.example", "b.example", "c.example"]), min_size=1, max_size=10),
    st.integers(0, 1_000_000),
)
@settings(deadline=None, max_examples=150)
def test_no_second_ever_has_more_bodies_than_a_rate_allows(
    rate: float,
    per_domain: dict[str, float],
    connections: int,
    late: float,
    stall: float,
    round_trip: float,
    refused: float,
    domains: list[str],
    seed: int,
) -> None:
    set_to = SendingSettings(connections=connections, rate_per_second=rate, per_domain=per_domain)
    world = World(set_to, seed, late, stall, round_trip, refused=refused)
    world.run(letters(islice(cycle(domains), 2_000)), seconds=SECONDS)
    assert world.begun
    bounds: dict[str | None, float | None] = {None: rate}
    bounds |= {domain: per_domain.get(domain, per_domain.get("*")) for domain in domains}
    for domain, bound in bounds.items():
        if bound is not None:
            assert fullest(world.moments(domain), span(bound)) <= quota(bound)
            assert fullest(world.arrivals(domain, jitter=MARGIN), span(bound)) <= quota(bound)


@given(rates, st.booleans(), st.floats(0, 0.04), st.sampled_from([0.001, 0.04]), st.integers(0, 1_000_000))
@settings(deadline=None, max_examples=50)
def test_nine_tenths_of_a_rate_are_reached_on_a_loop_that_is_late(
    rate: float, one_domain: bool, late: float, round_trip: float, seed: int
) -> None:
    bound = {"per_domain": {"a.example": rate}} if one_domain else {"rate_per_second": rate}
    world = World(SendingSettings.model_validate({"connections": 80, **bound}), seed, late, 0.0, round_trip)
    seconds = 10 * span(rate)
    world.run(letters(["a.example"] * (int(rate * seconds) + 100)), seconds=seconds)
    assert len(world.begun) >= 0.9 * quota(rate) * seconds / span(rate)


def test_a_rate_between_whole_numbers_keeps_to_the_lower_and_one_below_1_to_its_wait() -> None:
    for rate, count in ((2.5, 2), (1.0, 1)):
        world = World(SendingSettings(rate_per_second=rate))
        world.run(letters(["a.example"] * 100), seconds=10)
        assert fullest(world.moments()) == count
    world = World(SendingSettings(rate_per_second=0.1))
    world.run(letters(["a.example"] * 100), seconds=60)
    assert len(world.begun) == 6


def test_a_reader_who_is_given_back_costs_nothing() -> None:
    pace = Pace(SendingSettings(rate_per_second=1, per_domain={"a.example": 1}), clock := Hands())
    pace.take("a.example")
    assert pace.free_in("a.example") > 0 < pace.open_in()
    pace.give_back("a.example")
    assert pace.free_in("a.example") == 0 == pace.open_in()
    clock.now += 100
    pace.take("a.example")
    assert pace.free_in("a.example") > 0


def test_asking_takes_nothing() -> None:
    pace = Pace(SendingSettings(rate_per_second=0.01), Hands())
    assert [pace.free_in("a.example") for _ in range(3)] == [0, 0, 0]
    assert [pace.body_in("a.example") for _ in range(3)] == [0, 0, 0]


def test_every_other_domain_has_the_rate_of_the_star_by_itself() -> None:
    pace = Pace(SendingSettings(per_domain={"*": 1, "quick.example": 1000}), Hands())
    for domain in ("a.example", "b.example", "quick.example"):
        assert pace.free_in(domain) == 0
        pace.take(domain)
        pace.body(domain)
    assert pace.body_in("a.example") > 0 < pace.body_in("b.example")
    assert pace.body_in("quick.example") == 0 == pace.body_in("c.example")


def test_what_is_remembered_of_domains_does_not_grow_with_the_list() -> None:
    pace = Pace(SendingSettings(per_domain={"*": 1}), clock := Hands())
    for number in range(50_000):
        domain = f"d{number}.example"
        pace.take(domain)
        pace.body(domain)
        pace.answered(domain, *(SLOW_DOWN if number % 2 else TAKEN))
        clock.now += 1
    assert len(pace._quotas) <= 4096 >= len(pace._back_offs)


def test_a_domain_that_puts_off_is_held_twice_as_long_each_time() -> None:
    pace = Pace(SendingSettings(), clock := Hands())
    holds = []
    for _ in range(10):
        pace.answered("a.example", *SLOW_DOWN)
        holds.append(hold := pace.free_in("a.example"))
        assert pace.free_in("b.example") == 0
        clock.now += hold
        assert pace.free_in("a.example") == 0
        pace.take("a.example")
        pace.answered("b.example", *TAKEN)
    for strike, hold in enumerate(holds):
        assert 0.75 <= hold / min(FIRST * 2**strike, LONGEST) <= 1.25
    assert len(set(holds)) == len(holds)


def test_answers_to_what_was_under_way_do_not_lengthen_a_hold_nor_end_it() -> None:
    pace = Pace(SendingSettings(), clock := Hands())
    pace.answered("a.example", *SLOW_DOWN)
    hold = pace.free_in("a.example")
    for answer in (SLOW_DOWN, TAKEN, SLOW_DOWN):
        clock.now += 0.1
        pace.answered("a.example", *answer)
    assert pace.free_in("a.example") == pytest.approx(hold - 0.3)


def test_after_a_hold_readers_go_one_by_one_until_as_many_were_taken_as_put_off() -> None:
    pace = Pace(SendingSettings(), clock := Hands())
    for _ in range(3):
        pace.answered("a.example", *SLOW_DOWN)
        clock.now += pace.free_in("a.example")
    for _ in range(3):
        assert pace.free_in("a.example") == 0
        pace.take("a.example")
        assert pace.free_in("a.example") == 1
        clock.now += 1
        pace.answered("a.example", *TAKEN)
    pace.take("a.example")
    assert pace.free_in("a.example") == 0
    assert not pace._troubled


def test_a_success_shortens_the_next_hold() -> None:
    pace = Pace(SendingSettings(), clock := Hands())
    for _ in range(4):
        pace.answered("a.example", *SLOW_DOWN)
        clock.now += (longest := pace.free_in("a.example"))
    for _ in range(2):
        pace.answered("a.example", *TAKEN)
    pace.answered("a.example", *SLOW_DOWN)
    assert pace.free_in("a.example") < longest


def test_one_mailbox_holds_up_nobody_and_many_that_may_be_one_do() -> None:
    pace = Pace(SendingSettings(), Hands())
    for _ in range(50):
        pace.answered("a.example", 450, "4.2.1 The user is receiving mail too quickly")
        pace.answered("a.example", 550, "5.7.1 no")
    assert not pace._troubled
    for _ in range(UNCLEAR):
        assert pace.free_in("a.example") == 0
        pace.answered("a.example", 451, "4.7.1 Try again later")
    assert pace.free_in("a.example") > 1


def test_one_who_is_taken_in_between_clears_a_domain_of_suspicion() -> None:
    pace = Pace(SendingSettings(), Hands())
    for at in range(5 * UNCLEAR):
        pace.answered("a.example", *(TAKEN if at % UNCLEAR == 0 else (451, "4.7.1 Try again later")))
    assert pace.free_in("a.example") == 0


def test_three_domains_that_put_off_in_a_row_are_the_relay() -> None:
    pace = Pace(SendingSettings(), Hands())
    pace.answered("a.example", *SLOW_DOWN)
    pace.answered("b.example", *SLOW_DOWN)
    pace.answered("d.example", *TAKEN)
    pace.answered("c.example", *SLOW_DOWN)
    assert pace.open_in() == 0
    pace.answered("e.example", *SLOW_DOWN)
    pace.answered("f.example", *SLOW_DOWN)
    assert pace.open_in() > 1


def test_a_relay_with_a_limit_of_its_own_is_found_and_kept_to() -> None:
    """Amazon SES at 20 a second and nothing configured: few are put off, most of its rate is used."""
    accepted: list[float] = []

    def ses(now: float, domain: str) -> Answer:
        if sum(at > now - 1 for at in accepted[-20:]) == 20:
            return THROTTLED
        accepted.append(now)
        return TAKEN

    world = World(SendingSettings(connections=10), server=ses)
    world.run(letters(["a.example", "b.example"] * 50_000), seconds=600)
    assert world.answers[454] < 0.03 * world.answers[250]
    assert world.answers[250] > 0.5 * 20 * 600


def test_a_relay_that_is_well_again_gets_full_speed_again() -> None:
    world = World(SendingSettings(connections=10))
    world.run(letters(["a.example"] * 1_000), seconds=1)
    world.pace.relay_put_off()
    world.run(letters(["a.example"] * 60_000), seconds=200)
    assert max(later - moment for moment, later in pairwise(world.moments())) > 1
    assert world.pace.why() is None
    assert not world.pace._troubled


def test_a_relay_that_puts_off_for_good_is_asked_less_and_less() -> None:
    world = World(SendingSettings(connections=10), server=lambda now, domain: THROTTLED)
    world.run(letters(["a.example"] * 5_000), seconds=3600)
    assert 10 <= len(world.begun) <= 40


def test_it_says_who_asked_to_slow_down() -> None:
    pace = Pace(SendingSettings(rate_per_second=10), clock := Hands())
    assert pace.why() is None
    pace.answered("gmail.com", *SLOW_DOWN)
    assert pace.why() == "gmail.com asked to slow down, on in 2 s"
    pace.answered("outlook.com", *SLOW_DOWN)
    text = pace.why()
    assert text is not None
    assert text.endswith(" and 1 other domain asked to slow down, on in 2 s")
    for _ in range(5):
        pace.body("gmail.com")
        clock.now += 0.1
    pace.relay_put_off()
    assert pace.why() == "the mail server asked to slow down, on in 2 s"
    clock.now += pace.open_in()
    assert pace.why() == "the mail server asked to slow down, 5 a second for now"

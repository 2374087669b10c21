"""The line of letters: nobody lost, nobody twice, in order within a domain, past those who must wait."""

from __future__ import annotations

from itertools import pairwise
from zlib import crc32

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.settings import SendingSettings
from jobs.sending.ledger import Letter
from jobs.sending.pace import Pace
from jobs.sending.waiting import Waiting, domain_of
from tests.jobs.sending.simulating import TAKEN, Answer, World, letter, letters

SLOW_DOWN: Answer = (421, "4.7.28 slow down")


class Queue:
    """A line and its pace, on a clock that is set by hand."""

    def __init__(self, **sending: object) -> None:
        self.now = 1_000.0
        self.pace = Pace(SendingSettings.model_validate(sending), lambda: self.now)
        self.line = Waiting(lambda: self.now)

    def next(self) -> str | float | None:
        """What comes next: the letter's number and domain, a wait, or None."""
        found = self.line.next(self.pace)
        return named(found) if isinstance(found, Letter) else found

    def all(self) -> list[str]:
        """Everything that comes, with all waits waited for."""
        found: list[str] = []
        while (one := self.next()) is not None:
            if isinstance(one, str):
                found.append(one)
            else:
                self.now += one
        return found


def named(letter: Letter) -> str:
    domain = "nobody" if letter.contact is None else domain_of(letter.contact.address)
    return f"{letter.delivery.id} {domain}"


def test_letters_come_in_order_where_nothing_bounds_them() -> None:
    queue = Queue()
    queue.line.add(letters(["a.example", "b.example", "a.example"]))
    assert len(queue.line) == 3
    assert queue.all() == ["1 a.example", "2 b.example", "3 a.example"]
    assert len(queue.line) == 0
    assert queue.next() is None


def test_a_domain_that_must_wait_is_passed_and_comes_first_when_it_is_free() -> None:
    queue = Queue()
    queue.pace.answered("a.example", *SLOW_DOWN)
    hold = queue.pace.free_in("a.example")
    queue.line.add(letters(["a.example", "b.example", "a.example", "b.example", "b.example"]))
    assert [queue.next(), queue.next()] == ["2 b.example", "4 b.example"]
    assert len(queue.line) == 3
    queue.now += hold
    assert queue.next() == "1 a.example"
    # The next one of that domain goes a second later, one by one.
    assert [queue.next(), queue.next()] == ["5 b.example", 1.0]


def test_it_says_how_long_it_takes_until_somebody_may_go() -> None:
    queue = Queue(rate_per_second=1)
    queue.line.add(letters(["a.example"] * 2))
    assert queue.next() == "1 a.example"
    wait = queue.next()
    assert isinstance(wait, float)
    assert 0.9 < wait < 1.1
    queue.now += wait
    assert queue.next() == "2 a.example"
    assert queue.next() is None


def test_a_reader_who_left_takes_no_place() -> None:
    queue = Queue(per_domain={"*": 1})
    queue.line.add(letters(["a.example", None, None, "b.example"]))
    assert [queue.next() for _ in range(4)] == ["1 a.example", "2 nobody", "3 nobody", "4 b.example"]


def test_domains_are_told_apart_in_lower_case() -> None:
    queue = Queue(per_domain={"a.example": 1})
    queue.line.add([letter(1, "A.Example"), letter(2, "a.example")])
    assert queue.next() == "1 a.example"
    assert isinstance(queue.next(), float)


def test_a_longer_hold_keeps_a_parked_domain_waiting() -> None:
    queue = Queue()
    queue.pace.answered("a.example", *SLOW_DOWN)
    queue.line.add(letters(["a.example"]))
    wait = queue.next()
    assert isinstance(wait, float)
    queue.now += wait
    queue.pace.answered("a.example", *SLOW_DOWN)
    again = queue.next()
    assert isinstance(again, float)
    assert again > wait
    queue.now += again
    assert queue.next() == "1 a.example"


def test_it_wants_more_while_the_line_is_short_and_not_too_many_are_parked() -> None:
    queue = Queue()
    assert queue.line.wants_more
    queue.pace.answered("a.example", *SLOW_DOWN)
    queue.line.add(letters(["a.example"] * 500))
    assert not queue.line.wants_more
    assert isinstance(queue.next(), float)
    assert queue.line.wants_more
    queue.line.add(letters(["a.example"] * 4_600))
    assert isinstance(queue.next(), float)
    assert not queue.line.wants_more
    assert len(queue.line) == 5_100


def test_letters_that_are_parked_are_not_asked_for_again_and_again() -> None:
    asked: list[str] = []
    queue = Queue()
    whole = queue.pace.free_in

    class Counting(Pace):
        def free_in(self, domain: str) -> float:
            asked.append(domain)
            return whole(domain)

    queue.pace.answered("a.example", *SLOW_DOWN)
    counting = Counting(SendingSettings(), lambda: queue.now)
    # Else nothing bounds it, and it is not asked at all.
    counting.answered("c.example", *SLOW_DOWN)
    queue.line.add(letters(["a.example"] * 1_000 + ["b.example"] * 1_000))
    for _ in range(1_000):
        assert isinstance(queue.line.next(counting), Letter)
    assert asked.count("a.example") == 1


@given(
    st.lists(st.one_of(st.none(), st.sampled_from([f"d{at}.example" for at in range(6)])), max_size=300),
    st.dictionaries(st.sampled_from(["d0.example", "d1.example", "*"]), st.floats(2, 50)),
    st.one_of(st.none(), st.floats(5, 200)),
    st.integers(1, 12),
    st.floats(0, 0.1),
    st.integers(0, 1_000_000),
)
@settings(deadline=None, max_examples=100)
def test_nobody_is_lost_or_comes_twice_and_a_domain_keeps_its_order(
    domains: list[str | None],
    per_domain: dict[str, float],
    rate: float | None,
    connections: int,
    late: float,
    seed: int,
) -> None:
    def moody(now: float, domain: str) -> Answer:
        return TAKEN if crc32(f"{now:.3f} {domain} {seed}".encode()) % 4 else SLOW_DOWN

    set_to = SendingSettings(connections=connections, rate_per_second=rate, per_domain=per_domain)
    world = World(set_to, seed, late, round_trip=0.01, server=moody)
    world.run(letters(domains), seconds=1e9)
    assert len(world.waiting) == 0
    assert sorted(world.taken) == list(enumerate(domains, start=1))
    for domain in {domain for domain in domains if domain}:
        numbers = [number for number, whose in world.taken if whose == domain]
        assert all(one < other for one, other in pairwise(numbers))

"""Random faults at random moments, a thousand times, and every reader is accounted for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faults.again import changed, play, start_again
from tests.faults.conftest import MOST_READERS
from tests.faults.plays import Play, Step, Then
from tests.faults.server import EXTENSIONS, STEP_BY_STEP, FaultyServer
from tests.jobs.mailing import Mailing

# Only a server that is silent makes an engine wait so long; a machine too slow for it costs a try, no truth.
IMPATIENT = timedelta(seconds=0.25)
# The greeting is a connection's first answer, EHLO the second, then come four for each reader, and QUIT.
CONNECTIONS, ANSWERS = st.integers(1, 6), st.integers(1, 24)
BYTES = st.integers(0, 1200)

ENDS = st.sampled_from([Then.CLOSE, Then.RESET, Then.HALF_CLOSE, Then.CLOSE_UNREAD])
WAITS = st.sampled_from([Then.SILENCE, Then.DEAF])
CODES = st.sampled_from(
    [220, 221, 250, 251, 252, 334, 354, 420, 421, 450, 451, 452, 500, 501, 503, 535, 550, 552, 554, 999]
)
LINES = st.builds("{} 4.7.1 random".format, CODES)
MANY_LINES = st.builds(
    lambda code, lines: Play(b"".join(b"%d-line\r\n" % code for _ in range(lines)) + b"%d {mark}\r\n" % code),
    CODES,
    st.integers(1, 4),
)
CUT_SHORT = st.builds(Play, upto=st.integers(0, 60), then=ENDS)
IN_PIECES = st.builds(Play, cuts=st.lists(st.integers(1, 40), max_size=4).map(tuple), pause=st.just(0.001))
REFUSED_AND_ENDED = st.builds(
    lambda code, then: Play(b"%d closing {mark}\r\n" % code, then=then),
    st.sampled_from([250, 354, 421, 451, 550, 554]),
    ENDS,
)
# What no client can make sense of.
NONSENSE = st.builds(
    Play,
    st.sampled_from(
        [
            b"2\r\n",
            b"ok {mark}\r\n",
            b"250-{mark}\r\n",
            b"250-{mark}\r\n550 {mark}\r\n",
            b"550-{mark}\r\n250 {mark}\r\n",
            b"250 {mark}\n",
            b"250 {mark}\r\n250 and another\r\n",
            b"354 {mark}\r\n250 and another\r\n",
            b"550 {mark}\r\n250 and another\r\n",
            b"\r\n",
            b"\x00\x00\x00\r\n",
            "250 größer {mark}\r\n".encode(),
            b"\xff\xfe{mark}\r\n",
        ]
    ),
    then=st.sampled_from([Then.GO_ON, Then.GO_ON, Then.CLOSE, Then.RESET]),
)
SILENT = st.builds(Play, upto=st.integers(0, 12), then=WAITS)
PLAYS = st.sampled_from(
    [*[LINES] * 4, MANY_LINES, *[CUT_SHORT] * 2, IN_PIECES, *[REFUSED_AND_ENDED] * 2, *[NONSENSE] * 2]
).flatmap(lambda kind: kind)
PLACES = st.tuples(CONNECTIONS, ANSWERS)
# They cost time, so they are rare.
SILENCES = st.sampled_from([0] * 7 + [1]).flatmap(lambda most: st.dictionaries(PLACES, SILENT, max_size=most))


@dataclass(frozen=True)
class Scenario:
    """A server's faults by connection and number of the answer, and the engine that meets them."""

    readers: int
    connections: int
    pipelining: bool
    plays: dict[tuple[int, int], Play | str]
    cut_off: dict[int, tuple[int, Then]]

    def server(self) -> FaultyServer:
        return FaultyServer(
            self._script, EXTENSIONS if self.pipelining else STEP_BY_STEP, cut_off=self.cut_off
        )

    def _script(self, step: Step) -> Play | str | None:
        return self.plays.get((step.connection, step.answer))


SCENARIOS = st.builds(
    Scenario,
    readers=st.integers(4, MOST_READERS),
    connections=st.integers(1, 4),
    pipelining=st.booleans(),
    plays=st.builds(
        lambda quick, silent: quick | silent, st.dictionaries(PLACES, PLAYS, max_size=8), SILENCES
    ),
    cut_off=st.dictionaries(CONNECTIONS, st.tuples(BYTES, ENDS), max_size=2),
)


@pytest.mark.slow
# Seconds: a thousand send-outs took 135 on two busy cores, and a slower machine shall not end them half-way.
@pytest.mark.timeout(900)
@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scenario=SCENARIOS)
def test_whatever_a_server_does_every_reader_is_accounted_for(one_list: Mailing, scenario: Scenario) -> None:
    start_again(one_list, scenario.readers)
    play(one_list, scenario.server(), changed(connections=scenario.connections, timeout=IMPATIENT))

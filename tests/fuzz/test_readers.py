"""A few hundred of the inputs that tests/bench/fuzz_readers.py tries by the hundred thousand."""

from __future__ import annotations

import pytest

from digest.db import Database
from tests.fuzz.readers import all_readers
from tests.fuzz.trying import inputs, try_reader


def test_no_input_brings_more_out_of_a_reader_than_a_refusal_in_one_line(database: Database) -> None:
    with all_readers(database) as readers:
        tallies = [try_reader(reader, 300, seed=1, timed=False) for reader in readers]
    assert [failure for tally in tallies for failure in tally.failures] == []
    for tally in tallies:
        assert tally.refused + tally.accepted == tally.inputs
        # Both happen, or the inputs would try nothing.
        assert tally.refused > 20, tally.reader
        assert tally.accepted > 5, tally.reader


def test_what_a_reader_is_given_is_valid_at_first(database: Database) -> None:
    with all_readers(database) as readers:
        for reader in readers:
            for sample in reader.samples:
                reader.read(sample)


def test_the_same_seed_gives_the_same_inputs(database: Database) -> None:
    with all_readers(database) as readers:
        one, two = (list(inputs(readers[0], 50, seed=7)) for _ in range(2))
        assert one == two
        assert one != list(inputs(readers[0], 50, seed=8))


def test_the_shares_of_the_readers_are_a_whole(database: Database) -> None:
    with all_readers(database) as readers:
        assert sum(reader.share for reader in readers) == pytest.approx(1)

"""Trying a reader with many inputs, and counting what comes of it."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from time import process_time

from digest.errors import DigestError
from tests.fuzz.mutating import Mutator
from tests.fuzz.readers import Reader


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that a reader neither took nor refused as it should, and what happened instead."""

    data: bytes
    problem: str


@dataclass(slots=True)
class Tally:
    """What came of the inputs; ``slowest`` is in seconds of the processor."""

    reader: str
    inputs: int = 0
    refused: int = 0
    accepted: int = 0
    slowest: float = 0.0
    failures: list[Failure] = field(default_factory=list)


def try_reader(
    reader: Reader, count: int, *, seed: int, note: Callable[[], object] = lambda: None, timed: bool = True
) -> Tally:
    """Return what came of ``count`` inputs; if ``timed``, taking too long is a failure too.

    ``note`` is called after each.
    """
    tally = Tally(reader.name)
    for data in inputs(reader, count, seed=seed):
        begun = process_time()
        problem = _problem(reader, data, tally)
        took = process_time() - begun
        if problem is None and timed and took > reader.seconds:
            problem = f"took {took:.1f} s"
        if problem is not None:
            tally.failures.append(Failure(data, problem))
        tally.inputs += 1
        tally.slowest = max(tally.slowest, took)
        note()
    return tally


def inputs(reader: Reader, count: int, *, seed: int) -> Iterator[bytes]:
    """Yield the samples as they are, and then inputs made of them; ``count`` in all."""
    make = Mutator(Random(f"{reader.name} {seed}"), reader.samples, reader.tokens)
    for number in range(count):
        yield reader.samples[number] if number < len(reader.samples) else make()


def _problem(reader: Reader, data: bytes, tally: Tally) -> str | None:
    try:
        reader.read(data)
    except DigestError as error:
        tally.refused += 1
        said = str(error)
        return None if said.strip() and "\n" not in said else f"the message is no line: {said!r}"
    except Exception:
        return traceback.format_exc()
    tally.accepted += 1
    return None

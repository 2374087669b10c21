"""Readers to send to through faulty servers, and an engine that does not wait for long."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from jobs.sending import backoff, breaker
from tests.faults.again import start_again
from tests.faults.server import EXTENSIONS, STEP_BY_STEP
from tests.jobs.mailing import Mailing, new_mailing

MOST_READERS = 12
READERS = 6


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits of milliseconds where the engine gives a server seconds to recover."""
    monkeypatch.setattr(breaker, "_FIRST", 0.002)
    monkeypatch.setattr(breaker, "_LONGEST", 0.01)
    monkeypatch.setattr(backoff, "FIRST", 0.005)
    monkeypatch.setattr(backoff, "LONGEST", 0.02)
    monkeypatch.setattr(backoff, "STEP", 0.001)
    # Messages a second; a speed below that is not lowered.
    monkeypatch.setattr(backoff, "_LEAST", 1e6)


@pytest.fixture(scope="module")
def one_list(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailing]:
    """A list of twelve for many send-outs, in memory where there is such a folder: every mark is synced."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path_factory.mktemp("list")) as folder:
        made = new_mailing(Path(folder) / "digest.db", readers=MOST_READERS)
        yield made
        made.database.close()


@pytest.fixture
def mailing(one_list: Mailing) -> Mailing:
    """A started issue with an audience of six."""
    start_again(one_list, READERS)
    return one_list


@pytest.fixture(params=[EXTENSIONS, STEP_BY_STEP], ids=["pipelined", "step by step"])
def extensions(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """What the server offers: once with PIPELINING, once without."""
    offered: tuple[str, ...] = request.param
    return offered

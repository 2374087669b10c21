"""One thing in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from jobs.sending.aside import Aside, beside
from jobs.sending.loop import run
from tests.processes import until


@pytest.fixture
def let_go() -> Iterator[threading.Event]:
    """What a call that hangs waits for."""
    event = threading.Event()
    yield event
    event.set()


def test_it_gives_what_the_work_gives() -> None:
    assert run(beside(lambda: threading.current_thread().name)) == "beside"


def test_it_raises_what_the_work_raises() -> None:
    def work() -> None:
        raise OSError("no route")

    with pytest.raises(OSError, match="no route"):
        run(beside(work))


def test_a_thread_is_not_idle_while_it_works_on_what_was_cancelled(let_go: threading.Event) -> None:
    async def work() -> None:
        thread = Aside("patient")
        thread.start()
        assert thread.idle
        thread.do(let_go.wait).cancel()
        assert not thread.idle
        let_go.set()
        await thread.do(lambda: None)
        assert thread.idle
        await thread.stop()

    run(work())


def test_nobody_waits_for_work_that_hangs_once_it_is_given_up(let_go: threading.Event) -> None:
    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(beside(let_go.wait), 0.01)

    run(give_up())
    # run has returned, and the work still hangs.
    assert threads_beside()


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_work_that_ends_after_the_loop_was_closed_ends_quietly(let_go: threading.Event) -> None:
    async def give_up() -> None:
        hanging = asyncio.create_task(beside(let_go.wait))
        await asyncio.sleep(0)
        hanging.cancel()

    run(give_up())
    let_go.set()
    until(lambda: not threads_beside())


def threads_beside() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "beside"]

"""The event loop that mail is sent on: libuv's, which takes less of the processor than asyncio's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

_Value = TypeVar("_Value")
_new_loop: Callable[[], asyncio.AbstractEventLoop]
try:
    from uvloop import new_event_loop as _new_loop
except ImportError:  # Windows and PyPy have none
    from asyncio import new_event_loop as _new_loop


def run(main: Coroutine[Any, Any, _Value]) -> _Value:
    """Do what ``asyncio.run`` does, on the loop for mail."""
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        return runner.run(main)

"""Tells every open browser that there is something new to see, as server-sent events."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator

# How often (seconds) a stream looks whether it is to end; the comment it sends finds closed browsers.
_LOOK = 0.5


class Events:
    """Hands each new version's number to every browser that listens."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[int]] = set()

    def publish(self, version: int) -> None:
        """Tell all listeners; to be called on their event loop."""
        for queue in self._listeners:
            queue.put_nowait(version)

    async def stream(self, version: int, stop: threading.Event) -> AsyncIterator[str]:
        """Yield events until ``stop`` is set, the present ``version`` first; 0 is none yet."""
        queue: asyncio.Queue[int] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            if version:
                yield _event(version)
            while not stop.is_set():
                try:
                    yield _event(await asyncio.wait_for(queue.get(), _LOOK))
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            self._listeners.discard(queue)


def _event(version: int) -> str:
    return f"data: {json.dumps({'version': version})}\n\n"

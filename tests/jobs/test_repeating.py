"""Steps in the background, with the real scheduler."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime

import pytest

from jobs.repeating import repeating


def test_a_step_at_work_is_not_begun_again_and_that_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    begun: list[int] = []
    go_on, beats = threading.Event(), threading.Semaphore(0)

    def busy() -> None:
        begun.append(len(begun))
        go_on.wait(20)

    scheduler = repeating([(busy, 0.05), (beats.release, 0.05)], datetime.now(UTC))
    scheduler.start()
    for _ in range(10):
        assert beats.acquire(timeout=20)
    at_once = len(begun)
    go_on.set()
    scheduler.shutdown(wait=True)
    assert at_once == 1
    assert caplog.text == ""

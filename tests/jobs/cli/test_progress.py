"""The bar, as a terminal shows it."""

from __future__ import annotations

import io

import pytest

from jobs.cli.progress import progress_bar
from jobs.deliveries.values import Counts


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_says_how_far_it_is_what_went_wrong_and_what_it_waits_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    with progress_bar(Counts(pending=1200)) as show:
        assert show is not None
        show(Counts(pending=900, sent=250, failed=49, unknown=1), "gmail.com asked to slow down [on in 12 s]")
    shown = terminal.getvalue()
    assert "300/1200" in shown
    assert "49 failed, 1 unknown" in shown
    assert "gmail.com asked to slow down [on in 12 s]" in shown


def test_where_nobody_watches_there_is_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", io.StringIO())
    with progress_bar(Counts(pending=1)) as show:
        assert show is None

from pathlib import Path

import pytest

from digest.lint.spamassassin import check_spamassassin
from tests.digest.lint.mails import shipped


def installed(folder: Path, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    program = folder / "spamassassin"
    program.write_text(f"#!/bin/sh\ncat >/dev/null\nprintf '{answer}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_without_the_program_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert list(check_spamassassin(shipped(), 10)) == []


@pytest.mark.parametrize(
    ("score", "severity"), [("-0.1", None), ("2.4", "warning"), ("5.0", "error"), ("11.9", "error")]
)
def test_a_score_is_told_by_what_filters_make_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, score: str, severity: str | None
) -> None:
    installed(tmp_path, monkeypatch, f"X-Spam-Status: No, score={score} required=5.0 tests=NONE\\n")
    found = list(check_spamassassin(shipped(), 10))
    assert [str(finding.severity) for finding in found] == [severity] * bool(severity)

"""SpamAssassin's own opinion, where it is installed. Runs offline: without network tests."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator

from digest.lint.values import Finding, Mail, Severity

_SCORE = re.compile(r"^X-Spam-Status: \w+, score=(-?\d+(?:\.\d+)?) required=(-?\d+(?:\.\d+)?)", re.MULTILINE)
# From here on a person should look, although the message would still pass.
_ODD = 2.0


def check_spamassassin(mail: Mail, seconds: float) -> Iterator[Finding]:
    """Find a score that filters act on; nothing where SpamAssassin is not installed.

    It is given up after ``seconds``, which is a finding too. Call it where nobody waits for a lock.
    """
    program = shutil.which("spamassassin")
    if program is None:
        return
    try:
        answer = subprocess.run(  # noqa: S603
            [program, "--local", "--test-mode"],
            input=mail.message,
            capture_output=True,
            timeout=seconds,
            check=True,
        ).stdout.decode("utf-8", "replace")
    except (subprocess.SubprocessError, OSError) as error:
        yield Finding(
            "spamassassin",
            Severity.WARNING,
            program,
            f"it could not be asked: {error}",
            "run it by hand on the .eml",
        )
        return
    found = _SCORE.search(answer.replace("\n\t", " "))
    if found and (score := float(found[1])) >= _ODD:
        yield Finding(
            "spamassassin",
            Severity.ERROR if score >= float(found[2]) else Severity.WARNING,
            "message",
            f"it scores {score:g} of {found[2]}",
            f"run {program} --test-mode on the .eml: it names the rules that hit",
        )

"""What is said on the connections to the relays, line by line, for ``--trace``: a log without a secret in it.

    2026-11-22T09:00:04.118Z 3 > RCPT TO:<…@example.com>
    2026-11-22T09:00:04.131Z 3 < 250 2.1.5 Ok

Time (UTC), connection, ``>`` for what we sent, ``<`` for what came, ``*`` for what happened. Of an address
the domain alone is shown, of a log-in the mechanism, of a message its size.
"""

from __future__ import annotations

import logging
import os
import re
import stat
import sys
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from digest.clock import Clock, SystemClock
from digest.errors import DigestError
from jobs.sending.auth import hide
from jobs.sending.replies import fit_to_show

# Standard error: what a command prints may be for a program.
SCREEN = "-"

_LOG = logging.getLogger(__name__)
_ENVELOPE = re.compile(r"(?:MAIL FROM|RCPT TO):\s*<([^>]*)>", re.IGNORECASE)
# Senders and recipients that an answer may still be about: those of two messages, and some to spare.
_REMEMBERED = 8
_CODE = re.compile(r"[0-9]{3}[ -]")
_CHALLENGE = "334"


class Trace:
    """A log of everything said to relays. Nothing that goes wrong with it ever reaches the sender."""

    def __init__(self, file: TextIO, name: str, clock: Clock) -> None:
        self._file: TextIO | None = file
        self._name = name
        self._clock = clock
        self._connections = 0

    @classmethod
    def open(cls, target: str, clock: Clock | None = None) -> Trace:
        """Return a trace that goes to the end of the file ``target``, or for "-" to standard error.

        Only its owner may read the file. Raises DigestError for one that cannot be written.
        """
        if target == SCREEN:
            return cls(sys.stderr, SCREEN, clock or SystemClock())
        if stat.S_ISFIFO(_mode(target)):
            # One that nobody reads from in time would hold up the sending.
            raise DigestError(f"the trace cannot be written to {target}: it is a pipe; take a file")
        try:
            number = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            if stat.S_ISREG(os.fstat(number).st_mode):
                os.fchmod(number, 0o600)
            # By the line, so that it can be watched, and a crash takes none with it.
            file = os.fdopen(number, "w", buffering=1, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise DigestError(
                f"the trace cannot be written to {target}: {error.strerror}; take another file"
            ) from None
        return cls(file, target, clock or SystemClock())

    def log(self, relay: str) -> Dialogue:
        """Return the log of one more connection, to the relay of this name."""
        self._connections += 1
        dialogue = Dialogue(self, self._connections)
        dialogue.note(f"opening {relay}")
        return dialogue

    def close(self) -> None:
        """End the trace."""
        file, self._file = self._file, None
        if file is not None and self._name != SCREEN:
            with suppress(OSError):
                file.close()

    def write(self, connection: int, sign: str, text: str) -> None:
        """Write one line; after the first that cannot be written there is a warning, and then no more."""
        if self._file is None:
            return
        now = self._clock.now()
        at = f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z"
        try:
            self._file.write(f"{at} {connection} {sign} {text}\n")
        except (OSError, ValueError) as error:
            # ValueError: somebody closed the screen.
            self.close()
            why = error.strerror if isinstance(error, OSError) else error
            _LOG.warning("the trace to %s ends here: %s; sending goes on without it", self._name, why)


def _mode(target: str) -> int:
    try:
        return Path(target).stat().st_mode
    except OSError:
        return 0  # opening it says what is wrong


class Dialogue:
    """The log of one connection (``jobs.sending.wire.Log``), which knows what of it is not to be shown."""

    def __init__(self, trace: Trace, number: int) -> None:
        self._trace = trace
        self._number = number
        self._addresses: deque[str] = deque(maxlen=_REMEMBERED)
        # What we said to log in; None while we do not.
        self._secrets: list[str] | None = None

    def sent(self, data: bytes, body: int = 0) -> None:
        """Log what was written: a message of ``body`` bytes, of which the size is shown, and commands."""
        if body:
            self._trace.write(self._number, ">", f"<{body:,} bytes>")
        if commands := data[body:]:
            for line in commands.removesuffix(b"\r\n").split(b"\r\n"):
                self._trace.write(self._number, ">", self._ours(line.decode("utf-8", "replace")))

    def received(self, line: bytes) -> None:
        """Log a line of a reply."""
        self._trace.write(self._number, "<", self._theirs(line.decode("utf-8", "replace")))

    def note(self, text: str) -> None:
        """Log what happened to the connection."""
        self._trace.write(self._number, "*", fit_to_show(text, self._addresses))

    def _ours(self, line: str) -> str:
        if self._secrets is not None:
            self._secrets.append(line)
            return "…"
        words = line.split()
        if words and words[0].upper() == "AUTH":
            self._secrets = words[2:]
            return fit_to_show(" ".join(["AUTH", *words[1:2], *("…" for _ in words[2:3])]))
        envelope = _ENVELOPE.match(line)
        if envelope is None:
            return fit_to_show(line)
        self._addresses.append(envelope[1])
        return line[: envelope.start(1)] + fit_to_show(line[envelope.start(1) :], self._addresses)

    def _theirs(self, line: str) -> str:
        begins = 4 if _CODE.match(line) else 0
        code, text = line[:begins], line[begins:]
        if self._secrets is not None:
            if line.startswith(_CHALLENGE):
                return f"{_CHALLENGE} …"
            text = hide(text, (form for secret in self._secrets for form in _forms(secret)))
            if not code.endswith("-"):
                self._secrets = None
        return code + fit_to_show(text, self._addresses)


def _forms(response: str) -> Iterator[str]:
    """Give everything in an answer to a challenge that a server might repeat, in the clear and in base64."""
    yield response
    try:
        decoded = b64decode(response, validate=True)
    except ValueError:
        return
    # XOAUTH2 has its token behind "auth=Bearer ".
    for part in {*re.split(rb"[\x00\x01]", decoded), *re.split(rb"[\x00\x01 =]", decoded)}:
        yield part.decode("utf-8", "replace")
        yield b64encode(part).decode()

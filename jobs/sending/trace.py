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
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
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
# More than can be open at once; what was said on older ones is over.
_CONNECTIONS = 500
_CODE = re.compile(r"[0-9]{3}[ -]")
_CHALLENGE = "334"


class Trace:
    """A log of everything said to relays. Nothing that goes wrong with it ever reaches the sender."""

    def __init__(self, file: TextIO, name: str, clock: Clock) -> None:
        self._file: TextIO | None = file
        self._name = name
        self._clock = clock
        self._dialogues: OrderedDict[int, _Dialogue] = OrderedDict()
        self._opened = 0

    @classmethod
    def open(cls, target: str, clock: Clock | None = None) -> Trace:
        """Return a trace that goes to the end of the file ``target``, or for "-" to standard error.

        Only its owner may read the file. Raises DigestError for one that cannot be written.
        """
        if target == SCREEN:
            return cls(sys.stderr, SCREEN, clock or SystemClock())
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

    def opened(self, server: str) -> int:
        """Return the number of one more connection."""
        self._opened += 1
        self.note(self._opened, f"to {server}")
        return self._opened

    def sent(self, connection: int, lines: bytes) -> None:
        """Log what was sent: one command, or several with CRLF between them; never a message."""
        dialogue = self._dialogue(connection)
        for line in lines.removesuffix(b"\r\n").split(b"\r\n"):
            self._write(connection, ">", dialogue.sent(line.decode("utf-8", "replace")))

    def body(self, connection: int, size: int) -> None:
        """Log that a message of ``size`` bytes was sent."""
        self._write(connection, ">", f"<{size:,} bytes>")

    def received(self, connection: int, line: bytes) -> None:
        """Log one line of an answer."""
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        self._write(connection, "<", self._dialogue(connection).received(text))

    def note(self, connection: int, text: str) -> None:
        """Log what happened to a connection: it was opened, secured, or it broke."""
        self._write(connection, "*", fit_to_show(text, self._dialogue(connection).addresses))

    def __enter__(self) -> Trace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the trace."""
        file, self._file = self._file, None
        if file is not None and self._name != SCREEN:
            with suppress(OSError):
                file.close()

    def _dialogue(self, connection: int) -> _Dialogue:
        dialogue = self._dialogues.setdefault(connection, _Dialogue())
        self._dialogues.move_to_end(connection)
        if len(self._dialogues) > _CONNECTIONS:
            self._dialogues.popitem(last=False)
        return dialogue

    def _write(self, connection: int, sign: str, text: str) -> None:
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


@dataclass(slots=True)
class _Dialogue:
    """What has to be remembered of one connection to know what is not to be shown.

    ``secrets`` are what we said to log in; None while we do not.
    """

    addresses: deque[str] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    secrets: list[str] | None = None

    def sent(self, line: str) -> str:
        """Return a line of ours as it may be shown."""
        if self.secrets is not None:
            self.secrets.append(line)
            return "…"
        words = line.split()
        if words and words[0].upper() == "AUTH":
            self.secrets = words[2:]
            return fit_to_show(" ".join(["AUTH", *words[1:2], *("…" for _ in words[2:3])]))
        envelope = _ENVELOPE.match(line)
        if envelope is None:
            return fit_to_show(line)
        self.addresses.append(envelope[1])
        return line[: envelope.start(1)] + fit_to_show(line[envelope.start(1) :], self.addresses)

    def received(self, line: str) -> str:
        """Return a line of the server's as it may be shown."""
        begins = 4 if _CODE.match(line) else 0
        code, text = line[:begins], line[begins:]
        if self.secrets is not None:
            if line.startswith(_CHALLENGE):
                return f"{_CHALLENGE} …"
            text = hide(text, (form for secret in self.secrets for form in _forms(secret)))
            if not code.endswith("-"):
                self.secrets = None
        return code + fit_to_show(text, self.addresses)


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

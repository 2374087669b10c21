"""The one family of errors a person may see. Each message says what happened and what to do next."""

from __future__ import annotations

from unicodedata import category

# A message quotes what it complains of; more of it than this helps nobody.
_LONGEST = 1_000
# Controls, line ends and lone surrogates (Unicode's general categories).
_UNPRINTED = ("Cc", "Cs", "Zl", "Zp")


class DigestError(Exception):
    """Something went wrong that a person can act on; the command line prints it in one line and exits 1."""

    exit_code = 1


class PlacedError(DigestError):
    """An error in something that was written.

    ``source``, ``line`` and ``column`` (from 1) tell where, as ``file:line:column:`` in front of the message.
    """

    def __init__(
        self,
        message: str,
        *,
        source: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        self.source, self.line, self.column = source, line, None if line is None else column
        super().__init__(self._said(message))

    def _said(self, message: str) -> str:
        place = "".join(f"{part}:" for part in (self.source, self.line, self.column) if part is not None)
        return f"{place} {message}" if self.source is not None else message


class SettingsError(PlacedError):
    """A setting is missing, misspelt or out of range. Its message names the file or variable by itself."""

    def _said(self, message: str) -> str:
        return message


class NotFound(DigestError):
    """What was asked for is not there."""


class WrongState(DigestError):
    """The thing exists, but its state does not allow what was asked."""


class TooFewTools(DigestError):
    """The week has no matchup to offer, so there is no issue."""


class TemplateError(PlacedError):
    """A template could not be rendered."""


class BadInput(PlacedError):
    """A file, form or message that was handed in is not acceptable; nothing of it was stored.

    Whatever the message quotes, it stays one line without anything a terminal would obey.
    """

    def _said(self, message: str) -> str:
        return _fit_to_print(super()._said(message))


class TransportError(DigestError):
    """The mail server could not be reached or refused us as a client (not one reader's address).

    ``permanent`` is true when trying again without changing a setting cannot help (wrong password, bad
    certificate), false for what time may mend (connection refused, 421).
    """

    def __init__(self, message: str, *, permanent: bool) -> None:
        self.permanent = permanent
        super().__init__(message)


def _fit_to_print(message: str) -> str:
    line = " ".join("".join(" " if category(char) in _UNPRINTED else char for char in message).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"

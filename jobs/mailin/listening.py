"""Where a mail server reaches us: a TCP port or a Unix socket."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from digest.errors import DigestError
from jobs.cli.http import listen

_UNIX = "unix:"


def open_socket(address: str) -> socket.socket:
    """Return a listening socket at host:port or unix:/path; raise DigestError when it cannot be had."""
    if address.startswith(_UNIX):
        return _unix(Path(address.removeprefix(_UNIX)))
    host, _, port = address.rpartition(":")
    return listen(host.strip("[]"), int(port))


def _unix(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    try:
        if path.is_socket() and not _answered(path):
            # Left behind by a process that was killed.
            path.unlink()
        listener.bind(str(path))
        # The mail server runs as a user of its own; and what is taken here anybody may mail us anyway.
        path.chmod(0o666)
        listener.listen()
    except OSError as error:
        listener.close()
        raise DigestError(
            f"the socket {path} cannot be used: {error.strerror or error}; choose another in [mailin]"
        ) from None
    return listener


def _answered(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            return False
    return True

"""A place to listen: TCP or a Unix socket, and what is said when it cannot be had."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from digest.errors import DigestError
from jobs.mailin.listening import open_socket


def test_a_tcp_port_is_opened() -> None:
    with open_socket("127.0.0.1:0") as listener:
        socket.create_connection(listener.getsockname(), 5).close()


def test_a_port_that_is_taken_is_said() -> None:
    with open_socket("127.0.0.1:0") as listener:
        port = listener.getsockname()[1]
        with pytest.raises(DigestError, match=f"port {port} on 127.0.0.1 cannot be used"):
            open_socket(f"127.0.0.1:{port}")


def test_a_unix_socket_is_there_for_the_mail_servers_own_user(tmp_path: Path) -> None:
    path = tmp_path / "mail.sock"
    with open_socket(f"unix:{path}"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o666
        with pytest.raises(DigestError, match="cannot be used"):
            open_socket(f"unix:{path}")


def test_a_socket_left_by_a_killed_process_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "mail.sock"
    open_socket(f"unix:{path}").close()
    open_socket(f"unix:{path}").close()


def test_a_file_in_its_place_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mail.sock"
    path.write_text("precious")
    with pytest.raises(DigestError, match="choose another"):
        open_socket(f"unix:{path}")
    assert path.read_text() == "precious"


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(DigestError, match="No such file"):
        open_socket(f"unix:{tmp_path / 'none' / 'mail.sock'}")

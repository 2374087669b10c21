import smtplib
from pathlib import Path

from jobs.inbox.catcher import catching

MESSAGE = b"From: a@example.com\r\nTo: b@example.com\r\nSubject: Hello\r\n\r\nbody\r\n..\r\n"


def send(port: int, *recipients: str) -> None:
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail("a@example.com", recipients, MESSAGE)


def test_each_recipient_gets_a_file_with_the_message_as_it_came(tmp_path: Path) -> None:
    with catching(tmp_path) as port:
        send(port, "ann@example.com", "bob@example.com")
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["0001-ann@example.com.eml", "0002-bob@example.com.eml"]
    assert (tmp_path / names[0]).read_bytes().endswith(MESSAGE)


def test_the_sender_of_the_envelope_stands_on_top_as_in_a_mailbox(tmp_path: Path) -> None:
    with catching(tmp_path) as port, smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail("bounces+token@example.com", ["ann@example.com"], MESSAGE)
        client.sendmail("", ["bob@example.com"], MESSAGE)
    first, second = sorted(tmp_path.iterdir())
    assert first.read_bytes() == b"Return-Path: <bounces+token@example.com>\r\n" + MESSAGE
    assert second.read_bytes() == b"Return-Path: <>\r\n" + MESSAGE


def test_numbers_go_on_where_an_earlier_inbox_stopped(tmp_path: Path) -> None:
    for _ in range(2):
        with catching(tmp_path) as port:
            send(port, "ann@example.com")
    assert len(list(tmp_path.glob("*.eml"))) == 2


def test_no_address_leaves_the_folder(tmp_path: Path) -> None:
    with catching(tmp_path / "inbox") as port:
        send(port, '"../../evil"@example.com')
    assert [path.parent.name for path in tmp_path.rglob("*.eml")] == ["inbox"]

"""An issue's e-mail as files: what ``digest preview --out`` and the demo write."""

from __future__ import annotations

from pathlib import Path

from digest.rendering.values import RenderedEmail


def write_email(folder: Path, email: RenderedEmail, message: bytes) -> list[Path]:
    """Write ``issue.html issue.txt issue.eml issue.mjml`` for one reader; return the paths.

    HTML and text are taken out of ``message`` itself, so that the files show what that reader gets.
    """
    html, text = bodies_of(message)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in (
        ("issue.html", html.encode()),
        ("issue.txt", text.encode()),
        ("issue.eml", message),
        ("issue.mjml", email.mjml.encode()),
    ):
        path = folder / name
        path.write_bytes(content)
        written.append(path)
    return written


def bodies_of(message: bytes) -> tuple[str, str]:
    """Return (HTML, text) of one of our own messages, read back as a mail client reads it."""
    from email import message_from_bytes
    from email.policy import default

    parsed = message_from_bytes(message, policy=default)
    found = {}
    for part in parsed.walk():
        if not part.is_multipart():
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            found[part.get_content_type()] = payload.decode("utf-8")
    return found["text/html"], found["text/plain"]

"""An installation in a folder of its own, used as an operator uses it: through the command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from digest.catalogue.sample import sample_catalogue
from digest.templating import shipped_templates
from tests.forge import ROOT, Run, forge
from tests.processes import free_port


class Desk:
    """A folder, its environment, and the command run in it."""

    def __init__(self, folder: Path, smtp_port: int) -> None:
        self.folder = folder
        self.inbox = folder / "inbox"
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            "PATH": os.environ["PATH"],
            # The code that stands beside this test, wherever the command is run.
            "PYTHONPATH": str(ROOT),
            "DIGEST_DATABASE_URL": f"sqlite:///{folder / 'digest.db'}",
            "DIGEST_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
            "DIGEST_BASE_URL": self.base_url,
            "DIGEST_SECRET_KEY": "a secret for this test only",
        }

    def digest(self, *words: str, code: int = 0) -> str:
        """Run ``digest WORDS``; return what it printed, or its complaint where ``code`` is not 0.

        Fails unless it exits with ``code``, and a complaint is without a stack trace.
        """
        with TemporaryFile() as stdout, TemporaryFile() as stderr:
            run = self._begin(words, stdout, stderr)
            try:
                returned = run.wait(120)
            finally:
                run.kill()
            return _said(returned, code, _text(stdout), _text(stderr))

    def fresh(self, *words: str, code: int = 0) -> str:
        """Do what ``digest`` does in a Python started for it, with a hash seed of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "jobs", *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return _said(done.returncode, code, done.stdout, done.stderr)

    def start(self, *words: str) -> Run:
        """Begin ``digest WORDS``, whose output nobody needs."""
        with Path(os.devnull).open("wb") as nowhere:
            return self._begin(words, nowhere, nowhere)

    def _begin(self, words: Sequence[str], stdout: IO[bytes], stderr: IO[bytes]) -> Run:
        return forge().start("jobs", words, self.folder, self.environment, stdout.fileno(), stderr.fileno())

    def save(self, pages: dict[str, str]) -> list[str]:
        """Save pages in the folder; return their names."""
        for name, text in pages.items():
            (self.folder / name).write_text(text, "utf-8")
        return sorted(pages)

    def received(self) -> list[EmailMessage]:
        """Return the messages in the inbox, in the order they came."""
        return [read_message(path) for path in sorted(self.inbox.glob("*.eml"))]


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


def _said(returned: int, code: int, stdout: str, stderr: str) -> str:
    assert returned == code, stdout + stderr
    assert "Traceback" not in stderr
    return stdout if code == 0 else stderr


def sample_desk(folder: Path, smtp_port: int) -> Desk:
    """Return a desk with the sample catalogue imported from ``tools/`` and its own ``templates/email``."""
    desk = Desk(folder, smtp_port)
    code = shutil.ignore_patterns("*.py*", "__pycache__")
    shutil.copytree(sample_catalogue(), folder / "tools", ignore=code)
    shutil.copytree(shipped_templates() / "email", folder / "templates" / "email")
    desk.environment["DIGEST_TEMPLATES__PATH"] = str(folder / "templates")
    desk.digest("catalogue", "import", "tools")
    return desk


def read_message(path: Path) -> EmailMessage:
    """Return a message as a mail client reads it."""
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def body(message: EmailMessage, kind: str) -> str:
    """Return the text/``kind`` part, decoded."""
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())

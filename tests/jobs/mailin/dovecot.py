"""A Dovecot of our own on loopback: configuration, mail and log in one folder, gone afterwards."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from imap_tools.mailbox import MailBoxUnencrypted

from tests.conftest import Certificate
from tests.processes import free_port, listens, require, require_root, until

DOVECOT = Path("/usr/sbin/dovecot")
_IMAP = DOVECOT.parents[1] / "lib/dovecot/imap"
_LMTP = _IMAP.with_name("lmtp")
USER, PASSWORD = "desk@example.com", "p@ss/word"
_CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = {protocols}
listen = 127.0.0.1
auth_mechanisms = plain login cram-md5
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
default_internal_user = {internal}
default_login_user = {login}
mail_location = maildir:{folder}/mail
first_valid_uid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={owner} gid={owner} home={folder}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""
# The socket is Dovecot's own default, as docs/relays.md names it.
_LMTP_CONFIG = """\
postmaster_address = postmaster@example.com
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp_port}
  }}
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """A running Dovecot: in the clear and with STARTTLS at ``port``, with TLS at ``tls_port``.

    ``lmtp_port`` and ``lmtp_socket`` are where it takes mail for anybody, into the one mailbox.
    """

    folder: Path
    port: int
    tls_port: int
    lmtp_port: int

    @property
    def lmtp_socket(self) -> Path:
        return self.folder / "run" / "lmtp"

    def empty(self) -> None:
        """Take everything out of the mailbox."""
        with self._opened() as mailbox:
            mailbox.delete(mailbox.uids())
            for folder in mailbox.folder.list():
                if folder.name != "INBOX":
                    mailbox.folder.delete(folder.name)

    def put(self, message: bytes, flags: str | None = None) -> None:
        with self._opened() as mailbox:
            mailbox.append(message, "INBOX", flag_set=flags)

    def lies(self, folder: str = "INBOX") -> list[tuple[str, tuple[str, ...]]]:
        """Return subject and flags of everything in a folder."""
        with self._opened() as mailbox:
            mailbox.folder.set(folder)
            return [
                (one.subject, tuple(sorted(flag for flag in one.flags if flag != "\\Recent")))
                for one in mailbox.fetch(mark_seen=False)
            ]

    def _opened(self) -> MailBoxUnencrypted:
        return MailBoxUnencrypted("127.0.0.1", self.port, timeout=20).login(USER, PASSWORD)


@contextmanager
def dovecot(certificate: Certificate, *, lmtp: bool = False) -> Iterator[Dovecot]:
    """Run Dovecot while the block runs; any user may log in with PASSWORD. It takes mail only with ``lmtp``.

    Skips the test without Dovecot, or without the rights to start it; in CI that fails.
    """
    require(_IMAP, "dovecot-imapd")
    if lmtp:
        require(_LMTP, "dovecot-lmtpd")
    require_root("Dovecot")
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    folder.chmod(0o755)
    (folder / "mail").mkdir()
    shutil.chown(folder / "mail", "mail", "mail")
    port, tls_port, lmtp_port = free_port(), free_port(), free_port()
    config = folder / "dovecot.conf"
    config.write_text(
        (_CONFIG + _LMTP_CONFIG * lmtp).format(
            folder=folder,
            protocols="imap lmtp" if lmtp else "imap",
            certificate=certificate.file,
            key=certificate.file.with_name("key.pem"),
            internal="dovecot",
            login="dovenull",
            password=PASSWORD,
            owner="mail",
            port=port,
            tls_port=tls_port,
            lmtp_port=lmtp_port,
        )
    )
    process = subprocess.Popen([str(DOVECOT), "-F", "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        until(lambda: listens(port), lambda: _said(folder / "dovecot.log"))
        if lmtp:
            until(lambda: listens(lmtp_port), lambda: _said(folder / "dovecot.log"))
        yield Dovecot(folder, port, tls_port, lmtp_port)
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _said(log: Path) -> str:
    return log.read_text() if log.exists() else "no log"

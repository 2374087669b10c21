"""A Postfix of our own on loopback: its configuration, queue and log in one folder, gone afterwards."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.processes import free_port, listens, require, require_root, until

POSTFIX = Path("/usr/sbin/postfix")
_DAEMONS = POSTFIX.parents[1] / "lib/postfix/sbin"
# What docs/mailin.md has an operator write into main.cf, and docs/relays.md into master.cf, comes on top;
# nobody lives at example.test. A message tried again while a process has it still open is put off by a whole
# minute; Postfix counts in whole seconds, so that a second between two tries can be a few milliseconds.
_DOCS = Path(__file__).parents[3] / "docs"
_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.example.test
mydestination = example.test
mynetworks = 127.0.0.0/8
alias_maps =
local_recipient_maps =
smtpd_peername_lookup = no
default_transport = error:nobody out there
minimal_backoff_time = 3s
queue_run_delay = 1s
fast_flush_domains =
address_verify_poll_count = 30
address_verify_poll_delay = 1s
{documented}
"""
_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
local unix - n n - - local
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
{documented}
"""


@dataclass(frozen=True)
class Postfix:
    """A running Postfix that takes mail at ``port`` of loopback, and at ``socket``."""

    folder: Path
    port: int

    @property
    def socket(self) -> Path:
        return self.folder / "queue" / "public" / "digest"

    @property
    def log(self) -> str:
        file = self.folder / "mail.log"
        return file.read_text("utf-8", "replace") if file.exists() else "(no log)"


@contextmanager
def postfix(port: int, more: str = "") -> Iterator[Postfix]:
    """Run Postfix while the block runs; it hands over to ``port`` of loopback as the documentation has it.

    ``more`` are further lines of main.cf.

    Skips the test without Postfix, or without the rights to start it; in CI that fails.
    """
    require(POSTFIX, "postfix")
    require_root("Postfix")
    # Not below pytest's folder: Postfix's own user may not enter that.
    folder = Path(tempfile.mkdtemp(prefix="postfix-"))
    folder.chmod(0o755)
    (folder / "queue").mkdir()
    (folder / "data").mkdir()
    shutil.chown(folder / "data", "postfix")
    own_port = free_port()
    hand_over = _documented("mailin.md", "relay_domains ")
    assert "127.0.0.1:8024" in hand_over
    hand_over = hand_over.replace("127.0.0.1:8024", f"127.0.0.1:{port}")
    (folder / "main.cf").write_text(_MAIN.format(folder=folder, documented=hand_over) + more)
    listen = _documented("relays.md", "digest unix ")
    (folder / "master.cf").write_text(_MASTER.format(port=own_port, documented=listen))
    command = [str(POSTFIX), "-c", str(folder)]
    try:
        subprocess.run([*command, "start"], check=True, capture_output=True, timeout=60)
        running = Postfix(folder, own_port)
        until(lambda: listens(running.port), lambda: running.log)
        yield running
    finally:
        subprocess.run([*command, "stop"], capture_output=True, timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def _documented(page: str, beginning: str) -> str:
    """Return the example of a page that begins with these words."""
    block = re.search(rf"```\n({beginning}.*?)```", (_DOCS / page).read_text("utf-8"), re.DOTALL)
    assert block is not None
    return block[1]

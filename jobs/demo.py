"""The main job once on the embedded default: what ``make demo`` shows a newcomer."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

from pydantic import SecretStr

from digest.catalogue.importing import import_paths
from digest.catalogue.sample import sample_catalogue
from digest.clock import Clock
from digest.db import Database
from digest.desk import Desk
from digest.errors import DigestError
from digest.issues.building import build_issue
from digest.issues.files import write_email
from digest.issues.rendered import content_of
from digest.issues.store import get_issue
from digest.secrets import secret_keys
from digest.settings import DatabaseSettings, IssueSettings, Settings, SmtpSettings
from digest.week import Week
from jobs.inbox.catcher import catching
from jobs.migrations import open_database
from jobs.sendout import SendOut
from jobs.starting import start
from subscribers.addresses import parse_address
from subscribers.joining import add_reader

READERS = 25
# What a run leaves behind, so that the next one can clear exactly that and nothing of anybody else's.
_DATABASE = "digest.db"
_INBOX = "inbox"
_FILES = ("issue.html", "issue.txt", "issue.eml", "issue.mjml")


def run_demo(folder: Path, clock: Clock) -> Iterator[tuple[str, str]]:
    """Run catalogue → issue → e-mail → inbox in ``folder``; give (label, line) as each step is done.

    The settings of the installation play no part: no real list and no real relay is touched. A second run
    starts afresh. Raises DigestError, also when a message did not arrive.
    """
    _clear(folder)
    with catching(folder / _INBOX) as port:
        settings = Settings(
            database=DatabaseSettings(url=f"sqlite:///{folder / _DATABASE}"),
            issue=IssueSettings(path=folder / "issues"),
            smtp=SmtpSettings(url=SecretStr(f"smtp://127.0.0.1:{port}")),
        )
        database = open_database(settings)
        try:
            yield from _steps(folder, settings, database, clock)
        finally:
            database.close()


def _steps(folder: Path, settings: Settings, database: Database, clock: Clock) -> Iterator[tuple[str, str]]:
    now = clock.now()
    week = Week.of(now.date())
    desk = Desk.of(settings)
    with database.writing() as session:
        report = import_paths(
            session, [sample_catalogue()], rules=desk.rules(now.date()), published=now.date(), now=now
        )
    yield "Catalogue", f"{len(report.added)} tools"

    work = SendOut.of(settings, database, clock)
    with database.writing() as session:
        issue = build_issue(session, week, desk, clock).issue
        content = content_of(session, issue, desk.panel)
        email = work.renderer.render(session, issue)
        for number in range(1, READERS + 1):
            address = parse_address(f"reader{number:02d}@example.com")
            add_reader(session, address, name=f"Reader {number}", clock=clock, keys=secret_keys(settings))
    tools = {tool.slug for pair in content.matchups for tool in (pair.left, pair.right)}
    yield "Issue", f"{week}: {len(tools)} tools picked, {len(content.matchups)} matchups"
    for pair in content.matchups:
        yield "", f"{pair.left.name} vs {pair.right.name}"
    yield "E-mail", f"“{email.subject}”, {len(email.html.encode()):,} bytes of HTML"

    start(work, week)
    counts = work.run(week, threading.Event()).counts
    caught = len(list((folder / _INBOX).glob("*.eml")))
    if not counts.sent == counts.audience == caught == READERS:
        raise DigestError(f"only {counts.sent} of {READERS} were sent, {caught} arrived: {counts.summary()}")
    yield "Delivered", f"{caught}/{counts.audience}"

    with database.reading() as session:
        email = work.renderer.render(session, get_issue(session, week))
    files = write_email(folder, email, work.sample_message(email, week))
    yield "Files", ", ".join(str(path) for path in files)
    yield "", f"{folder / _INBOX}/ (one .eml per reader)"


def _clear(folder: Path) -> None:
    """Take away what an earlier run left; refuse a folder that holds anything else."""
    folder.mkdir(parents=True, exist_ok=True)
    ours = {
        _INBOX,
        *_FILES,
        *(_DATABASE + end for end in ("", "-wal", "-shm", ".key", ".sender.lock", ".epochs")),
    }
    strange = sorted(path.name for path in folder.iterdir() if path.name not in ours)
    if strange:
        raise DigestError(
            f"{folder} holds {strange[0]}, which no demo made; choose an empty folder with --dir"
        )
    for name in ours:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

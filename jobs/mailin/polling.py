"""Fetching mail from an IMAP mailbox (RFC 9051): each message is done with once, and marked after that.

A crash between the two brings it again, which does no harm. What is not for us stays unread and gets a flag,
so that a person finds it and we do not look at it again.
"""

from __future__ import annotations

import imaplib
import logging
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from imap_tools.consts import MailMessageFlags
from imap_tools.errors import ImapToolsError, MailboxLoginError
from imap_tools.mailbox import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from sqlalchemy.exc import SQLAlchemyError

from digest.clock import Clock
from digest.errors import DigestError, TransportError
from digest.settings import MailInSettings
from jobs.mailin.account import Account
from jobs.mailin.router import Delivered, Router, say_failure
from jobs.mailin.server import LARGEST
from jobs.sending.replies import fit_to_keep
from subscribers.mailin.envelope import recipient_of, sender_of
from subscribers.mailin.reading import read

log = logging.getLogger(__name__)

# Larger ones stay where they are, like everything that is flagged.
_NEW = f"UNSEEN UNFLAGGED UNDELETED SMALLER {LARGEST + 1}"
_AT_A_TIME = 500
# Seconds for each answer of the server.
_PATIENCE = 7
_LONGEST_WAIT = timedelta(minutes=15)
_FAULTS = (ImapToolsError, imaplib.IMAP4.error, OSError)


class Poller:
    """Polls one mailbox. ``step`` is one poll; after a failure it waits longer and longer for the next."""

    def __init__(self, account: Account, router: Router, settings: MailInSettings, clock: Clock) -> None:
        self._account = account
        self._router = router
        self._settings = settings
        self._clock = clock
        self._line: BaseMailBox | None = None
        self._stopped = threading.Event()
        self._said = ""
        self._wait = timedelta()
        self._not_before: datetime | None = None

    def step(self) -> None:
        """Poll unless a failure was a short while ago; log one once, for as long as it stays the same."""
        if self._not_before is not None and self._clock.now() < self._not_before:
            return
        try:
            self.poll()
        except (DigestError, SQLAlchemyError) as error:
            said = str(error) if isinstance(error, DigestError) else "the database failed"
            self._wait = min(max(self._wait * 2, self._settings.every), _LONGEST_WAIT)
            self._not_before = self._clock.now() + self._wait
            if said != self._said and not self._stopped.is_set():
                log.warning("mailbox: %s; tried again by itself", said)
            self._said = said
        else:
            self._said, self._wait, self._not_before = "", timedelta(), None

    def poll(self) -> int:
        """Fetch what is new and do what it asks for; return how many messages were done with.

        Raises TransportError when the mailbox cannot be used, SQLAlchemyError when the database cannot, and
        SettingsError for an authority that is not to be had any more.
        What is left is found by the next poll.
        """
        try:
            with self._opened() as mailbox, ThreadPoolExecutor(1, "mailbox") as worker:
                self._line = mailbox
                found = mailbox.uids(_NEW, charset=None)[:_AT_A_TIME]
                return sum(self._handle(mailbox, uid, worker) for uid in found)
        except _FAULTS as error:
            raise self._explained(error) from None
        finally:
            self._line = None

    def stop(self) -> None:
        """Break off a poll that is under way, from another thread."""
        self._stopped.set()
        line = self._line
        if line is not None:
            with suppress(OSError):
                line.client.shutdown()

    def _handle(self, mailbox: BaseMailBox, uid: str, worker: ThreadPoolExecutor) -> bool:
        """Do one message and mark it; tell whether it is done with."""
        message = None if self._stopped.is_set() else _fetched(mailbox, uid)
        if message is None:
            return False
        mail = read(message)
        recipient = recipient_of(mail, self._router.doors)
        done = False
        if recipient is not None:
            # One poisonous message shall not keep all behind it waiting: a future holds whatever was raised.
            future = worker.submit(self._router.deliver, sender_of(mail), recipient, message)
            error = future.exception()
            if isinstance(error, SQLAlchemyError):
                raise error
            if error is not None:
                say_failure(error)
            done = error is None and future.result() is Delivered.DONE
        if not done:
            log.info("mailbox: a message was not understood; it stays there with a flag")
        _mark(mailbox, uid, MailMessageFlags.SEEN if done else MailMessageFlags.FLAGGED)
        if done and self._settings.folder is not None:
            mailbox.move([uid], self._settings.folder)
        return done

    @contextmanager
    def _opened(self) -> Iterator[BaseMailBox]:
        """Give the mailbox, logged in, and log out of it."""
        mailbox = _connected(self._account)
        try:
            user, password = self._account.user, self._account.password
            log_in = mailbox.login if (user + password).isascii() else mailbox.login_utf8
            log_in(user, password, self._settings.inbox)
            folder = self._settings.folder
            if folder is not None and not mailbox.folder.exists(folder):
                mailbox.folder.create(folder)
            yield mailbox
        finally:
            with suppress(*_FAULTS):
                mailbox.logout()

    def _explained(self, error: Exception) -> TransportError:
        name = self._account.name
        match error:
            case MailboxLoginError():
                return TransportError(
                    f"{name} refused user and password; check [mailin] imap", permanent=True
                )
            case ssl.SSLCertVerificationError():
                why = error.verify_message
                return TransportError(
                    f"{name} has a certificate that cannot be trusted: {why}", permanent=True
                )
            case OSError():
                why = error.strerror or str(error) or type(error).__name__
                return TransportError(f"{name} cannot be reached: {why}", permanent=False)
            case _:
                return TransportError(f"{name} answered: {fit_to_keep(str(error))}", permanent=False)


@contextmanager
def polling(poller: Poller, every: timedelta) -> Iterator[None]:
    """Poll in the background while the block runs; a poll under way when it ends is broken off."""
    from jobs.repeating import repeating

    scheduler = repeating([(poller.step, every.total_seconds())], datetime.now(UTC))
    scheduler.start()
    try:
        yield
    finally:
        poller.stop()
        scheduler.shutdown(wait=True)


def _connected(account: Account) -> BaseMailBox:
    trust = account.trust()
    if account.imaps:
        return MailBox(account.host, account.port, timeout=_PATIENCE, ssl_context=trust)
    if account.near:
        return MailBoxUnencrypted(account.host, account.port, timeout=_PATIENCE)
    return MailBoxStartTls(account.host, account.port, timeout=_PATIENCE, ssl_context=trust)


def _fetched(mailbox: BaseMailBox, uid: str) -> bytes | None:
    """Return a message's bytes, still unread; None if it has gone meanwhile."""
    answer, parts = mailbox.client.uid("FETCH", uid, "(BODY.PEEK[])")
    if answer != "OK":
        raise imaplib.IMAP4.error(f"FETCH: {answer}")
    return next((part[1] for part in parts if isinstance(part, tuple)), None)


def _mark(mailbox: BaseMailBox, uid: str, flag: str) -> None:
    # imap_tools' own way would also expunge what other people have marked as deleted.
    answer, said = mailbox.client.uid("STORE", uid, "+FLAGS.SILENT", f"({flag})")
    if answer != "OK":
        raise imaplib.IMAP4.error(f"STORE: {said}")

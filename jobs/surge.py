"""Tells whoever runs it that sign-ups surge: in the log, and by mail to ``[mail] editor``."""

from __future__ import annotations

import logging
import threading

from digest.errors import DigestError
from jobs.editor import News, editor_message
from jobs.sending.replies import OutcomeUnknown, Refused
from jobs.sending.single import knock, send_one
from jobs.sendout import SendOut
from subscribers.abuse.surge import Surge, under_way, untold

_LOG = logging.getLogger(__name__)


def tell_of_surge(work: SendOut, stop: threading.Event | None = None) -> bool:
    """Tell of a surge, once a day as long as it lasts; return whether there was one to tell of.

    It counts as told before the mail leaves, so that a crash never repeats it. Raises TransportError with
    nothing noted when the relay cannot be used, DigestError when it refuses.
    """
    now, editor = work.clock.now(), work.settings.mail.editor
    with work.database.reading() as session:
        if under_way(session, now) is None:
            return False
    if editor is not None:
        knock(work.relays, work.settings.sending, stop)
    with work.database.writing() as session:
        surge = untold(session, now)
    if surge is None:
        return False
    news = news_of(surge, work)
    _LOG.warning("%s. %s", news.title, " ".join(news.said))
    if editor is not None:
        _mail(work, news, editor, stop)
    return True


def news_of(surge: Surge, work: SendOut) -> News:
    """Return what there is to say of a surge."""
    bound, pace = work.settings.limits.surge, work.settings.limits.surge_pace
    said = (
        f"There were more than {bound.amount} within {_minutes(bound.within.total_seconds())}.",
        "All are taken, but their confirmation mails go out slowly: "
        f"{pace.amount} within {_minutes(pace.within.total_seconds())}.",
        "If you know why so many come, raise [limits] surge in digest.toml. "
        "If they are robots, set proof_of_work = 16 there. How it stands now:",
    )
    return News(f"surge.{surge.until:%Y%m%d}", "Sign-ups surge", said, "digest status")


def _mail(work: SendOut, news: News, editor: str, stop: threading.Event | None) -> None:
    message = editor_message(work, news, editor)[1]
    sender, settings = work.settings.mail.from_address, work.settings.sending
    try:
        answer = send_one(work.relays, settings, sender, editor, message, stop)
    except OutcomeUnknown as error:
        raise DigestError(f"the editor may or may not have heard of the surge: {error}") from None
    if isinstance(answer, Refused):
        raise DigestError(f"the server refused the editor's mail: {answer.code} {answer.text}")


def _minutes(seconds: float) -> str:
    minutes = max(1, round(seconds / 60))
    return "a minute" if minutes == 1 else f"{minutes} minutes"

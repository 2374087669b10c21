"""What the single mails to readers say: the addresses and words that their templates print."""

from __future__ import annotations

from digest.schedule import WEEKDAY_NAMES
from digest.web.archive import public_issues
from jobs.sendout import SendOut
from subscribers import notices
from subscribers.addresses import parse_address
from subscribers.choices.moving import nonce_for
from subscribers.store import language_of
from subscribers.tokens import Purpose

# Mails to people on the list; the others answer a single deed and carry no list headers (RFC 3834).
TO_THE_LIST = (notices.WELCOME, notices.RECONFIRM, notices.PROBE)


def letter_values(work: SendOut, kind: str, public_id: str, address: str) -> dict[str, object]:
    """Return what the templates of a mail to one reader print; nothing of it was typed by anybody.

    ``address`` is where it goes, be it not yet the reader's own.
    """
    base, sign = work.renderer.identity.base_url, work.tokens.sign
    with work.database.reading() as session:
        language = language_of(session, public_id)
    nonce = nonce_for(work.keys, public_id, parse_address(address))
    unsubscribe = f"{base}/unsubscribe/{sign(Purpose.UNSUBSCRIBE, public_id)}"
    preferences = f"{base}/preferences/{sign(Purpose.PREFERENCES, public_id)}"
    return {
        "confirm_url": f"{base}/confirm/{sign(Purpose.CONFIRM, public_id)}",
        "subscribe_url": f"{base}/subscribe",
        "unsubscribe_url": unsubscribe,
        "latest_url": _latest(work) if kind == notices.WELCOME else "",
        "change_url": f"{base}/change/{sign(Purpose.CHANGE, nonce)}",
        "language": language,
        "weekday": WEEKDAY_NAMES[work.renderer.weekday],
        "links": (("Unsubscribe", unsubscribe), ("Preferences", preferences)) if kind in TO_THE_LIST else (),
    }


def _latest(work: SendOut) -> str:
    """Return the address of the last public issue, "" if there is none yet."""
    with work.database.reading() as session:
        found = public_issues(session, None, 1)
    return f"{work.renderer.identity.base_url}/issues/{found[0].week}" if found else ""

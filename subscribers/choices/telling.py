"""What is kept about a reader in that reader's words: labels, days and hours instead of names and stamps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from digest.frames import LANGUAGES, day_in_words, frame

Facts = list[tuple[str, str]]

# By the name in the file; what has none here is shown under that name.
_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "id": "Number with us",
        "email": "E-mail address",
        "address": "E-mail address",
        "name": "Name",
        "status": "Status",
        "joined_at": "Came",
        "confirmed_at": "Confirmed",
        "left_at": "Left",
        "paused_until": "Paused until",
        "until": "Until",
        "consent": "Came by",
        "form": "Came by",
        "language": "Language",
        "interests": "Interests",
        "every_weeks": "How often",
        "hour": "Hour",
        "zone": "Time zone",
        "at": "When",
        "day": "Day",
        "asked_at": "Asked for",
        "queued_at": "Written",
        "sent_at": "Sent",
        "updated_at": "Last change",
        "what": "What",
        "by": "By",
        "was": "Before",
        "changed": "Changed",
        "agreed": "Agreed to",
        "shown": "What the form showed",
        "client": "Hash of where it came from",
        "why": "Why",
        "reason": "Why",
        "kind": "Mail",
        "mail": "Mail",
        "state": "State",
        "error": "Error",
        "code": "Code of the mail server",
        "reply": "Answer of the mail server",
        "attempts": "Attempts",
        "days": "Days",
        "week": "Week",
        "tool": "Tool",
        "verdict": "Your verdict",
    }
)
_MOMENTS = frozenset(
    (
        *("at", "day", "until", "joined_at", "confirmed_at", "left_at", "paused_until"),
        *("asked_at", "queued_at", "sent_at", "updated_at"),
    )
)
_HOW_OFTEN = {1: "Every week", 4: "Every fourth week"}
# The house's own words, said in the reader's language; what people wrote and chose stays as it is.
_OUR_WORDS = frozenset(
    ("status", "consent", "form", "what", "by", "was", "changed", "shown", "why", "reason", "kind", "state")
)


def in_words(record: Mapping[str, Any], language: str, zone: ZoneInfo) -> Facts:
    """Return label and value of all that a record (``keeping.kept``) says, in a reader's language.

    Days are in words, moments to the minute on the clocks of ``zone``; "" stands for what is not there.
    """
    texts = frame(language)
    return [
        (texts[_LABELS.get(name, name.replace("_", " "))], _said(name, value, language, zone))
        for name, value in record.items()
    ]


def _said(name: str, value: Any, language: str, zone: ZoneInfo) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if name in _MOMENTS:
        return _moment(value, language, zone)
    if name == "every_weeks":
        return frame(language)[_HOW_OFTEN.get(value, str(value))]
    if name == "hour":
        return f"{value:02d}:00"
    if name == "language":
        return LANGUAGES.get(value, value)
    return frame(language)[value] if name in _OUR_WORDS else str(value)


def _moment(value: str, language: str, zone: ZoneInfo) -> str:
    """Return a day in words, and the hour of what is more than a day."""
    if len(value) == len("2026-11-20"):
        return day_in_words(language, date.fromisoformat(value))
    moment = datetime.fromisoformat(value).astimezone(zone)
    return f"{day_in_words(language, moment.date())}, {moment:%H:%M}"

"""What is kept about a reader, said so that the reader understands it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from digest.frames import frame
from subscribers.choices import telling
from subscribers.choices.telling import in_words
from subscribers.consent import Form
from subscribers.events import What
from subscribers.returning import WHY
from subscribers.values import Reason, Status

BERLIN = ZoneInfo("Europe/Berlin")


def test_a_moment_is_told_in_words_on_the_readers_clock() -> None:
    record = {"joined_at": "2026-11-20T23:30:12.867184+00:00", "until": "2026-12-20"}
    assert in_words(record, "en", BERLIN) == [
        ("Came", "21 November 2026, 00:30"),
        ("Until", "20 December 2026"),
    ]
    assert in_words(record, "de", BERLIN)[0] == ("Gekommen", "21. November 2026, 00:30")


def test_choices_are_told_as_the_form_says_them() -> None:
    record = {"language": "de", "interests": ["Chat", "mail"], "every_weeks": 4, "hour": 7, "zone": None}
    assert in_words(record, "de", BERLIN) == [
        ("Sprache", "Deutsch"),
        ("Interessen", "Chat, mail"),
        ("Wie oft", "Jede vierte Woche"),
        ("Uhrzeit", "07:00"),
        ("Zeitzone", ""),
    ]


def test_what_somebody_wrote_is_never_translated() -> None:
    assert in_words({"name": "mail"}, "de", BERLIN) == [("Name", "mail")]


def test_a_word_or_name_nobody_foresaw_is_shown_as_it_is() -> None:
    assert in_words({"what": "danced", "new_thing": 3}, "de", BERLIN) == [
        ("Was", "danced"),
        ("new thing", "3"),
    ]


def test_every_label_and_every_word_of_ours_is_said_in_german() -> None:
    words = {str(one) for kind in (Form, What, Reason, Status) for one in kind} | {*WHY}
    assert {*telling._LABELS.values(), *words} <= frame("de").keys()

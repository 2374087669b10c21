"""Editions from choice to inbox: previewed, approved, frozen, sent, each reader their own."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast

import pytest
from click.testing import CliRunner
from pydantic import SecretStr
from sqlalchemy import delete, func, select, update

from digest.cli import App
from digest.clock import FixedClock
from digest.db import Database
from digest.errors import WrongState
from digest.issues.building import build_issue, reopen
from digest.issues.files import bodies_of
from digest.issues.life import move
from digest.issues.rows import EditionRow
from digest.issues.store import get_issue
from digest.issues.values import Status
from digest.preview.showing import Choice, Showroom
from digest.preview.source import PreviewSource
from digest.settings import DatabaseSettings, Settings, SmtpSettings, WebSettings
from digest.week import Week
from jobs.cli.issue import issue
from jobs.deliveries.rows import DeliveryRow
from jobs.inbox.catcher import catching
from jobs.previewing import PreviewSurroundings
from jobs.sendout import SendOut
from jobs.starting import approve, audience_size, start
from jobs.weekly import unfinished
from subscribers.rows import SubscriberRow
from tests.factories import DESK, tool
from tests.stock import NOW, stock_pair, stock_readers, stock_tools

pytestmark = pytest.mark.both_databases

WEEK = Week.parse("2026-W47")
STOP = threading.Event()


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    return tmp_path / "inbox"


@pytest.fixture
def work(database: Database, inbox: Path) -> Iterator[SendOut]:
    with database.writing() as session:
        stock_pair(session)
        stock_tools(
            session,
            tool("Ferry", 81, 82, 83, 84, category="Travel"),
            tool("Tug", 40, 75, 45, 30, category="Travel"),
        )
        stock_readers(session, 6)
        build_issue(session, WEEK, DESK, FixedClock(NOW))
    with catching(inbox) as port:
        settings = Settings(
            database=DatabaseSettings(url=database.url.render_as_string(hide_password=False)),
            smtp=SmtpSettings(url=SecretStr(f"smtp://127.0.0.1:{port}")),
            # A database on a server has no folder of its own for a key.
            web=WebSettings(secret_key=SecretStr("a key for tests, thirty-two letters")),
        )
        yield SendOut.of(settings, database, FixedClock(NOW))


def choose(work: SendOut, reader: int, **columns: object) -> None:
    with work.database.writing() as session:
        session.execute(update(SubscriberRow).where(SubscriberRow.id == reader).values(**columns))


def mails(inbox: Path) -> dict[str, EmailMessage]:
    found = [message_from_bytes(path.read_bytes(), policy=default) for path in inbox.glob("*.eml")]
    return {mail["To"].addresses[0].username: mail for mail in found}


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def editions(work: SendOut) -> dict[str, EditionRow]:
    with work.database.reading() as session:
        return {row.name: row for row in session.scalars(select(EditionRow))}


def source_of(work: SendOut) -> PreviewSource:
    """Return a preview's source that has rendered the issue as it stands."""
    source = PreviewSource(
        work.database, work.renderer, work.sample_message, work.clock, week=WEEK, desk=work.renderer.desk
    )
    source.refresh()
    return source


def leading(work: SendOut, category: str) -> str:
    """Return the name of the edition in which the matchup of a category leads."""
    choose(work, 1, interests=category)
    approve(work, WEEK, "to see")
    [name] = editions(work)
    with work.database.writing() as session:
        reopen(session, WEEK, NOW)
    choose(work, 1, interests=None)
    return name


def test_each_reader_gets_the_edition_they_chose(work: SendOut, inbox: Path) -> None:
    choose(work, 2, interests="Developer Tools")
    choose(work, 3, language="de")
    choose(work, 4, language="de", interests="Developer Tools")
    start(work, WEEK)
    work.run(WEEK, STOP)
    got = mails(inbox)
    assert len(got) == 6
    assert got["reader001"]["Subject"].startswith(("Loupe", "Lantern"))
    assert "View in browser" in text_of(got["reader001"])
    assert got["reader000"]["Subject"].startswith("Ferry")
    assert got["reader002"]["Subject"] == got["reader000"]["Subject"]
    assert "Im Browser ansehen" in text_of(got["reader002"])
    assert got["reader003"]["Subject"] == got["reader001"]["Subject"]
    assert "Ausgabe 2026-W47, Freitag, 20. November 2026" in text_of(got["reader003"])
    assert all("Lantern" in text_of(mail) and "Ferry" in text_of(mail) for mail in got.values())


def test_where_nobody_chose_anything_there_is_one_edition(work: SendOut) -> None:
    start(work, WEEK)
    assert editions(work) == {}
    with work.database.reading() as session:
        assert session.scalar(select(func.count(DeliveryRow.edition_id))) == 0


@pytest.mark.parametrize("name", ["de", "tools", "de-tools"])
def test_what_the_preview_shows_of_an_edition_is_what_is_sent(work: SendOut, inbox: Path, name: str) -> None:
    first = leading(work, "Developer Tools")
    name = name.replace("-tools", first.removeprefix("en")).replace("tools", first)
    choose(work, 5, language=name[:2], interests="Developer Tools" if "-" in name else None)
    around = PreviewSurroundings(work, WEEK)
    [reader] = [one.id for one in around.readers("reader004")]
    room = Showroom(source_of(work), work.database, work.renderer, around, WEEK)
    assert name in [edition for edition, _, _ in room.editions()]
    previewed = room.show(Choice("edition", name, reader))
    start(work, WEEK)
    work.run(WEEK, STOP)
    [sent] = [path.read_bytes() for path in inbox.glob("*.eml") if b"reader004@" in path.read_bytes()]
    assert bodies_of(sent) == (previewed.html, previewed.text)
    again = Showroom(source_of(work), work.database, work.renderer, around, WEEK)
    assert again.show(Choice("edition", name, reader)).html == previewed.html


def test_approving_freezes_every_edition_that_has_readers(work: SendOut) -> None:
    choose(work, 1, language="de")
    approve(work, WEEK, "by a person")
    assert list(editions(work)) == ["de"]


def test_reopening_forgets_what_was_frozen_for_segments(work: SendOut) -> None:
    choose(work, 1, language="de")
    approve(work, WEEK, "by a person")
    with work.database.writing() as session:
        reopen(session, WEEK, NOW)
    assert editions(work) == {}


def test_an_edition_first_chosen_after_approving_is_made_of_what_was_frozen(
    work: SendOut, inbox: Path
) -> None:
    approve(work, WEEK, "by a person")
    with work.database.writing() as session:
        stock_tools(session, tool("Newcomer", 1, 2, 3, 4, category="Travel"))
    choose(work, 1, language="de")
    start(work, WEEK)
    assert list(editions(work)) == ["de"]
    work.run(WEEK, STOP)
    assert "Abmelden" in text_of(mails(inbox)["reader000"])


def test_who_chooses_anew_after_the_start_gets_what_was_frozen(work: SendOut, inbox: Path) -> None:
    start(work, WEEK)
    choose(work, 1, language="de", every_weeks=4, hour=3)
    work.run(WEEK, STOP)
    assert "Unsubscribe" in text_of(mails(inbox)["reader000"])


def test_an_issue_is_sent_only_when_every_hour_has_come(work: SendOut, inbox: Path) -> None:
    choose(work, 1, hour=18, zone="Asia/Tokyo")
    choose(work, 2, hour=20, zone="Europe/Lisbon")
    start(work, WEEK)
    outcome = work.run(WEEK, STOP)
    assert (outcome.counts.sent, outcome.counts.pending) == (5, 1)
    assert "reader000" in mails(inbox)
    assert work.waiting_for_hour(WEEK) == 1
    assert status_of(work) == Status.SENDING

    evening = NOW.replace(hour=20)
    assert outcome.next_try_at == evening
    assert unfinished(work.database, NOW + timedelta(minutes=1)) == []
    assert unfinished(work.database, evening) == [WEEK]
    cast("FixedClock", work.clock).at = evening
    assert work.run(WEEK, STOP).counts.sent == 6
    assert status_of(work) == Status.SENT


def test_an_issue_that_waits_for_an_hour_can_be_paused_and_resumed(work: SendOut) -> None:
    choose(work, 2, hour=20, zone="Europe/Lisbon")
    start(work, WEEK)
    work.run(WEEK, STOP)
    evening = NOW.replace(hour=20)
    cast("FixedClock", work.clock).at = evening
    with work.database.writing() as session:
        move(session, get_issue(session, WEEK), Status.PAUSED, at=evening, reason="by a person")
    assert unfinished(work.database, evening) == []
    with pytest.raises(WrongState):
        work.run(WEEK, STOP)
    with work.database.writing() as session:
        move(session, get_issue(session, WEEK), Status.SENDING, at=evening, reason="by a person")
    assert work.run(WEEK, STOP).counts.sent == 6


def test_who_wants_every_fourth_issue_is_counted_by_turns(work: SendOut) -> None:
    for reader in range(1, 5):
        choose(work, reader, every_weeks=4)
    assert audience_size(work, WEEK) == 3
    assert start(work, WEEK).audience == 3


def test_an_issue_in_which_it_is_nobodys_turn_still_takes_place(work: SendOut) -> None:
    with work.database.writing() as session:
        session.execute(update(SubscriberRow).values(every_weeks=4))
        session.execute(delete(SubscriberRow).where(SubscriberRow.id % 4 == 0))
    assert start(work, WEEK).audience == 0
    work.run(WEEK, STOP)
    assert status_of(work) == Status.SENT
    assert audience_size(work, WEEK.next()) == 1


def status_of(work: SendOut) -> str:
    with work.database.reading() as session:
        return get_issue(session, WEEK).status


def command(work: SendOut, *words: str) -> str:
    """Run ``digest issue WORDS``; return what it printed."""
    app = App(work.settings, work.clock, lambda settings: work.database)
    result = CliRunner().invoke(issue, words, obj=app, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_approving_says_what_was_frozen_and_for_how_many(work: SendOut) -> None:
    choose(work, 1, language="de")
    shown = command(work, "approve")
    assert shown.splitlines()[1:] == ["  en  English, 5 readers", "  de  Deutsch, 1 reader"]


def test_a_listing_of_deliveries_names_their_editions(work: SendOut) -> None:
    choose(work, 2, language="de")
    start(work, WEEK)
    listed = json.loads(command(work, "show", "--deliveries", "pending", "--json"))
    assert Counter(one["edition"] for one in listed) == {"en": 5, "de": 1}
    assert " de " in command(work, "show", "--deliveries", "pending")


def test_who_sends_is_told_how_to_see_what_failed(work: SendOut) -> None:
    start(work, WEEK)
    with work.database.writing() as session:
        session.execute(update(SubscriberRow).where(SubscriberRow.id == 1).values(address="no address"))
    assert "  why some failed: digest issue show --deliveries failed --week 2026-W47" in command(work, "send")
    [failed] = json.loads(command(work, "show", "--deliveries", "failed", "--json"))
    assert (failed["attempts"], failed["code"], failed["reply"][:9]) == (0, None, "not sent:")


def test_of_a_started_issue_the_preview_lists_what_was_frozen(work: SendOut) -> None:
    choose(work, 1, language="de")
    approve(work, WEEK, "by a person")
    room = Showroom(source_of(work), work.database, work.renderer, PreviewSurroundings(work, WEEK), WEEK)
    choose(work, 2, interests="Developer Tools")
    [late] = [name for name, _, readers in room.editions() if name != "de" and readers == 1]
    assert late.startswith("en-")
    choose(work, 2, interests=None)
    start(work, WEEK)
    # Whatever readers choose from now on.
    choose(work, 1, language="en")
    choose(work, 2, interests="Developer Tools")
    assert room.editions() == [("de", "Deutsch", 1)]

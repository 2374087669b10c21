"""Case 25 as a whole: somebody with a past in every room is erased, and nothing knows them any more."""

from __future__ import annotations

import io
import json
import logging
import threading
from dataclasses import dataclass
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import inspect, select, text

from digest.catalogue.rows import ToolRow
from digest.catalogue.values import Verdict
from digest.clock import FixedClock
from digest.db import Database
from digest.issues.building import build_issue
from digest.settings import Settings
from digest.votes.rows import SavedRow, VoteRow
from digest.votes.store import cast, save
from digest.week import Week
from jobs.app import web_app
from jobs.deliveries.rows import DeliveryRow
from jobs.mailin.router import Router
from jobs.notices import send_due_notices
from jobs.sendout import SendOut
from jobs.starting import start
from subscribers import counting, joining, store, traces
from subscribers.addresses import parse_address
from subscribers.bounces.store import add_soft
from subscribers.moving.exporting import write_csv, write_jsonl
from subscribers.moving.importing import import_file
from subscribers.rows import AddressChangeRow, NoticeRow, ReaderEventRow, SoftBounceRow, SubscriberRow
from subscribers.tokens import Purpose, Tokens
from tests.factories import DESK
from tests.servers import Mailbox, mail_server
from tests.stock import stock_pair
from tests.subscribers.conftest import KEYS
from tests.subscribers.mailin.letters import letter

ADDRESS, NAME = "Wilhelmine.Forgotten@private.example.org", "Mina Lethe"
WANTED = "wilhelmine.elsewhere@private.example.org"
OTHER = "other@example.com"
TRACES = ("wilhelmine", "private.example.org", "mina", "lethe")
FIRST, SECOND = Week.parse("2026-W47"), Week.parse("2026-W48")


@dataclass
class House:
    """Everything that runs: pages, mail-in and sender over one database, and the servers mail ends in."""

    database: Database
    clock: FixedClock
    settings: Settings
    mailbox: Mailbox

    def __post_init__(self) -> None:
        self.site = TestClient(web_app(self.settings, self.database, self.clock))
        self.router = Router.of(self.settings, self.database, self.clock)
        self.work = SendOut.of(self.settings, self.database, self.clock)
        self.tokens = Tokens(KEYS, self.clock)

    def link(self, purpose: Purpose, address: str) -> str:
        with self.database.reading() as session:
            row = store.find(session, parse_address(address).key)
        assert row is not None
        return f"/{purpose}/{self.tokens.sign(purpose, row.public_id)}"

    def issue(self, week: Week, *tools: str) -> None:
        with self.database.writing() as session:
            stock_pair(session, *tools)
            build_issue(session, week, DESK, self.clock)
        start(self.work, week)

    def send(self, week: Week) -> None:
        self.work.run(week, threading.Event())

    def deliver(self, door: str) -> None:
        self.router.deliver(ADDRESS, f"{door}@news.example.com", letter(author=f"{NAME} <{ADDRESS}>"))


def live(house: House) -> None:
    """Give the reader a past: they come, choose, vote, are mailed, are refused and ask to move."""
    house.site.post("/api/v1/subscribers", json={"email": ADDRESS, "name": NAME})
    assert send_due_notices(house.work, threading.Event()) == 1
    house.site.post(house.link(Purpose.CONFIRM, ADDRESS))
    with house.database.writing() as session:
        joining.add_reader(session, parse_address(OTHER), name=None, clock=house.clock, keys=KEYS)
    house.mailbox.refuse[ADDRESS] = [f"550 5.7.1 <{ADDRESS}>: not wanted by {NAME}"]
    send_due_notices(house.work, threading.Event())
    house.mailbox.refuse[ADDRESS] = [f"550 5.7.1 <{ADDRESS}>: not wanted"]
    house.issue(FIRST)
    house.send(FIRST)
    preferences = house.link(Purpose.PREFERENCES, ADDRESS)
    for form in (
        {"choices": "save", "every_weeks": "1", "hour": "", "language": "de"},
        {"name": f"{NAME} II"},
        {"address": "ask", "email": WANTED},
    ):
        assert house.site.post(preferences, data=form).status_code == 200
    house.site.post(house.link(Purpose.PREFERENCES, OTHER), data={"address": "ask", "email": ADDRESS})
    house.deliver("unsubscribe")
    with house.database.writing() as session:
        row = store.find(session, parse_address(ADDRESS).key)
        assert row is not None
        tool = session.scalars(select(ToolRow.id)).first()
        assert tool is not None
        cast(session, row.public_id, tool, Verdict.SHIP)
        save(session, row.public_id, tool, house.clock.now())
        add_soft(session, {row.id: "4.2.2"}, house.clock.now().date())
        # Nothing of this is for nothing: there is a row of theirs to forget in each.
        for theirs in (
            NoticeRow.subscriber_id == row.id,
            ReaderEventRow.subscriber_id == row.id,
            SoftBounceRow.subscriber_id == row.id,
            AddressChangeRow.address_key == row.address_key,
            DeliveryRow.reader_id == row.id,
            VoteRow.reader == row.public_id,
            SavedRow.reader == row.public_id,
        ):
            assert session.scalar(select(1).where(theirs).limit(1))


def everything_kept(house: House) -> dict[str, str]:
    """Return all there is to read, by where it is: every column, export and count, and the files."""
    found = {}
    with house.database.reading() as session:
        for table in inspect(house.database.engine).get_table_names():
            rows = session.execute(text(f'SELECT * FROM "{table}"')).all()
            found[table] = "\n".join(repr(tuple(row)) for row in rows)
        for write in (write_csv, write_jsonl):
            out = io.StringIO()
            write(store.readers(session, house.clock.now()), out)
            found[write.__name__] = out.getvalue()
        found["stats"] = json.dumps(counting.count_by_status(session, house.clock.now()))
    if house.database.file is not None:
        for path in house.database.file.parent.glob(f"{house.database.file.name}*"):
            found[path.name] = path.read_bytes().decode("latin-1")
    return found


def settings_for(database: Database, port: int) -> Settings:
    doors = {door: f"{door}@news.example.com" for door in ("subscribe", "unsubscribe")}
    return Settings.model_validate(
        {
            "database": {"url": database.url.render_as_string(hide_password=False)},
            "smtp": {"url": f"smtp://127.0.0.1:{port}"},
            "mailin": doors,
            "web": {"secret_key": KEYS[0], "old_secret_keys": list(KEYS[1:])},
        }
    )


@pytest.mark.both_databases
def test_case_25_whoever_is_erased_is_nowhere_and_stays_suppressed(
    database: Database, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        house = House(database, clock, settings_for(database, port), mailbox)
        live(house)
        clock.at += timedelta(days=7)
        house.issue(SECOND, "Anvil", "Bellows")
        assert any(TRACES[0] in kept.lower() for kept in everything_kept(house).values())
        assert house.site.post(f"{house.link(Purpose.PREFERENCES, ADDRESS)}/erase").status_code == 200
        mailbox.tried.clear()
        # The issue was begun with them; and whatever can put an address on the list is asked to.
        house.send(SECOND)
        file = io.BytesIO(f"email,name,status\n{ADDRESS},{NAME},confirmed\n".encode())
        report = import_file(house.database, file, "again.csv", clock=house.clock, keys=KEYS)
        assert (report.added.total(), report.suppressed) == (0, 1)
        form = {"email": ADDRESS, "name": NAME}
        assert house.site.post("/subscribe", data=form).status_code == 200
        assert house.site.post("/api/v1/subscribers", json=form).status_code == 202
        for door in ("subscribe", "unsubscribe"):
            house.deliver(door)
        asked = house.site.post(
            house.link(Purpose.PREFERENCES, OTHER), data={"address": "ask", "email": ADDRESS}
        )
        assert asked.status_code == 200
        send_due_notices(house.work, threading.Event())
    assert set(mailbox.tried) == {OTHER}
    with house.database.writing() as session:
        assert [row.address for row in session.scalars(select(SubscriberRow))] == [OTHER]
        # What the other one has just typed is theirs, until it is overtaken or a fortnight old.
        assert session.scalars(select(AddressChangeRow.address)).all() == [ADDRESS]
        for row in session.scalars(select(AddressChangeRow)):
            session.delete(row)
    traces.remove(house.database, house.clock)
    # The browser and the receiving server of this test are no part of the product.
    ours = [one for one in caplog.records if one.name not in ("httpx", "mail.log")]
    logged = "\n".join(caplog.handler.format(one) for one in ours)
    for where, kept in {**everything_kept(house), "logs": logged}.items():
        for trace in TRACES:
            assert trace not in kept.lower(), where

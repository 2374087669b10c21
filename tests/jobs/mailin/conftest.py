"""A router over the test's database, and a server in front of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select

from digest.clock import SystemClock
from digest.db import Database
from digest.settings import LimitsSettings
from jobs.cli.http import listen
from jobs.mailin.router import Bounces, Router
from jobs.mailin.server import House, Listener, receiving
from subscribers.asking import Door
from subscribers.rows import NoticeRow, SubscriberRow
from subscribers.tokens import Tokens
from tests.jobs.mailin.bouncing import Bounced
from tests.subscribers.conftest import KEYS
from tests.subscribers.mailin.letters import DOORS

Serve = Callable[..., AbstractContextManager[int]]


@pytest.fixture
def bounced() -> Bounced:
    return Bounced()


@pytest.fixture
def router(database: Database, bounced: Bounced) -> Router:
    clock = SystemClock()
    bounces = Bounces("bounces@news.example.com", bounced)
    entrance = Door(database, clock, KEYS, LimitsSettings())
    return Router(database, clock, KEYS, Tokens(KEYS, clock), DOORS, entrance, "mx.example.com", bounces)


@pytest.fixture
def serve(router: Router) -> Serve:
    """Serve on a free port of loopback while the block runs; give the port."""

    @contextmanager
    def serving(
        lmtp: bool = True,
        connections: int = 20,
        seconds: float = 60,
        over: Router = router,
        lifetime: float = 600,
    ) -> Iterator[int]:
        with listen("127.0.0.1", 0) as listener:
            house = House(
                "news.example.com", connections, timedelta(seconds=seconds), timedelta(seconds=lifetime)
            )
            with receiving([Listener(listener, lmtp)], over, house):
                yield listener.getsockname()[1]

    return serving


@pytest.fixture
def standing(database: Database) -> Callable[[], dict[str, str]]:
    """Return where each reader stands, by address."""

    def statuses() -> dict[str, str]:
        with database.reading() as session:
            return dict(session.execute(select(SubscriberRow.address, SubscriberRow.status)).all())

    return statuses


@pytest.fixture
def mails(database: Database) -> Callable[[], list[str]]:
    """Return the kinds of all mails that were queued."""

    def kinds() -> list[str]:
        with database.reading() as session:
            return list(session.scalars(select(NoticeRow.kind).order_by(NoticeRow.id)))

    return kinds

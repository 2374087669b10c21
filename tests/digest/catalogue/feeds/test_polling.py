"""Polling a live site: what is stored, when the next turn is, and what a failure does."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from digest.catalogue.feeds import store
from digest.catalogue.feeds.answers import FetchError
from digest.catalogue.feeds.arriving import Overtaken, Taken, take_in
from digest.catalogue.feeds.polling import PollResult, due, next_turn, poll
from digest.catalogue.feeds.states import SourceState, states
from digest.catalogue.rows import FeedRow, ToolRow
from digest.clock import FixedClock
from digest.db import Database
from digest.errors import BadInput, NotFound
from digest.settings import Settings, SourceSettings
from tests.stock import NOW
from tests.websites import Site

HOUR = timedelta(hours=1)
KIND = "application/feed+json"


def feed(*titles: str) -> str:
    items = [{"id": str(number), "title": title} for number, title in enumerate(titles)]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items})


class Newsroom:
    """A database, a clock and sources that all live on one site."""

    def __init__(self, database: Database, **urls: str) -> None:
        self.database = database
        self.clock = FixedClock(NOW)
        self.settings = self.named(**urls)

    def named(self, **urls: str) -> Settings:
        sources = {
            name: SourceSettings(url=url, every=6 * HOUR, hosts=("127.0.0.1",)) for name, url in urls.items()
        }
        return Settings(sources=sources)

    def poll(self, *names: str, force: bool = False) -> list[PollResult]:
        return poll(self.database, self.settings, self.clock, names, force=force)

    def poll_after(self, wait: timedelta) -> PollResult:
        self.clock.at += wait
        (result,) = self.poll()
        return result

    def state(self, name: str = "news") -> SourceState:
        with self.database.reading() as session:
            found = {one.name: one for one in states(session, self.settings, self.clock.now())}
        return found[name]

    def slugs(self) -> list[str]:
        with self.database.reading() as session:
            return list(session.scalars(select(ToolRow.slug).order_by(ToolRow.slug)))


@pytest.fixture
def room(database: Database, site: Site) -> Newsroom:
    return Newsroom(database, news=site.put("/news", feed("Loupe", "Lantern"), kind=KIND))


def test_a_poll_brings_drafts_and_sets_the_next_turn(room: Newsroom) -> None:
    (result,) = room.poll()
    assert (result.name, result.taken.new, result.error) == ("news", ("loupe", "lantern"), None)
    assert room.slugs() == ["lantern", "loupe"]
    state = room.state()
    assert (state.state, state.succeeded_at, state.next_at) == ("good", NOW, NOW + 6 * HOUR)


def test_rss_is_read_on_the_way_from_site_to_catalogue(database: Database, site: Site) -> None:
    item = "<item><title>Loupe &#8211; reads a page</title><guid>1</guid></item>"
    url = site.put("/rss", f"<rss version='2.0'><channel>{item}</channel></rss>", kind="text/xml")
    room = Newsroom(database, news=url)
    assert room.poll()[0].taken.new == ("loupe",)


def test_a_source_is_polled_when_it_is_due_and_not_before(room: Newsroom, site: Site) -> None:
    assert due(room.database, room.settings, room.clock) == ["news"]
    room.poll()
    assert room.poll() == []
    assert due(room.database, room.settings, room.clock) == []
    room.clock.at += 6 * HOUR
    assert due(room.database, room.settings, room.clock) == ["news"]
    assert len(room.poll()) == 1
    assert site.paths == ["/news", "/news"]


def test_by_force_it_is_polled_now(room: Newsroom, site: Site) -> None:
    room.poll()
    assert room.poll(force=True)[0].taken.unchanged == 2
    assert site.paths == ["/news", "/news"]


def test_an_unchanged_feed_is_not_sent_again(room: Newsroom, site: Site) -> None:
    site.put("/news", feed("Loupe"), kind=KIND, headers={"ETag": '"1"', "Last-Modified": "yesterday"})
    room.poll()
    site.put("/news", status=304)
    assert room.poll_after(6 * HOUR) == PollResult("news", not_modified=True)
    assert site.asked[-1][1]["If-None-Match"] == '"1"'
    assert room.poll_after(6 * HOUR).not_modified
    assert site.asked[-1][1]["If-None-Match"] == '"1"'
    assert room.state().succeeded_at == room.clock.now()


def test_a_feed_that_could_not_be_read_is_sent_again(room: Newsroom, site: Site) -> None:
    site.put("/news", "{", kind=KIND, headers={"ETag": '"1"'})
    assert "not JSON" in str(room.poll()[0].error)
    room.poll_after(6 * HOUR)
    assert "If-None-Match" not in site.asked[-1][1]


def test_a_failing_source_waits_longer_each_time_and_recovers(room: Newsroom, site: Site) -> None:
    site.put("/news", status=500)
    waits = []
    for _ in range(4):
        room.clock.at = room.state().next_at or room.clock.at
        (result,) = room.poll()
        assert "is out of order (500)" in str(result.error)
        waits.append((room.state().next_at or NOW) - room.clock.at)
    assert waits == [6 * HOUR, 12 * HOUR, 24 * HOUR, 24 * HOUR]
    assert (room.state().state, room.state().failures) == ("failing", 4)
    site.put("/news", feed("Loupe"), kind=KIND)
    assert room.poll_after(24 * HOUR).taken.new == ("loupe",)
    assert (room.state().state, room.state().failures, room.state().error) == ("good", 0, None)


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(room: Newsroom, site: Site, status: int) -> None:
    site.put("/news", status=status, headers={"Retry-After": str(36 * 3600)})
    room.poll()
    assert room.state().next_at == NOW + 36 * HOUR


def test_what_is_gone_for_good_is_left_alone_until_it_has_another_url(room: Newsroom, site: Site) -> None:
    site.put("/news", status=410)
    assert "is gone for good (410)" in str(room.poll()[0].error)
    assert (room.state().state, room.state().next_at) == ("gone", None)
    room.clock.at += timedelta(days=3_000)
    assert room.poll() == []
    room.settings = room.named(news=site.put("/other", feed("Loupe"), kind=KIND))
    assert room.state().state == "waiting"
    assert room.poll()[0].taken.new == ("loupe",)


def test_another_url_begins_without_the_old_ones_etag(room: Newsroom, site: Site) -> None:
    site.put("/news", feed("Loupe"), kind=KIND, headers={"ETag": '"1"'})
    room.poll()
    room.settings = room.named(news=site.put("/other", feed("Loupe", "Lantern"), kind=KIND))
    assert room.poll()[0].taken.new == ("lantern",)
    assert "If-None-Match" not in site.asked[-1][1]


def test_one_failing_source_holds_up_no_other(room: Newsroom, site: Site) -> None:
    room.settings = room.named(bad=site.url + "/nowhere", news=site.url + "/news")
    bad, good = room.poll()
    assert "is not there (404)" in str(bad.error)
    assert good.taken.new == ("loupe", "lantern")


def test_a_private_address_is_refused_with_what_to_write(room: Newsroom, site: Site) -> None:
    room.settings = Settings(sources={"news": SourceSettings(url=site.url + "/news")})
    assert 'allow it with hosts = ["127.0.0.1"]' in str(room.poll()[0].error)
    assert site.asked == []


def test_a_move_for_good_is_told(room: Newsroom, site: Site) -> None:
    room.settings = room.named(news=site.redirect("/old", "/news", status=301))
    expected = f"has moved for good to {site.url}/news; write that url into digest.toml"
    assert room.poll()[0].taken.remarks == (expected,)


def test_a_bad_tool_among_good_ones_is_refused_alone(room: Newsroom, site: Site) -> None:
    site.put("/news", '[{"name": "Loupe"}, {"name": ""}]', kind="application/json")
    (result,) = room.poll()
    assert result.taken.new == ("loupe",)
    assert result.taken.refused == ("tools[1]: name: expected a text",)


def test_a_source_that_is_not_set_up_is_said_with_the_likely_one(room: Newsroom) -> None:
    with pytest.raises(NotFound, match=r"there is no source nwes; did you mean news\?"):
        room.poll("nwes")


def test_of_two_pollers_at_once_one_fetches(room: Newsroom, site: Site) -> None:
    barrier = threading.Barrier(2)
    results: list[PollResult] = []

    def work() -> None:
        barrier.wait(10)
        results.extend(room.poll())

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [result.taken.new for result in results] == [("loupe", "lantern")]
    assert site.paths == ["/news"]


def test_whoever_lost_the_feed_to_another_process_stores_nothing(room: Newsroom, site: Site) -> None:
    class Overtaken(FixedClock):
        """Another process takes the feed over between this one's fetch and its storing."""

        def now(self) -> datetime:
            if site.asked:
                with room.database.writing() as session:
                    session.scalars(select(FeedRow)).one().next_at = NOW + HOUR
            return self.at

    room.clock = Overtaken(NOW)
    assert room.poll() == []
    assert room.slugs() == []


def test_a_store_that_somebody_interfered_with_is_done_again(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def sometimes(*given: Any, **terms: Any) -> Taken:
        tries.append(given)
        if len(tries) < 3:
            raise Overtaken("the catalogue changed")
        return take_in(*given, **terms)

    monkeypatch.setattr("digest.catalogue.feeds.polling.take_in", sometimes)
    assert room.poll()[0].taken.new == ("loupe", "lantern")


def test_a_claim_that_nobody_finished_runs_out(room: Newsroom, site: Site) -> None:
    url = site.url + "/news"
    with room.database.writing() as session:
        until = NOW + timedelta(minutes=5)
        assert store.claim(session, "news", url, now=NOW, until=until, force=False) is not None
    assert room.poll() == []
    assert room.poll_after(timedelta(minutes=5)).taken.new == ("loupe", "lantern")


@pytest.mark.parametrize(
    ("values", "wait"),
    [
        ({"failures": 0}, HOUR),
        ({"failures": 3}, 8 * HOUR),
        ({"failures": 5_000}, 24 * HOUR),
        ({"failures": 3, "every": timedelta(days=30)}, timedelta(days=30)),
        ({"failures": 0, "error": FetchError("x", retry_after="60")}, HOUR),
        ({"failures": 0, "error": FetchError("x", retry_after="999999999")}, timedelta(days=7)),
        ({"failures": 0, "error": FetchError("x", retry_after="soon")}, HOUR),
    ],
)
def test_the_next_turn_after_a_failure(values: dict[str, Any], wait: timedelta) -> None:
    every, error = values.get("every", HOUR), values.get("error", BadInput("x"))
    assert next_turn(every, values["failures"], error, NOW) == NOW + wait

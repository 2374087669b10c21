"""The bounds on sign-ups, in the database and in Redis alike."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from shutil import which

import pytest
from redis import Redis
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as NoConnection
from redis.retry import Retry
from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.clock import FixedClock
from digest.settings import LimitsSettings
from subscribers.abuse.limits import Limits
from subscribers.addresses import parse_address
from subscribers.rows import RateRow
from tests.processes import free_port, require

pytestmark = pytest.mark.both_databases

Try = Callable[..., str | None]
NONE = {"client": "", "network": "", "address": "", "domain": "", "overall": ""}


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis of our own on loopback; without it the test is skipped, but not in CI."""
    program = Path(which("redis-server") or "/usr/bin/redis-server")
    require(program, "redis-server")
    port = free_port()
    words = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    server = subprocess.Popen(
        [program, *words], cwd=tmp_path_factory.mktemp("redis"), stdout=subprocess.DEVNULL
    )
    try:
        patient = Retry(ConstantBackoff(0.05), 200, supported_errors=(NoConnection,))
        Redis(port=port, retry=patient).ping()
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture(params=["database", "redis"])
def storage(request: pytest.FixtureRequest) -> str:
    if request.param == "database":
        return "database"
    url: str = request.getfixturevalue("redis_url")
    Redis.from_url(url).flushall()
    return url


@pytest.fixture
def trying(session: Session, clock: FixedClock, keys: tuple[str, ...], storage: str) -> Callable[..., Try]:
    """Return a function that makes limits, and gives one that tries a sign-up against them."""

    def made(**bounds: str) -> Try:
        settings = LimitsSettings.model_validate(NONE | bounds | {"storage": storage})
        limits = Limits(settings, keys)

        def attempt(email: str = "ann@example.com", client: str | None = "192.0.2.1") -> str | None:
            where = None if client is None else ip_address(client)
            return limits.exceeded(session, clock, address=parse_address(email), client=where)

        return attempt

    return made


def test_one_client_tries_so_often(trying: Callable[..., Try]) -> None:
    attempt = trying(client="2/10m")
    assert [attempt(f"a{n}@example.com") for n in range(4)] == [None, None, "client", "client"]
    assert attempt(client="192.0.2.2") is None


def test_case_19_a_client_that_walks_through_its_ipv6_network_is_one(trying: Callable[..., Try]) -> None:
    attempt = trying(client="2/10m", network="4/10m")
    inside = [attempt(client=f"2001:db8:0:1::{n}") for n in range(3)]
    assert inside == [None, None, "client"]
    beside = [attempt(client=f"2001:db8:0:{n}::1") for n in range(2, 6)]
    assert beside == [None, None, "network", "network"]


def test_case_19_an_ipv4_network_is_bounded_as_a_whole(trying: Callable[..., Try]) -> None:
    attempt = trying(network="3/10m")
    assert [attempt(client=f"192.0.2.{n}") for n in range(5)] == [None] * 3 + ["network"] * 2
    assert attempt(client="198.51.100.1") is None


def test_case_19_one_mailbox_is_asked_for_so_often_from_wherever(trying: Callable[..., Try]) -> None:
    attempt = trying(address="2/1d")
    said = [attempt(f"vic.tim+{n}@gmail.com", client=f"192.0.{n}.1") for n in range(4)]
    assert said == [None, None, "address", "address"]


def test_one_domain_and_all_together_have_their_bounds(trying: Callable[..., Try]) -> None:
    attempt = trying(domain="2/1h", overall="3/1h")
    assert [attempt(f"a{n}@one.example.com") for n in range(3)] == [None, None, "domain"]
    assert attempt("a@two.example.com") is None
    assert attempt("a@three.example.com") == "overall"


def test_one_client_cannot_use_up_what_everybody_shares(trying: Callable[..., Try]) -> None:
    attempt = trying(client="1/10m", overall="3/1h")
    for _ in range(50):
        attempt()
    assert attempt(client="198.51.100.1") is None


def test_who_is_not_known_is_not_counted_as_one_client(trying: Callable[..., Try]) -> None:
    attempt = trying(client="1/10m", network="1/10m", overall="3/1h")
    assert [attempt(client=None) for _ in range(4)] == [None, None, None, "overall"]


def test_an_empty_bound_is_none(trying: Callable[..., Try]) -> None:
    attempt = trying()
    assert [attempt() for _ in range(20)] == [None] * 20


def test_a_long_window_counts_what_a_short_one_refused(
    session: Session, clock: FixedClock, keys: tuple[str, ...]
) -> None:
    limits = Limits(LimitsSettings.model_validate(NONE | {"client": "1/10m, 4/1d"}), keys)
    address, client = parse_address("ann@example.com"), ip_address("192.0.2.1")
    said = []
    for _ in range(4):
        said.append(limits.exceeded(session, clock, address=address, client=client))
        said.append(limits.exceeded(session, clock, address=address, client=client))
        clock.at += timedelta(minutes=10)
    assert said == [None, "client", None, "client", "client", "client", "client", "client"]


def test_no_address_stands_in_the_table(session: Session, clock: FixedClock, keys: tuple[str, ...]) -> None:
    limits = Limits(LimitsSettings(), keys)
    limits.exceeded(session, clock, address=parse_address("ann@example.com"), client=ip_address("192.0.2.1"))
    keep = " ".join(session.scalars(select(RateRow.key)))
    assert "sign-up/domain/" in keep
    assert not any(word in keep for word in ("ann", "example", "192.0.2"))


def test_a_stamp_is_used_once(session: Session, clock: FixedClock, keys: tuple[str, ...]) -> None:
    limits = Limits(LimitsSettings(), keys)
    assert [limits.used(session, clock, "a-nonce") for _ in range(2)] == [False, True]
    assert not limits.used(session, clock, "another")


def test_a_redis_that_is_gone_holds_nobody_up(
    session: Session, clock: FixedClock, keys: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    url = f"redis://127.0.0.1:{free_port()}/0"
    limits = Limits(LimitsSettings.model_validate({"client": "1/1h", "storage": url}), keys)
    address = parse_address("ann@example.com")
    for _ in range(2):
        assert limits.exceeded(session, clock, address=address, client=ip_address("192.0.2.1")) is None
    assert not limits.used(session, clock, "a-nonce")
    assert "[limits] storage: ConnectionError" in caplog.text
    assert "ann@" not in caplog.text

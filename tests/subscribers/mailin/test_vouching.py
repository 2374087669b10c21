"""Whom the operator's own mail server vouches for."""

from __future__ import annotations

import pytest

from subscribers.addresses import parse_address
from subscribers.mailin.vouching import Vouched, vouched
from tests.subscribers.mailin.letters import READER, mail

OURS = "mx.example.com"


def found(*headers: str, authserv_id: str | None = OURS) -> Vouched:
    return vouched(mail(*headers), parse_address(READER), authserv_id)


@pytest.mark.parametrize(
    "header",
    [
        "Authentication-Results: mx.example.com; dmarc=pass (p=none dis=none) header.from=example.org",
        "Authentication-Results: mx.example.com 1; spf=fail; dmarc=pass header.from=example.org",
        "Authentication-Results: mx.example.com (Debian); dmarc = PASS header.from=Example.ORG",
        "Authentication-Results: mx.example.com;\r\n\tdkim=pass;\r\n dmarc=pass header.from=example.org",
    ],
)
def test_a_pass_of_our_own_server_is_believed(header: str) -> None:
    assert found(header) is Vouched.YES


@pytest.mark.parametrize(
    "header",
    [
        "Authentication-Results: mx.example.com; none",
        "Authentication-Results: mx.example.com; dmarc=none header.from=example.org",
        "Authentication-Results: mx.example.com; dmarc=pass header.from=example.net",
        "Authentication-Results: mx.example.com; dmarc=pass",
        "Authentication-Results: mx.example.com; spf=pass; dkim=pass",
        "Authentication-Results: other.example.com; dmarc=pass header.from=example.org",
        "Authentication-Results: xmx.example.com; dmarc=pass header.from=example.org",
        "Authentication-Results: (mx.example.com) evil; dmarc=pass header.from=example.org",
        "Authentication-Results: " + "(" * 1900,
    ],
)
def test_anything_else_proves_nothing(header: str) -> None:
    assert found(header) is Vouched.UNKNOWN


def test_nobody_is_believed_without_a_name() -> None:
    header = "Authentication-Results: mx.example.com; dmarc=pass header.from=example.org"
    assert found(header, authserv_id=None) is Vouched.UNKNOWN


def test_a_failure_outweighs_a_pass_that_slipped_through() -> None:
    line = "Authentication-Results: mx.example.com; dmarc={} header.from=example.org"
    assert found(line.format("fail"), line.format("pass")) is Vouched.NO
    assert found(line.format("pass"), line.format("none")) is Vouched.UNKNOWN

"""Who a request is counted as."""

from __future__ import annotations

import pytest

from subscribers.abuse.clients import client_address, client_part, network_part

LOOPBACK = ("127.0.0.1", "::1")


@pytest.mark.parametrize(
    ("host", "client", "network"),
    [
        ("192.0.2.77", "192.0.2.77/32", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("::ffff:192.0.2.77", "192.0.2.77/32", "192.0.2.0/24"),
        ("fe80::1%eth0", "fe80::/64", "fe80::/48"),
    ],
)
def test_a_machine_counts_with_its_network(host: str, client: str, network: str) -> None:
    address = client_address(host, LOOPBACK)
    assert address is not None
    assert (client_part(address), network_part(address)) == (client, network)


@pytest.mark.parametrize("host", [None, "", "127.0.0.1", "::1", "10.1.2.3", "testclient", "unix:"])
def test_a_proxy_that_does_not_say_for_whom_it_asks_is_nobody(host: str | None) -> None:
    assert client_address(host, (*LOOPBACK, "10.0.0.0/8")) is None

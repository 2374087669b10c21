import pytest

from digest.catalogue.feeds.addresses import is_public


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "2a00:1450:4001::8a"])
def test_hosts_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1", "224.0.0.1", "239.1.1.1"),
        *("240.0.0.1", "255.255.255.255"),
        *("::", "::1", "fe80::1", "fe80::1%1", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "5f00::1"),
        *("100::1", "2001:db8::1", "2001::1", "64:ff9b:1::1"),
    ],
)
def test_everything_else_is_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1", "224.0.0.1"])
@pytest.mark.parametrize("dress", ["::ffff:{0}", "::{0}", "64:ff9b::{0}", "::ffff:0:{0}"])
def test_a_private_address_stays_private_inside_an_ipv6_one(inside: str, dress: str) -> None:
    assert not is_public(dress.format(inside))


def test_6to4_counts_as_the_address_inside() -> None:
    assert not is_public("2002:7f00:1::1")
    assert not is_public("2002:a9fe:a9fe::")
    assert is_public("2002:808:808::1")


def test_nat64_and_mapped_addresses_of_public_hosts_are_public() -> None:
    assert is_public("64:ff9b::8.8.8.8")
    assert is_public("::ffff:8.8.8.8")


def test_what_is_no_address_is_an_error() -> None:
    with pytest.raises(ValueError, match="localhost"):
        is_public("localhost")

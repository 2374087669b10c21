"""Which addresses are ours, and what they are for."""

from __future__ import annotations

import pytest

from digest.errors import BadInput
from digest.settings import read_settings
from subscribers.mailin.doors import Door, Doors, Recipient
from subscribers.mailin.tags import read_leaving_tag

DOORS = Doors(
    list="digest@example.com",
    subscribe="Subscribe@news.example.com",
    unsubscribe="unsubscribe@news.example.com",
    bounces="bounces@news.example.com",
)


@pytest.mark.parametrize(
    ("address", "recipient"),
    [
        ("digest@example.com", Recipient(Door.LIST)),
        ("subscribe@news.example.com", Recipient(Door.SUBSCRIBE)),
        ("SUBSCRIBE@News.Example.Com", Recipient(Door.SUBSCRIBE)),
        ("anything+subscribe@news.example.com", Recipient(Door.SUBSCRIBE)),
        ("digest+subscribe@example.com", Recipient(Door.SUBSCRIBE)),
        ("digest+unsubscribe@example.com", Recipient(Door.UNSUBSCRIBE)),
        ("unsubscribe@news.example.com", Recipient(Door.UNSUBSCRIBE)),
        ("unsubscribe+ABC234@news.example.com", Recipient(Door.UNSUBSCRIBE, "abc234")),
        ("unsubscribe+@news.example.com", Recipient(Door.UNSUBSCRIBE)),
        ("bounces+abc@news.example.com", Recipient(Door.BOUNCES, "abc")),
        ("bounces@news.example.com", Recipient(Door.BOUNCES)),
    ],
)
def test_an_address_of_ours_is_known(address: str, recipient: Recipient) -> None:
    assert DOORS.find(address) == recipient


@pytest.mark.parametrize(
    "address",
    [
        "",
        "subscribe",
        "@",
        "subscribe@",
        "subscribe@example.org",
        "digest+subscribe@example.org",
        "digest+help@example.com",
        "somebody@example.com",
        "subscribe+x@news.example.com",
        "subscribe@news.example.com@example.org",
        "subscribe%example.org@news.example.com",
        "subscribe@news.example.com.",
    ],
)
def test_any_other_address_is_none_of_ours(address: str) -> None:
    assert DOORS.find(address) is None


def test_without_a_setting_only_the_lists_own_address_is_open() -> None:
    doors = Doors.of(read_settings({}))
    assert doors.find("digest@example.com") == Recipient(Door.LIST)
    assert doors.find("digest+subscribe@example.com") == Recipient(Door.SUBSCRIBE)
    assert doors.find("subscribe@example.com") is None
    assert doors.leave_at(("key",))("reader") == ""


def test_an_address_to_leave_at_has_no_longer_name_than_mail_can_carry() -> None:
    leave_at = Doors("digest@example.com", unsubscribe="unsubscribe@example.com").leave_at(("key",))
    assert len(leave_at("x" * 20).partition("@")[0]) == 64
    with pytest.raises(BadInput, match="the way to leave"):
        leave_at("x" * 21)


def test_the_address_to_leave_at_comes_back_as_a_tag() -> None:
    address = DOORS.leave_at(("key",))("AAECAwQFBgcICQoLDA0ODw")
    found = DOORS.find(address)
    assert found is not None
    assert found.door is Door.UNSUBSCRIBE
    assert read_leaving_tag(("key",), found.tag) == "AAECAwQFBgcICQoLDA0ODw"

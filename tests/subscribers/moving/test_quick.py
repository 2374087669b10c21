"""What is told at sight is what a close look says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.errors import BadInput
from subscribers.addresses import clean_name, parse_address
from subscribers.moving import quick

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

local = st.text("aZ09_.+&'~#/=-|%! @\"", min_size=1, max_size=70)
labels = st.lists(st.text("aZ09-_", min_size=1, max_size=66), min_size=1, max_size=6)
tops = st.sampled_from(
    ["com", "org", "COM", "test", "local", "invalid", "arpa", "onion", "localhost", "c1", "x", "xn--a"]
)
addresses = st.builds(lambda one, parts, top: f"{one}@{'.'.join([*parts, top])}", local, labels, tops)


@given(addresses)
@example("Ann.Lee+x@Mail.Example.COM")
@example("a@" + "b" * 63 + ".com")
@example("a@xn--bcher-kva.example")
@example("a@ab--c.com")
@example("a" * 65 + "@b.com")
@example("a..b@c.com")
@example(".a@c.com")
@example("a.@c.com")
@example("a@b.com\n")
@example("a@127.0.0.1")
def test_an_address_taken_at_sight_is_one_that_the_check_takes(text: str) -> None:
    usual = quick._USUAL.fullmatch(text)
    if usual is not None:
        checked = parse_address(text)
        assert quick.address_of(text) == (checked.display, checked.key)


@pytest.mark.parametrize("text", ["Ann.Lee+x@Mail.Example.COM", "o'brien@b-c.co.uk", "x_1@9gag.com"])
def test_usual_addresses_are_taken_at_sight(text: str) -> None:
    assert quick._USUAL.fullmatch(text)


@pytest.mark.parametrize(
    ("cell", "key"),
    [
        (" ann@example.com ", "ann@example.com"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@list.test", "ann@list.test"),
    ],
)
def test_other_addresses_are_looked_at_closely(cell: str, key: str) -> None:
    assert quick.address_of(cell)[1] == key


@given(st.text(max_size=120))
@example("Ann  ")
@example("a" * 101)
@example("e\u0301")
@example("a\x7f")
def test_a_name_is_what_the_check_makes_of_it(text: str) -> None:
    try:
        name = clean_name(text.strip())
    except BadInput:
        with pytest.raises(BadInput):
            quick.name_of(text)
    else:
        if not text.strip().startswith("'"):
            assert quick.name_of(text) == name


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2018-02-05 19:28:23", datetime(2018, 2, 5, 19, 28, 23, tzinfo=UTC)),
        ("2018-08-27T15:06:27.713Z", datetime(2018, 8, 27, 15, 6, 27, 713000, tzinfo=UTC)),
        ("2023-03-24 10:23:10 UTC", datetime(2023, 3, 24, 10, 23, 10, tzinfo=UTC)),
        ("2024-01-02 15:04:05.123456 +0000 UTC", datetime(2024, 1, 2, 15, 4, 5, 123456, tzinfo=UTC)),
        ("2024-01-02 15:04:05.123456789 +0200 CEST", None),
        ("2024-01-02", datetime(2024, 1, 2, tzinfo=UTC)),
        ("2099-01-02", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("0001-01-01 00:00:00 +0000 UTC", None),
        ("01/02/2024", None),
        ("yesterday", None),
    ],
)
def test_a_time_is_read_where_it_is_beyond_doubt(cell: str, moment: datetime | None) -> None:
    assert quick.moment_of(cell, NOW) == moment

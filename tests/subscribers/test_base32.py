"""Base32 in small letters, beside the standard library's."""

from __future__ import annotations

from base64 import b32encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.base32 import base32, from_base32

data = st.binary(max_size=40)


@given(data)
def test_the_letters_are_those_of_the_standard_library(some: bytes) -> None:
    assert base32(some) == b32encode(some).decode().rstrip("=").lower()


@given(data)
def test_it_is_read_back_in_capitals_too(some: bytes) -> None:
    assert from_base32(base32(some)) == from_base32(base32(some).upper()) == some


@pytest.mark.parametrize("text", ["a", "abc", "0", "ß", "ab=cd", "a b", "a" * 65, "a" * 5000])
def test_what_is_no_base32_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        from_base32(text)


def test_what_no_address_could_hold_is_refused() -> None:
    assert len(base32(bytes(40))) == 64
    with pytest.raises(ValueError, match="41 bytes do not fit into 64 letters"):
        base32(bytes(41))

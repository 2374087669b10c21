"""One way to make a keyed hash, and the bytes of those that are stored already."""

from __future__ import annotations

import hmac

from hypothesis import example, given
from hypothesis import strategies as st

from digest.keyed import hasher, hashers, keyed, stand_in
from digest.rendering.slots import sentinel_for
from subscribers.addresses import address_hash

KEY = "a key of the tests, thirty letters"
ADDRESS = "reader@example.com"


def test_what_is_stored_already_keeps_its_bytes() -> None:
    suppressed = address_hash(KEY.encode(), ADDRESS)
    assert suppressed == "47aa71146ebd671fdeb342534f416859e9ca5ff9e4c1f6dc5227d124deea0a5a"
    assert sentinel_for(KEY.encode(), "2026-W47") == "scbc7c14bcb2a64364653c22f"


@given(st.binary(max_size=130), st.binary(max_size=100), st.binary(max_size=200))
@example(b"k" * 64, b"", b"")
@example(b"k" * 65, b"", b"")
def test_a_key_worked_in_once_makes_the_standard_librarys_hashes(
    key: bytes, prefix: bytes, value: bytes
) -> None:
    hashed = hasher(key, prefix)
    assert hashed(value) == hashed(value) == hmac.digest(key, prefix + value, "sha256")
    assert hashers((key, b"k"))(value) == [hmac.digest(one, value, "sha256") for one in (key, b"k")]
    assert keyed(key, "purpose", value) == hmac.digest(key, b"purpose:" + value, "sha256")


def test_a_stand_in_tells_nothing_without_the_key_and_is_another_for_each_purpose() -> None:
    kept = {stand_in(key, purpose, ADDRESS) for key in ("k1", "k2") for purpose in ("client", "consent")}
    assert len(kept) == 4
    assert all(len(one) == 32 and "reader" not in one for one in kept)
    assert stand_in("k1", "client", ADDRESS) == keyed(b"k1", "client", ADDRESS.encode()).hex()[:32]

"""Tokens in an address: short enough, whatever their case, and only ours."""

from __future__ import annotations

import base64
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.mailin.tags import leaving_tags, read_leaving_tag
from subscribers.tokens import BadToken

NEW, OLD = "the newest key, thirty-two letters", "an older key, still good to verify"


@given(st.binary(min_size=16, max_size=16).map(lambda raw: base64.urlsafe_b64encode(raw)[:22].decode()))
def test_a_tag_names_its_reader_and_fits_a_local_part_in_any_case(public_id: str) -> None:
    tag = leaving_tags(NEW)(public_id)
    assert len(tag) <= 45
    assert tag.isalnum() and tag.islower()
    assert len(f"unsubscribe+{tag}") <= 64
    assert read_leaving_tag((NEW,), tag) == read_leaving_tag((NEW,), tag.upper()) == public_id


def test_a_reader_with_another_kind_of_id_has_one_too() -> None:
    assert read_leaving_tag((NEW,), leaving_tags(NEW)("sample-reader")) == "sample-reader"


@pytest.mark.parametrize(
    ("public_id", "tag"),
    [
        ("AAECAwQFBgcICQoLDA0ODw", "aaaqeayeaudaocajbifqydiob4sk2afnyktjg33tphrfm"),
        ("_-_-_-_-_-_-_-_-_-_-_Q", "77x7577p737677x7577p73767wmodh3kmgrlq5q6bmlts"),
        # Spare bits that are not 0, signs of plain base64: no sixteen bytes are read back as these.
        ("AAECAwQFBgcICQoLDA0ODx", "ifaukq2bo5iumqthmneugulpjrcecmcpir4krhw6bdyy3o5szv3yceq"),
        ("sample-reader", "onqw24dmmuwxezlbmrsxfuskhns3yi2m35wrnoqu"),
    ],
)
def test_the_tags_in_mails_on_their_way_stay_as_they_are(public_id: str, tag: str) -> None:
    assert leaving_tags("the newest key")(public_id) == tag


@given(st.text("AQgwx_-+/=!", min_size=22, max_size=22))
def test_any_22_letters_are_read_back_as_they_were(public_id: str) -> None:
    assert read_leaving_tag((NEW,), leaving_tags(NEW)(public_id)) == public_id


def test_a_tag_of_a_rotated_key_works_and_one_of_a_foreign_key_does_not() -> None:
    public_id = secrets.token_urlsafe(16)
    assert read_leaving_tag((NEW, OLD), leaving_tags(OLD)(public_id)) == public_id
    with pytest.raises(BadToken):
        read_leaving_tag((NEW,), leaving_tags(OLD)(public_id))


def test_a_tag_with_any_letter_changed_is_refused() -> None:
    tag = leaving_tags(NEW)(secrets.token_urlsafe(16))
    for place, letter in enumerate(tag):
        for other in "a7":
            if other != letter:
                with pytest.raises(BadToken):
                    read_leaving_tag((NEW,), tag[:place] + other + tag[place + 1 :])


def test_the_spare_bit_of_the_last_letter_makes_no_second_tag() -> None:
    tag = leaving_tags(NEW)("A" * 22)
    twin = tag[:-1] + chr(ord(tag[-1]) + 1)
    assert base64.b32decode(f"{twin.upper()}===") == base64.b32decode(f"{tag.upper()}===")
    with pytest.raises(BadToken):
        read_leaving_tag((NEW,), twin)


@given(st.text(max_size=80))
def test_no_text_passes_for_a_tag(text: str) -> None:
    with pytest.raises(BadToken):
        read_leaving_tag((NEW,), text)

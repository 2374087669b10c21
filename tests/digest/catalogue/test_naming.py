import re

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.catalogue.naming import SLUG_LIMIT, free_slug, slug_of


def test_slugs_are_what_a_person_would_type() -> None:
    assert slug_of("SmolVLM2-2B") == "smolvlm2-2b"
    assert slug_of("Mistral 8x22B v2") == "mistral-8x22b-v2"
    assert slug_of("Яндекс") == "iandeks"
    assert slug_of("日本語") == "ri-ben-yu"


def test_a_name_without_letters_has_a_slug_that_stays() -> None:
    assert slug_of("🦊") == slug_of(" 🦊 ") != slug_of("🐢")
    assert re.fullmatch(r"tool-[0-9a-f]{8}", slug_of("🦊"))


@given(st.text(min_size=1))
@settings(deadline=None)
def test_every_name_has_a_slug_that_fits_an_address(name: str) -> None:
    slug = slug_of(name)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)
    assert len(slug) <= SLUG_LIMIT


def test_a_slug_that_is_taken_gets_the_next_free_number() -> None:
    assert free_slug("lamp", set[str]().__contains__) == "lamp"
    assert free_slug("lamp", {"lamp", "lamp-2", "lamp-4"}.__contains__) == "lamp-3"

"""What a server offers, however oddly it says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.sending.offer import Offer

NAME = "mail.example.test at your service"


def offered(*lines: str) -> Offer:
    return Offer.read([NAME, *lines])


def test_all_that_matters_is_read_in_any_case_and_order() -> None:
    everything = offered("Auth plain LOGIN", "size 1000", "8BitMime", "smtputf8", "STARTTLS", "pipelining")
    assert everything == Offer(True, True, True, True, True, 1000, frozenset({"PLAIN", "LOGIN"}))


@pytest.mark.parametrize("lines", [[], [NAME], ["PIPELINING"], [NAME, "", "  "]])
def test_the_servers_name_and_empty_lines_offer_nothing(lines: list[str]) -> None:
    assert Offer.read(lines) == Offer()


@pytest.mark.parametrize(
    ("line", "size"),
    [
        ("SIZE 35882577", 35_882_577),
        ("SIZE", None),
        ("SIZE 0", None),
        ("SIZE 000", None),
        ("SIZE -1", None),
        ("SIZE 10M", None),
        ("SIZE ²", None),
        ("SIZE ١٢", None),
        ("SIZE 1000 2000", 1000),
        ("SIZE " + "9" * 400, int("9" * 18)),
    ],
)
def test_a_size_that_is_no_number_is_no_bound(line: str, size: int | None) -> None:
    assert (offered(line).takes_size, offered(line).size) == (True, size)


def test_of_a_size_that_is_named_twice_the_first_counts() -> None:
    assert offered("SIZE 1000", "SIZE 2000").size == 1000


def test_mechanisms_are_gathered_also_where_an_old_server_lists_them_with_an_equals_sign() -> None:
    assert offered("AUTH PLAIN", "AUTH=LOGIN CRAM-MD5").auth == {"PLAIN", "LOGIN", "CRAM-MD5"}
    assert offered("AUTH").auth == frozenset()


def test_a_word_that_only_begins_like_an_extension_is_none() -> None:
    assert offered("PIPELININGS", "XSTARTTLS", "AUTHENTICATE PLAIN", "SMTPUTF8=no") == Offer()


@given(st.lists(st.text(max_size=30), max_size=8))
def test_no_answer_at_all_is_too_odd_to_be_read(lines: list[str]) -> None:
    assert Offer.read(lines).size != 0

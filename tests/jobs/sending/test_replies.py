"""What is kept of a server's words."""

from __future__ import annotations

import pytest

from jobs.sending.replies import fit_to_keep, fit_to_show


@pytest.mark.parametrize(
    "reply",
    [
        "5.1.1 <Ann.Lee@example.com>: user unknown",
        "5.1.1 ann.lee@EXAMPLE.com user unknown",
        "see https://example.net/why?rcpt=ann.lee%40example.com&x=1",
        "bounce+ann.lee=example.com@lists.example.net refused",
        "the envelope ann.lee=example.com is not known",
        "user ann.lee@example.com, forwarded to ann@elsewhere.example",
    ],
)
def test_no_address_is_kept_in_whatever_form_it_is_echoed(reply: str) -> None:
    kept = fit_to_keep(reply, "ann.lee@example.com").lower()
    assert "ann" not in kept
    assert "…@…" in kept


def test_the_rest_of_the_words_is_kept() -> None:
    reply = "5.7.1 <ann@example.com>: Relay access denied, see https://example.net/help"
    assert fit_to_keep(reply, "ann@example.com") == (
        "5.7.1 <…@…>: Relay access denied, see https://example.net/help"
    )


def test_many_lines_and_control_characters_become_one_line() -> None:
    assert fit_to_keep("first\nsecond\r\n\x1b[31mthird\udcff") == "first second [31mthird"


@pytest.mark.timeout(5)
def test_a_long_reply_is_cut_and_costs_little() -> None:
    assert len(fit_to_keep("x" * 1_000_000)) == 300


def test_what_is_shown_on_request_keeps_domains_and_finds_a_local_part_alone() -> None:
    reply = "5.1.1 no such user ann, ann_2@example.net; joann is"
    assert fit_to_show(reply, ["ann@example.com"]) == "5.1.1 no such user …, …@example.net; joann is"

from dataclasses import replace

import pytest

from digest.lint.links import Answered, check_external, check_internal, check_links
from tests.digest.lint.mails import rules, shipped, with_body


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ('<a href="https://example.org/a">Their page</a>', []),
        ('<a href="mailto:a@example.org">Write to us</a>', []),
        ('<a href="/issues/">All issues</a>', ["link-scheme"]),
        ('<a href="javascript:alert(1)">Go</a>', ["link-scheme"]),
        ('<a href="https://">Go</a>', ["link-scheme"]),
        ('<a href="https://[::1">Go</a>', ["link-scheme"]),
        ('<a href="http://192.168.1.4/">The router</a>', ["link-host"]),
        ('<a href="https://localhost:8000/x">Here it is</a>', ["link-host"]),
        ('<a href="http://[x/">Go</a>', ["link-scheme"]),
        ('<a href="https://example.org:x/">Go</a>', ["link-scheme"]),
        ('<a href="https://digest.example.com.localhost/">Not ours</a>', ["link-host"]),
        ('<a href="http://[::ffff:10.0.0.1]/">The router in another dress</a>', ["link-host"]),
        ('<a href="https://example.org/a"></a>', ["link-words"]),
        ('<a href="https://example.org/a"><img alt="Their page" src="x"></a>', []),
        ('<a href="https://example.org/a"><img alt="" src="x"></a>', ["link-words"]),
        ('<a href="https://example.org/a">Here</a> <a href="https://example.org/a">Them</a>', ["link-words"]),
        ('<a href="https://example.org/a">Click here</a>', ["link-words"]),
        ('<a href="https://example.org/a">Read more →</a>', ["link-words"]),
    ],
)
def test_each_link_can_be_followed_and_says_where_it_leads(link: str, found: list[str]) -> None:
    assert rules(check_links(with_body(link))) == found


def test_pages_on_this_machine_are_said_once() -> None:
    mail = replace(with_body("x"), base_url="http://127.0.0.1:8000")
    assert [(finding.rule, finding.where) for finding in check_links(mail)] == [
        ("link-host", "http://127.0.0.1:8000")
    ]


def test_our_own_pages_must_answer() -> None:
    mail = with_body(
        '<a href="https://digest.example.com/a">a</a><a href="https://digest.example.com/b#x">b</a>'
        '<a href="https://other.example.org/">o</a>'
    )
    found = list(check_internal(mail, lambda address: 200 if address.endswith("/b") else None))
    assert [(finding.where, finding.why) for finding in found] == [
        ("https://digest.example.com/a", "our own page answers nothing")
    ]


def test_other_sites_are_only_warned_about() -> None:
    mail = with_body('<a href="https://other.example.org/">o</a><a href="https://digest.example.com/a">a</a>')
    found = list(check_external(mail, lambda address: Answered(500)))
    assert [(str(finding.severity), finding.where) for finding in found] == [
        ("warning", "https://other.example.org/")
    ]


def test_a_name_that_leads_to_a_private_address_is_told_as_such() -> None:
    mail = with_body('<a href="https://rebound.example.org/">o</a>')
    found = list(check_external(mail, lambda address: Answered(None, private=True)))
    assert [(finding.rule, str(finding.severity)) for finding in found] == [("link-host", "error")]


def test_a_host_that_begins_like_ours_is_anothers() -> None:
    mail = with_body('<a href="https://digest.example.com.evil.example.org/">o</a>')
    assert list(check_internal(mail, lambda address: 404)) == []
    found = list(check_external(mail, lambda address: Answered(404)))
    assert [finding.where for finding in found] == ["https://digest.example.com.evil.example.org/"]


def test_the_shipped_links_are_fine() -> None:
    assert rules(check_links(shipped())) == []

"""A way out, and who is writing by post, in both bodies."""

from __future__ import annotations

import re
from dataclasses import replace

from digest.lint.values import Severity
from digest.lint.wayout import check_way_out
from tests.digest.lint.mails import shipped


def test_the_shipped_issue_can_be_left_and_answered_by_post() -> None:
    assert list(check_way_out(shipped())) == []


def test_a_body_without_a_link_to_leave_by_is_an_error() -> None:
    mail = shipped()
    html = replace(
        mail, html=re.sub(r'href="[^"]*/unsubscribe/[^"]*"', 'href="https://example.com/"', mail.html)
    )
    text = replace(mail, text=re.sub(r"\S*/unsubscribe/\S*", "", mail.text))
    for broken, where in ((html, "HTML"), (text, "plain text")):
        assert [(one.where, one.severity) for one in check_way_out(broken)] == [(where, Severity.ERROR)]


def test_a_body_without_the_postal_address_is_an_error() -> None:
    mail = shipped()
    html = replace(mail, html=mail.html.replace("Rue des Essais", ""))
    text = replace(mail, text=mail.text.replace("Rue des", ""))
    for broken, where in ((html, "HTML"), (text, "plain text")):
        assert [(one.where, one.severity) for one in check_way_out(broken)] == [(where, Severity.ERROR)]


def test_a_mail_that_goes_to_no_list_needs_no_way_out_of_it() -> None:
    mail = shipped()
    message = re.sub(rb"List-Unsubscribe: .*?\r\n(?=\S)", b"", mail.message, flags=re.DOTALL)
    single = replace(mail, message=message, text=re.sub(r"\S*/unsubscribe/\S*", "", mail.text))
    assert list(check_way_out(single)) == []

from dataclasses import replace

import pytest

from digest.lint.identity import check_identity
from digest.settings.brand import Brand
from tests.digest.lint.mails import shipped


def test_who_has_a_name_of_their_own_hears_nothing() -> None:
    assert list(check_identity(shipped())) == []


@pytest.mark.parametrize("domain", [b"example.com", b"mail.example.org", b"digest.invalid"])
def test_a_senders_domain_that_belongs_to_nobody_is_warned_about(domain: bytes) -> None:
    head, _, body = shipped().message.partition(b"\r\n\r\n")
    mail = replace(shipped(), message=head.replace(b"weekly-verdicts.dev", domain) + b"\r\n\r\n" + body)
    assert [(one.where, str(one.severity)) for one in check_identity(mail)] == [("From", "warning")]


def test_the_postal_address_of_the_examples_is_warned_about() -> None:
    found = list(check_identity(replace(shipped(), postal=Brand().address)))
    assert [(one.where, str(one.severity)) for one in found] == [("footer", "warning")]

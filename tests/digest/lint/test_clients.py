import pytest

from digest.lint.clients import HARMLESS, check_clients, support
from tests.digest.lint.mails import shipped, with_body


def test_the_shipped_templates_lean_on_nothing_new() -> None:
    assert [finding.why for finding in check_clients(shipped())] == []


@pytest.mark.parametrize(
    ("body", "head", "what"),
    [
        ("<video></video>", "", "<video> element"),
        ('<p style="display:flex">x</p>', "", "display:flex"),
        ('<p style="width:calc(1px + 2px)">x</p>', "", "CSS calc() function"),
        ('<p style="position:absolute">x</p>', "", "position"),
        ("<p>x</p>", "<style>p:hover { color: red }</style>", ":hover"),
        ("<p>x</p>", "<style>@media (hover: hover) { p { color: red } }</style>", "@media (hover)"),
        ('<p style="font-size:2vw">x</p>', "", "vw unit"),
        ('<img src="https://example.org/a.svg?v=1">', "", "SVG image format"),
        ('<img src="https://example.org/A.HEIC">', "", "HEIF image format"),
    ],
)
def test_what_big_clients_do_not_know_is_named_with_them(body: str, head: str, what: str) -> None:
    found = [finding for finding in check_clients(with_body(body, head=head)) if finding.why.startswith(what)]
    assert len(found) == 1
    assert " is not known to " in found[0].why


def test_the_data_knows_the_clients_it_names() -> None:
    features, clients = support()
    assert len(features) > 200
    assert {client for feature in features for client in feature.lacking} <= set(clients)
    assert set(HARMLESS) <= {feature.slug for feature in features}

import pytest

from digest.lint.addresses import is_near, is_web, own_path, parts_of


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("https://v.example.org/", "/"),
        ("https://v.example.org", "/"),
        ("https://V.example.org:443/issues/?a=b", "/issues/?a=b"),
        ("https://v.example.org.evil.com/", None),
        ("https://v.example.org@evil.com/", None),
        ("https://v.example.org:8443/", None),
        ("https://evil.com/https://v.example.org/", None),
        ("http://[x/", None),
        ("mailto:a@v.example.org", None),
    ],
)
def test_ours_is_what_lies_on_our_own_host(address: str, path: str | None) -> None:
    assert own_path(address, "https://v.example.org") == path


def test_a_newsletter_below_a_path_owns_nothing_beside_it() -> None:
    base = "https://example.org/weekly"
    assert own_path("https://example.org/weekly/issues/", base) == "/issues/"
    assert own_path("https://example.org/weekly", base) == "/"
    assert own_path("https://example.org/weekly-other/", base) is None


@pytest.mark.parametrize("address", ["http://[x/", "https://example.org:x/", "https://[::1"])
def test_what_cannot_be_taken_apart_is_nothing_and_no_crash(address: str) -> None:
    assert parts_of(address) is None
    assert not is_web(address)


@pytest.mark.parametrize(
    ("host", "near"),
    [("127.0.0.1", True), ("::ffff:10.0.0.1", True), ("localhost", True), ("a.lan", True), ("a.org", False)],
)
def test_what_only_this_house_reaches_is_near(host: str, near: bool) -> None:
    assert is_near(host) is near

import pytest

from digest.lint.structure import (
    check_headings,
    check_images,
    check_language,
    check_tables,
)
from tests.digest.lint.mails import rules, with_body


def test_a_document_says_its_language() -> None:
    mail = with_body("x")
    assert rules(check_language(mail)) == []
    del mail.tree.attrib["lang"]
    assert rules(check_language(mail)) == ["language"]


@pytest.mark.parametrize(
    ("body", "whys"),
    [
        ("<h1>a</h1><h2>b</h2><h3>c</h3><h2>d</h2>", []),
        ("<h1>a</h1><h3>c</h3>", ["<h3> follows <h1>; a level is missing"]),
        (
            "<h2>a</h2>",
            ["there are 0 <h1>; a reader who jumps by headings looks for one", "<h2> follows no <h1>"],
        ),
        ("<h1>a</h1><h1>b</h1>", ["there are 2 <h1>; a reader who jumps by headings looks for one"]),
    ],
)
def test_headings_form_a_ladder(body: str, whys: list[str]) -> None:
    assert [finding.why for finding in check_headings(with_body(body))] == whys


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("<table><tr><td>x</td></tr></table>", ["table-role"]),
        ('<table role="presentation"><tr><td>x</td></tr></table>', []),
        ("<table><tr><th>Price</th><td>x</td></tr></table>", []),
        ('<div aria-hidden="true"><table><tr><td>x</td></tr></table></div>', []),
    ],
)
def test_tables_for_layout_say_so(body: str, found: list[str]) -> None:
    assert rules(check_tables(with_body(body))) == found


@pytest.mark.parametrize(
    ("image", "found"),
    [
        ('<img src="https://e.com/a.png" alt="" width="640">', []),
        ('<img src="https://e.com/a.png" width="64">', ["alt-text"]),
        ('<img src="https://e.com/a.png" alt="A lamp">', ["image-width"]),
        ('<img src="https://e.com/a.png" alt="A lamp" width="641">', ["image-width"]),
        ('<img src="data:image/png;base64,AAAA" alt="A lamp" width="64">', ["image-weight"]),
    ],
)
def test_images_have_a_text_a_width_and_an_address(image: str, found: list[str]) -> None:
    assert rules(check_images(with_body(image))) == found

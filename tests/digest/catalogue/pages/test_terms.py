import pytest

from digest.catalogue.pages.markup import shown_lines


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<dl><dt>Panel ship<dd>75%<dt>Entry<dd>Free</dl>", ["75%", "Panel ship", "Free", "Entry"]),
        (
            "<dl><div><dt>Entry</dt><dd><div>Free</div></dd></div></dl><p>It",
            ["Free", "Entry", "It"],
        ),
        ("<table><tr><th>Entry<td>Free</table>", ["Free", "Entry"]),
        ("<dl><div><dd>75%</dd><dt>Panel ship</dt></div></dl>", ["75%", "Panel ship"]),
        ("<dl><dt>Community</dt><dt>Entry</dt><dd>Free</dd></dl>", ["Community", "Free", "Entry"]),
    ],
)
def test_a_cards_label_stands_below_its_figure(html: str, expected: list[str]) -> None:
    assert [line.text.strip() for line in shown_lines(html, "p") if line.text.strip()] == expected


@pytest.mark.parametrize(
    "html",
    [
        "<dl><dt>Community</dt><dd><div>a</div></dd><dd>b</dd></dl>",
        "<table><tr><th>Community<td>a<td>b<tr><th>Category<td>c<td>d</table>",
        "<dl><dt>Pricing<dd>a</dl>",
        "<dl><dt>Entry</dl><p>a",
    ],
)
def test_a_row_of_the_table_and_any_other_term_stay_in_their_order(html: str) -> None:
    first = shown_lines(html, "p")[0].text
    assert first in ("Community", "Pricing", "Entry")

import pytest

from digest.lint.paints import seen_on


@pytest.mark.parametrize(
    ("value", "colour"),
    [
        ("#FFF", "#ffffff"),
        ("2px solid #00664d", "#00664d"),
        ("rgb(1, 2, 3)", "#010203"),
        ("rgb(100% 0% 0%)", "#ff0000"),
        ("rgba(0, 0, 0, 0.5)", "#808080"),
        ("#0000", "#ffffff"),
        ("#00000080", "#7f7f7f"),
        ("hsl(120, 100%, 25%)", "#008000"),
        ("hsl(120deg 100% 25% / 50%)", "#80bf80"),
        ("Tomato", "#ff6347"),
        ("rebeccapurple", "#663399"),
        ("transparent", "#ffffff"),
        ("url(black.png) no-repeat white", "#ffffff"),
        ("none", None),
        ("inherit", None),
        ("var(--black)", None),
        ("#12", None),
    ],
)
def test_a_colour_is_read_as_css_writes_it_and_seen_on_white(value: str, colour: str | None) -> None:
    assert seen_on(value, "#ffffff") == colour

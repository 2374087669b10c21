from hypothesis import given
from hypothesis import strategies as st

from digest.contrast import contrast, text_on


def test_black_on_white_is_the_most_and_a_colour_on_itself_the_least() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert contrast("#0b7285", "#0b7285") == 1
    # The example of the house: its muted grey on white.
    assert round(contrast("#5A636B", "#FFFFFF"), 1) == 6.1


@given(st.integers(0, 0xFFFFFF))
def test_text_can_be_read_on_every_colour(colour: int) -> None:
    ground = f"#{colour:06x}"
    assert contrast(text_on(ground), ground) >= 4.5


def test_dark_grounds_take_white_and_light_ones_black() -> None:
    assert text_on("#0b7285") == text_on("#5f3dc4") == "#ffffff"
    assert text_on("#f2c94c") == "#000000"

import pytest

from digest.palette import DARK, LIGHT, Palette


@pytest.mark.parametrize("house", [LIGHT, DARK])
def test_every_text_of_the_house_can_be_read(house: Palette) -> None:
    assert house.too_close() is None


def test_a_pair_that_cannot_be_read_is_named_with_its_ratio() -> None:
    assert LIGHT.over({"muted": "#999999"}).too_close() == (
        "muted on surface has a contrast of 2.8:1; text needs 4.5:1"
    )

import pytest

from digest.catalogue.pages.runs import parted


def lines(*texts: str) -> list[str]:
    return [text.strip() for _, text in parted(texts)]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("Builder ", "88/100 · ship"), ["Builder", "88/100 · ship"]),
        (("Builder", "88/100 · ship", " It ran."), ["Builder", "88/100 · ship", "It ran."]),
        (("R2", "88", "/100 ", "·", " ship"), ["R2", "88/100 · ship"]),
        (("Skeptic", "No panel take"), ["Skeptic", "No panel take"]),
        (("Ship", " ", "75", "%", "Panel ship"), ["Ship", "75%", "Panel ship"]),
        (("Ship ", "—", " Panel ship"), ["Ship", "—", "Panel ship"]),
        (("Community", "From $20", "Entry"), ["Community", "From $20", "Entry"]),
        (("Pricing", " ", "Free", " ", "Paid"), ["Pricing", "Free", "Paid"]),
    ],
)
def test_what_the_reader_takes_for_a_line_of_its_own_is_parted(
    texts: tuple[str, ...], expected: list[str]
) -> None:
    assert lines(*texts) == expected


@pytest.mark.parametrize(
    "texts",
    [
        ("Lantern", " vs ", "Loupe"),
        ("I gave it ", "88/100", " at first"),
        ("It beats ", "75%", " of them"),
        ("The ", "Community", " is large"),
        ("Pricing", " is ", "fair", "."),
        ("a take of 88/100 · ship",),
    ],
)
def test_a_sentence_stays_whole(texts: tuple[str, ...]) -> None:
    assert lines(*texts) == ["".join(texts)]


def test_each_line_tells_the_text_it_begins_in() -> None:
    assert list(parted(["\n", "Builder", "\n", "88/100 · ship", "\nIt ran."])) == [
        (1, "Builder\n"),
        (3, "88/100 · ship"),
        (4, "\nIt ran."),
    ]

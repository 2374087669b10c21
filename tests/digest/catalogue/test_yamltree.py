import pytest

from digest.catalogue.yamltree import read_tree
from digest.errors import BadInput


def test_scalars_stay_as_they_are_written() -> None:
    tree = read_tree("name: No\nscore: 088\nday: 2026-11-17\nnone:\nempty: ''\n", "tool.yaml")
    assert tree.value == {"name": "No", "score": "088", "day": "2026-11-17", "none": None, "empty": ""}


def test_every_place_knows_its_line() -> None:
    tree = read_tree("name: x\ntakes:\n  - reviewer: A\n    text: >-\n      long\n", "tool.yaml")
    assert tree.line(("takes", 0, "text")) == 4
    assert tree.line(("takes", 0, "score")) == 3
    assert tree.line(("slug",)) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# nothing\n", "tool.yaml:1: the file is empty"),
        ("name: x\nname: y", "tool.yaml:2: name is there twice"),
        ("a: 1\nb: {c: &x 1, d: 2}", "tool.yaml:2: anchors and aliases (& and *) are not allowed"),
        ("a: *x", "tool.yaml:1: "),
        ("a: !!python/object:os.system x", "tool.yaml:1: tags (!) are not allowed"),
        ("a: 1\n---\na: 2", "tool.yaml:2: expected one tool a file; a second document begins here"),
        ("[" * 100_000, "tool.yaml:1: expected at most ten levels"),
        ("a: 1\n? [b]\n: 2", "tool.yaml:2: expected a word as a key"),
        ("a: b: c", "tool.yaml:1: not YAML: mapping values are not allowed in this context"),
        ("a: '\nb: 1", "tool.yaml:2: not YAML: found unexpected end of stream"),
        ('a: "\\ud83d"', "tool.yaml:1: not YAML: found invalid Unicode character escape code"),
        ("a: \x01", "tool.yaml: not YAML: "),
    ],
)
def test_what_is_not_plain_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_tree(text, "tool.yaml")
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)

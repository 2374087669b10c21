import pytest

from digest.catalogue.yamltree import read_tree
from digest.errors import BadInput


def test_scalars_stay_as_they_are_written() -> None:
    tree = read_tree("name: No\nscore: 088\nday: 2026-11-17\nnone:\nempty: ''\n", "tool.yaml")
    assert tree.value == {"name": "No", "score": "088", "day": "2026-11-17", "none": None, "empty": ""}


def test_every_place_knows_its_line_and_column() -> None:
    tree = read_tree("name: x\ntakes:\n  - reviewer: A\n    text: >-\n      long\n", "tool.yaml")
    assert tree.mark(("takes", 0, "text")) == (4, 5)
    assert tree.mark(("takes", 0, "score")) == (3, 5)
    assert tree.mark(("slug",)) == (1, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# nothing\n", "tool.yaml:1: the file is empty"),
        ("name: x\nname: y", "tool.yaml:2:1: name is there twice"),
        ("a: 1\nb: {c: &x 1, d: 2}", "tool.yaml:2:8: anchors and aliases (& and *) are not allowed"),
        ("a: *x", "tool.yaml:1:4: anchors and aliases"),
        ("a: !!python/object:os.system x", "tool.yaml:1:4: tags (!) are not allowed"),
        ("&k a: 1", "tool.yaml:1:1: anchors and aliases"),
        ("!!str a: 1", "tool.yaml:1:1: tags (!) are not allowed"),
        ("a: &b [*b, *b]", "tool.yaml:1:4: anchors and aliases"),
        ("a: 1\n---\na: 2", "tool.yaml:2:1: expected one document a file; a second one begins here"),
        ("[" * 100_000, "tool.yaml:1:11: expected at most ten levels"),
        ("a: 1\n? [b]\n: 2", "tool.yaml:2:3: expected a word as a key"),
        ("a: b: c", "tool.yaml:1:5: not YAML: mapping values are not allowed in this context"),
        ("a: '\nb: 1", "tool.yaml:2:5: not YAML: found unexpected end of stream"),
        ('a: "\\ud83d"', "tool.yaml:1:7: not YAML: found invalid Unicode character escape code"),
        ("a: \x01", "tool.yaml: not YAML: "),
    ],
)
def test_what_is_not_plain_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_tree(text, "tool.yaml")
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)

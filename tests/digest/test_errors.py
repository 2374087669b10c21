from digest.errors import BadInput


def test_bad_input_says_where_it_is() -> None:
    assert str(BadInput("is missing", source="tool.yaml", line=3, column=5)) == "tool.yaml:3:5: is missing"
    assert str(BadInput("is missing", source="tool.yaml")) == "tool.yaml: is missing"
    assert str(BadInput("is missing", line=3)) == "is missing"


def test_bad_input_is_one_line_whatever_it_quotes() -> None:
    error = BadInput("found “skip\r\nIt\u2028ran”", source="a\nb.yaml", line=3)
    assert str(error) == "a b.yaml:3: found “skip It ran”"


def test_a_terminal_has_nothing_to_obey_in_bad_input() -> None:
    assert str(BadInput("\x1b]0;owned\x07 is no key")) == "]0;owned is no key"
    assert len(str(BadInput("k" * 100_000))) == 1_000

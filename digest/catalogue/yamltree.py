"""A YAML file as plain values that know their lines.

Stricter than YAML itself: one document, no key twice, no anchors, aliases or tags. Scalars stay as they are
written, so that ``name: No`` is a name; what they mean, the schema says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from digest.errors import BadInput

Place = tuple[str | int, ...]

# A tool's file needs three levels; without a bound a file of brackets overflows the parser's stack.
_DEPTH = 10
_NULLS = {"", "~", "null", "Null", "NULL"}


@dataclass(frozen=True, slots=True)
class Tree:
    """``value`` is made of dict, list, str and None; ``lines`` has the line, from 1, of each place in it."""

    value: Any
    lines: dict[Place, int] = field(default_factory=dict)

    def line(self, place: Place) -> int:
        """Return the line of a place, or of the nearest place around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read_tree(text: str, source: str) -> Tree:
    """Return the one document in ``text``; raise BadInput with the line of what is not allowed."""
    try:
        _refuse_events(text, source)
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        raise BadInput(f"not YAML: {error.problem or error.context}", source=source, line=line) from None
    except yaml.YAMLError as error:
        raise BadInput(f"not YAML: {' '.join(str(error).split())}", source=source) from None
    if node is None:
        raise BadInput("the file is empty", source=source, line=1)
    tree = Tree(None)
    value = _value(node, (), tree.lines, source)
    return Tree(value, tree.lines)


def _refuse_events(text: str, source: str) -> None:
    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        problem = None
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            problem = "expected one tool a file; a second document begins here" if documents > 1 else None
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            problem = "expected at most ten levels" if depth > _DEPTH else None
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            problem = "anchors and aliases (& and *) are not allowed; quote a text that begins with one"
        elif isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)) and event.tag is not None:
            problem = "tags (!) are not allowed; quote a text that begins with one"
        if problem:
            line = None if event.start_mark is None else event.start_mark.line + 1
            raise BadInput(problem, source=source, line=line)


def _value(node: yaml.Node, place: Place, lines: dict[Place, int], source: str) -> Any:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise BadInput("expected a word as a key", source=source, line=line)
            if key.value in mapping:
                raise BadInput(f"{key.value} is there twice", source=source, line=line)
            lines[(*place, key.value)] = line
            mapping[key.value] = _value(value, (*place, key.value), lines, source)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*place, number), lines, source) for number, item in enumerate(node.value)]
    assert isinstance(node, yaml.ScalarNode)
    return None if not node.style and node.value in _NULLS else node.value

from typing import Annotated

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from digest import yamlmodel
from digest.catalogue.yamltree import read_tree
from digest.errors import BadInput


class Wheel(BaseModel):
    model_config = ConfigDict(extra="forbid")
    spokes: Annotated[int, Field(ge=3, le=1_000)]


class Cart(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(max_length=5)]
    front: Wheel | None = None
    wheels: list[Wheel] = []
    pair: tuple[str, str] | None = None

    @field_validator("name")
    @classmethod
    def _allowed(cls, name: str, info: ValidationInfo) -> str:
        if info.context is not None and name not in info.context:
            raise ValueError(f"{name} is not allowed")
        return name


def problems(text: str, context: object = None) -> list[str]:
    found = yamlmodel.problems_in(Cart, read_tree(text, "cart.yaml"), "cart.yaml", context)
    return [str(problem) for problem in found]


def test_what_is_right_becomes_the_model() -> None:
    tree = read_tree("name: A\nwheels:\n- spokes: 8\n", "cart.yaml")
    assert yamlmodel.read_as(Cart, tree, "cart.yaml") == Cart(name="A", wheels=[Wheel(spokes=8)])
    assert problems("name: A") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nam: A\nname: A", "cart.yaml:1:1: nam: there is no such key; did you mean name?"),
        ("name: A\nfront: {spoke: 8}", "front.spoke: there is no such key; did you mean spokes?"),
        ("name: A\nwheels:\n- spoke: 8", "wheels[0].spoke: there is no such key; did you mean spokes?"),
        ("name: A\nfront: round", "front: expected keys and values, such as spokes: …"),
        ("name: A\npair: [a, b, c]", "pair: expected at most 2 items"),
        ("name: A\nfront: {spokes: 1001}", "front.spokes: expected at most 1,000, found 1001"),
        ("name: A\nfront: {spokes: '2'}", "front.spokes: expected at least 3, found 2"),
        ("name: A long one", "name: expected at most 5 characters, found 10"),
    ],
)
def test_a_problem_is_said_in_words_with_its_place(text: str, message: str) -> None:
    assert any(message in problem for problem in problems(text)), problems(text)


def test_every_problem_comes_in_the_order_of_the_file_and_the_topmost_is_raised() -> None:
    text = "wheels:\n- spokes: many\nname: A long one\n"
    lines = [problem.split(": ")[0] for problem in problems(text)]
    assert lines == ["cart.yaml:2:3", "cart.yaml:3:1"]
    with pytest.raises(BadInput, match=r"cart\.yaml:2:3: wheels\[0\]\.spokes"):
        yamlmodel.read_as(Cart, read_tree(text, "cart.yaml"), "cart.yaml")


def test_the_context_reaches_the_model() -> None:
    assert problems("name: A", ["B"]) == ["cart.yaml:1:1: name: A is not allowed"]


def test_the_schema_has_a_title_and_says_which_draft() -> None:
    schema = yamlmodel.json_schema(Cart, "A cart")
    assert (schema["title"], schema["$schema"]) == ("A cart", "https://json-schema.org/draft/2020-12/schema")

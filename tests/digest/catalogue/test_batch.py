from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from digest.catalogue.batch import Batch, Item, gather
from digest.catalogue.model import WrittenTool
from digest.catalogue.pages.reader import read_page
from digest.catalogue.reading import untracked
from digest.catalogue.values import Tool
from digest.errors import BadInput
from tests.factories import RULES, tool
from tests.pagetext import labelled_page, lantern, loupe


def written(*tools: Tool) -> list[Item]:
    return [Item(f"{one.slug}.yaml", WrittenTool(one, named=False)) for one in tools]


def pieces(batch: Batch) -> list[list[str]]:
    return [[item.source for item in items] for items in batch.pieces(untracked)]


def test_what_is_packed_comes_out_as_it_went_in() -> None:
    page = read_page(labelled_page(lantern(), loupe()).encode(), "page.txt")
    items = [*written(tool("Mirror", 88, None)), Item("page.txt", page, "/page.txt")]
    [alone, together] = Batch.of(items).pieces(untracked)
    assert (alone, together) == (items, [])


def test_what_shares_a_name_or_a_slug_is_stored_together_pages_last() -> None:
    page = read_page(labelled_page(lantern(), loupe()).encode(), "page.txt")
    items = [Item("page.txt", page), *written(lantern(), tool("Mirror"), tool("Lamp", slug="loupe"))]
    assert pieces(Batch.of(items)) == [["mirror.yaml"], ["lantern.yaml", "loupe.yaml", "page.txt"]]


def test_a_thousand_at_a_time() -> None:
    batch = Batch.of(written(*(tool(f"Lamp {number}") for number in range(2_500))))
    assert [len(piece) for piece in pieces(batch)] == [1_000, 1_000, 500, 0]


def test_two_sources_cannot_claim_one_slug() -> None:
    with pytest.raises(BadInput) as caught:
        Batch.of([Item("a.yaml", WrittenTool(lantern(), False)), *written(lantern())])
    assert str(caught.value) == "lantern.yaml: a.yaml has the slug lantern too; write another slug into one"


def test_gathering_stops_at_the_first_refusal_unless_it_keeps_going(session: Session, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("nam: x\n")
    (tmp_path / "b.yaml").write_text("name: x\n")
    with pytest.raises(BadInput):
        gather(session, [tmp_path], RULES)
    batch = gather(session, [tmp_path], RULES, keep_going=True)
    assert len(batch.refused) == 1
    assert pieces(batch) == [[f"{tmp_path}/b.yaml"], []]

import os
from pathlib import Path

import pytest

from digest.catalogue.reading import check_paths, files_in, read_paths
from digest.errors import BadInput
from tests.factories import RULES
from tests.pagetext import compact_page, lantern, loupe

PAGE = compact_page(lantern(), loupe())


def refused(path: Path) -> str:
    with pytest.raises(BadInput) as caught:
        read_paths([path], RULES)
    return str(caught.value)


def test_a_folder_gives_its_pages_and_tools_sorted_at_any_depth(tmp_path: Path) -> None:
    for name in ("b.txt", "a.yaml", "deep/c.YML", "notes.md", ".hidden.txt", ".git/d.txt", "e.txt~"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = files_in([tmp_path, tmp_path / "a.yaml"])
    assert [str(path.relative_to(tmp_path)) for path in found] == ["a.yaml", "b.txt", "deep/c.YML"]


def test_pages_and_tools_are_told_apart_by_their_ending(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("name: Lamp\n")
    (tmp_path / "saved page").write_text(PAGE)
    contents = [content for _, content in read_paths([tmp_path / "a.yaml", tmp_path / "saved page"], RULES)]
    assert [type(content).__name__ for content in contents] == ["ToolModel", "ComparisonPage"]


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    assert refused(tmp_path / "gone.txt") == f"{tmp_path}/gone.txt: there is no such file or folder"


def test_a_folder_with_nothing_to_read(tmp_path: Path) -> None:
    (tmp_path / "notes.md").touch()
    assert (
        refused(tmp_path) == f"{tmp_path}: expected files that end in .txt, .yaml, .yml; the folder has none"
    )


def test_what_is_neither_file_nor_folder(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert refused(tmp_path / "pipe.txt") == f"{tmp_path}/pipe.txt: expected a file or a folder"


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that even root cannot read")
def test_a_file_that_cannot_be_read() -> None:
    assert refused(Path("/proc/self/mem")) == "/proc/self/mem: cannot be read: Input/output error"


def test_checking_goes_on_after_the_first_problem(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("nam: Lamp\n")
    (tmp_path / "b.txt").write_text("Another site")
    (tmp_path / "c.txt").write_text(PAGE)
    checked = check_paths([tmp_path], RULES)
    assert checked.files == 3
    assert [Path(problem.source or "").name for problem in checked.problems] == ["a.yaml", "a.yaml", "b.txt"]

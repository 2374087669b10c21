import os
from pathlib import Path

import pytest

from digest.catalogue.sourcefiles import SourceFile, files_in, is_passed_over, real_path
from digest.errors import BadInput


def refused(path: Path) -> str:
    with pytest.raises(BadInput) as caught:
        files_in([path])
    return str(caught.value)


def test_a_folder_gives_its_pages_and_tools_sorted_at_any_depth(tmp_path: Path) -> None:
    for name in ("b.txt", "a.yaml", "deep/c.YML", "notes.md", ".hidden.txt", ".git/d.txt", "e.txt~"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = files_in([tmp_path, tmp_path / "a.yaml"])
    assert [str(Path(file.path).relative_to(tmp_path)) for file in found] == ["a.yaml", "b.txt", "deep/c.YML"]


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    assert refused(tmp_path / "gone.txt") == f"{tmp_path}/gone.txt: there is no such file or folder"


def test_a_folder_with_nothing_to_read(tmp_path: Path) -> None:
    (tmp_path / "notes.md").touch()
    endings = ".txt, .html, .htm, .mhtml, .mht, .yaml, .yml"
    assert refused(tmp_path) == f"{tmp_path}: expected files that end in {endings}; the folder has none"


def test_what_is_neither_file_nor_folder(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert refused(tmp_path / "pipe.txt") == f"{tmp_path}/pipe.txt: expected a file or a folder"


def test_a_file_is_the_same_by_any_way_that_leads_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "a.yaml").touch()
    (tmp_path / "tools" / "link.yaml").symlink_to(tmp_path / "tools" / "a.yaml")
    (tmp_path / "other").symlink_to(tmp_path / "tools")
    monkeypatch.chdir(tmp_path)
    ways = [
        Path("tools"),
        Path("tools/../tools/a.yaml"),
        tmp_path / "tools",
        Path("other"),
        Path("other/link.yaml"),
    ]
    real = str((tmp_path / "tools" / "a.yaml").resolve())
    assert files_in(ways) == [SourceFile("tools/a.yaml", real)]
    assert real_path("other/../tools/a.yaml") == real


def test_the_present_folder_is_not_said_before_every_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.yaml").touch()
    monkeypatch.chdir(tmp_path)
    assert [file.source for file in files_in([Path()])] == ["a.yaml"]


def test_a_name_that_is_not_utf_8_is_spelled_out(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.yaml")
    path.touch()
    [file] = files_in([tmp_path])
    assert file.source == f"{tmp_path}/caf\\udce9.yaml"
    assert Path(file.path).exists()


@pytest.mark.parametrize(
    ("path", "passed_over"),
    [
        ("page.HTML", False),
        ("deep/page.mhtml", False),
        ("lamp.yml", False),
        ("page.txt", False),
        ("notes.md", True),
        (".#lamp.yaml", True),
        (".git/page.txt", True),
    ],
)
def test_what_a_folder_passes_over_is_known_of_a_single_path_too(
    tmp_path: Path, path: str, passed_over: bool
) -> None:
    file, beside = tmp_path / path, tmp_path / "beside.yaml"
    file.parent.mkdir(exist_ok=True)
    file.touch()
    beside.touch()
    assert is_passed_over(Path(path)) is passed_over
    assert (str(file) in {found.path for found in files_in([tmp_path])}) is not passed_over

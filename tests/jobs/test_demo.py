from pathlib import Path

import pytest

from digest.clock import FixedClock
from digest.errors import DigestError
from jobs.demo import run_demo
from tests.acceptance.desk import body, read_message
from tests.stock import NOW

CLOCK = FixedClock(NOW)


def test_the_demo_delivers_to_every_sample_reader_and_a_second_run_is_as_good(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    for _ in range(2):
        said = dict(run_demo(folder, CLOCK))
        assert said["Delivered"] == "25/25"
        assert len(list((folder / "inbox").glob("*.eml"))) == 25


def test_its_files_are_what_a_reader_gets(tmp_path: Path) -> None:
    list(run_demo(tmp_path, CLOCK))
    html = body(read_message(tmp_path / "issue.eml"), "html")
    assert html.splitlines() == (tmp_path / "issue.html").read_text("utf-8").splitlines()
    assert "SmolVLM2-2B" in (tmp_path / "issue.txt").read_text("utf-8")
    assert (tmp_path / "issue.mjml").read_text("utf-8").startswith("<mjml")


def test_a_folder_with_anything_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("the only copy")
    with pytest.raises(DigestError, match=r"holds thesis\.doc, which no demo made; .* --dir"):
        list(run_demo(tmp_path, CLOCK))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.doc"]

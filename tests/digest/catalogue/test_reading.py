from dataclasses import replace
from pathlib import Path

import pytest

from digest.catalogue.model import Rules
from digest.catalogue.pages.values import ComparisonPage
from digest.catalogue.reading import Content, check_paths, file_bytes, read_content
from digest.catalogue.sourcefiles import files_in
from digest.errors import BadInput
from tests.factories import RULES
from tests.pagetext import compact_page, labelled_page, lantern, loupe

LABELLED = labelled_page(lantern(), loupe())
PAGE = compact_page(lantern(), loupe())


def contents(*paths: Path, rules: Rules = RULES) -> list[Content]:
    return [read_content(file, file_bytes(file), rules) for file in files_in(paths)]


def refused(path: Path) -> str:
    with pytest.raises(BadInput) as caught:
        contents(path)
    return str(caught.value)


def test_pages_and_tools_are_told_apart_by_their_ending(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("name: Lamp\n")
    (tmp_path / "saved page").write_text(PAGE)
    found = contents(tmp_path / "a.yaml", tmp_path / "saved page")
    assert [type(content).__name__ for content in found] == ["WrittenTool", "ComparisonPage"]


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


def test_a_reviewer_who_is_not_on_the_panel_is_refused_with_the_line(tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text(LABELLED.replace("Skeptic\n", "Sceptic\n"))
    line = page.read_text().splitlines().index("Sceptic") + 1
    assert refused(page) == f"{page}:{line}: there is no reviewer “Sceptic”; did you mean Skeptic?"


def test_a_panel_without_the_reviewers_of_a_page_refuses_it(tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text(PAGE)
    with pytest.raises(BadInput, match="there is no reviewer “Builder”; add them to"):
        contents(page, rules=replace(RULES, reviewers=("Ann", "Bob")))


def test_a_verdict_against_its_score_is_a_warning_with_the_line(tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text(LABELLED.replace("52/100 · skip", "72/100 · skip"))
    line = page.read_text().splitlines().index("Founder") + 1
    [warning] = check_paths([page], RULES).warnings
    assert warning == f"{page}:{line}: Lantern: the Founder says skip at 72; 60 and more ships"


def test_a_page_saved_by_a_browser_is_read_by_its_ending(tmp_path: Path) -> None:
    page = tmp_path / "page.HTML"
    page.write_text(
        "<!doctype html><title>x</title>" + "".join(f"<p>{line}</p>" for line in PAGE.splitlines())
    )
    (tmp_path / "page.txt").write_text(PAGE)
    markup, text = contents(tmp_path)
    assert isinstance(markup, ComparisonPage)
    assert isinstance(text, ComparisonPage)
    assert (markup.left, markup.right) == (text.left, text.right)


def test_a_file_of_ten_megabytes_is_refused(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.txt"):
        (tmp_path / name).write_bytes(b"name: " + b"x" * 10_000_000)
    assert refused(tmp_path / "a.yaml") == f"{tmp_path}/a.yaml: expected at most 1 MB; the file is longer"
    assert refused(tmp_path / "b.txt") == f"{tmp_path}/b.txt: expected at most 2 MB; the file is longer"


def test_checking_finds_two_files_that_claim_one_slug_as_an_import_does(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("name: Lamp\n")
    (tmp_path / "b.yaml").write_text("name: lamp\n")
    [problem] = check_paths([tmp_path], RULES).problems
    assert str(problem) == (
        f"{tmp_path}/b.yaml: {tmp_path}/a.yaml has the slug lamp too; write another slug into one"
    )

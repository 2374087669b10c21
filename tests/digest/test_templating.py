from pathlib import Path

import pytest
from jinja2.exceptions import SecurityError, UndefinedError

from digest.errors import BadInput, NotFound
from digest.templating import eject, shipped_templates, template_environment, template_names


def test_a_mail_comes_with_its_plain_text_twin(tmp_path: Path) -> None:
    copies = eject("email/issue", tmp_path)
    assert [str(copy.relative_to(tmp_path)) for copy in copies] == [
        "email/issue.mjml.j2",
        "email/issue.txt.j2",
    ]
    assert copies[0].read_bytes() == (shipped_templates() / "email/issue.mjml.j2").read_bytes()


def test_an_own_copy_takes_the_shipped_ones_place(tmp_path: Path) -> None:
    (copy,) = eject("web/not_found.html.j2", tmp_path)
    copy.write_text("nothing here")
    assert template_environment("web", tmp_path).get_template("not_found.html.j2").render() == "nothing here"


def test_a_copy_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "email").mkdir()
    (tmp_path / "email" / "issue.txt.j2").write_text("mine")
    with pytest.raises(BadInput, match="is there already"):
        eject("email/issue", tmp_path)
    assert [path.name for path in tmp_path.rglob("*.j2")] == ["issue.txt.j2"]
    assert (tmp_path / "email" / "issue.txt.j2").read_text() == "mine"


@pytest.mark.parametrize("name", ["email/isue", "../digest.toml", "", "/etc/passwd", "email"])
def test_an_unknown_name_is_answered_with_the_likely_one(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFound, match="there is no template"):
        eject(name, tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_listing_names_files_that_are_there() -> None:
    assert "email/parts/footer.html.j2" in template_names()
    assert all((shipped_templates() / name).is_file() for name in template_names())


def test_a_mails_name_alone_is_its_mjml_and_its_text(tmp_path: Path) -> None:
    copies = eject("issue", tmp_path)
    assert [copy.name for copy in copies] == ["issue.mjml.j2", "issue.txt.j2"]


def test_a_link_that_leads_nowhere_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "email").mkdir()
    (tmp_path / "email" / "tokens.j2").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadInput):
        eject("email/tokens.j2", tmp_path)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("expression", ["'x' * 10**10", "10 ** 10 ** 10", "[1] * 10000000"])
def test_a_template_cannot_eat_all_memory(expression: str) -> None:
    template = template_environment("email").from_string("{{ " + expression + " }}")
    with pytest.raises(SecurityError, match="more than a template may"):
        template.render()


@pytest.mark.parametrize(
    ("thing", "said"),
    [({"tools": 1}, "dict has no 'tool'; did you mean tools?"), (Path(), "Path has no 'tool'$")],
)
def test_a_name_there_is_not_is_told_with_the_likely_one(thing: object, said: str) -> None:
    with pytest.raises(UndefinedError, match=said.replace("Path", type(thing).__name__)):
        template_environment("email").from_string("{{ thing.tool }}").render(thing=thing)

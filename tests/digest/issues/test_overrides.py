import os
from dataclasses import fields
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from digest.errors import BadInput
from digest.issues.overrides import (
    from_stored,
    json_schema,
    oddities,
    overrides_in,
    parse_overrides,
    same_choice,
    slugs_named,
    stored,
)
from digest.issues.values import Overrides, Sponsor
from digest.week import Week
from tests.factories import tool
from tests.stock import stock_tools

WEEK = Week.parse("2026-W47")
WHOLE = """\
pairs:
  - [loupe, lantern]
bans:
  - [quill, inkwell]
pins: [harbor]
leave_out:
  - compass
order: [harbor, loupe]
subject: Loupe meets Lantern
preheader: "Twice: a lens and a lamp"
intro: |
  Two tools,

  *one* desk.
sponsor:
  name: Lamp & Sons
  text: They make **lamps**.
  link: https://example.com/lamps
"""


@pytest.fixture
def stocked(session: Session) -> Session:
    stock_tools(session, *map(tool, ("Loupe", "Lantern", "Quill", "Inkwell", "Harbor", "Compass")))
    return session


def complaint(session: Session, text: str) -> str:
    with pytest.raises(BadInput) as caught:
        parse_overrides(session, text.encode(), "issues/2026-W47.yaml")
    return str(caught.value)


def test_a_file_says_all_an_editor_may_decide(stocked: Session) -> None:
    assert parse_overrides(stocked, WHOLE.encode(), "w.yaml") == Overrides(
        pairs=(("loupe", "lantern"),),
        bans=(("quill", "inkwell"),),
        pins=("harbor",),
        leave_out=("compass",),
        order=("harbor", "loupe"),
        subject="Loupe meets Lantern",
        preheader="Twice: a lens and a lamp",
        intro="Two tools,\n\n*one* desk.",
        sponsor=Sponsor("Lamp & Sons", "They make **lamps**.", "https://example.com/lamps"),
    )


@pytest.mark.parametrize("text", ["", "\n", "# pins: [harbor]\n\n  # that is all\n", "pins:\nsubject: ''\n"])
def test_a_file_that_decides_nothing_is_as_good_as_none(stocked: Session, text: str) -> None:
    assert parse_overrides(stocked, text.encode(), "w.yaml") == Overrides()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pin: [harbor]", "1:1: pin: there is no such key; did you mean pins?"),
        ("pins: harbor", "1:1: pins: expected a list, each item after a hyphen"),
        ("pins:\n  - harbour\n", "2:5: pins[0]: there is no tool harbour; did you mean harbor?"),
        ("pins: [zzz]", "1:8: pins[0]: there is no tool zzz; digest catalogue list shows them all"),
        ("pairs:\n- [loupe, lanten]", "2:11: pairs[0][1]: there is no tool lanten; did you mean lantern?"),
        ("pairs:\n- [loupe]", "2:3: pairs[0][1]: is missing"),
        ("pairs:\n- [loupe, lantern, quill]", "2:3: pairs[0]: expected at most 2 items"),
        ("pairs:\n- loupe", "2:3: pairs[0]: expected a list, each item after a hyphen"),
        (
            "leave_out: [The Harbor]",
            "1:13: leave_out[0]: expected lower-case letters, digits and single hyphens, found “The Harbor”",
        ),
        ("subject: |\n  One\n  Two", "1:1: subject: expected one line"),
        (
            "subject: \u200b",
            "1:1: subject: expected a text that can be seen; it has only invisible characters",
        ),
        (f"subject: {'x' * 201}", "1:1: subject: expected at most 200 characters, found 201"),
        (f"intro: {'x' * 4_001}", "1:1: intro: expected at most 4,000 characters, found 4,001"),
        ("sponsor: {name: Lamp}", "1:1: sponsor.text: is missing"),
        ("sponsor: Lamp", "1:1: sponsor: expected keys and values, such as name: …"),
        (
            "sponsor:\n  name: Lamp\n  text: t\n  link: javascript:alert(1)",
            "4:3: sponsor.link: expected a link like https://example.com/, found “javascript:alert(1)”",
        ),
        ("sponsor:\n  name: Lamp\n  txt: t\n  text: t", "3:3: sponsor.txt: there is no such key"),
        ("subject: a\nsubject: b", "2:1: subject is there twice"),
        ("subject: &a b", "anchors and aliases"),
    ],
)
def test_what_is_wrong_is_said_with_file_line_and_column(stocked: Session, text: str, message: str) -> None:
    said = complaint(stocked, text)
    assert said.startswith("issues/2026-W47.yaml:1:" if "anchors" in message else "issues/2026-W47.yaml:")
    assert message in said


def test_the_topmost_of_several_unknown_tools_is_named(stocked: Session) -> None:
    assert "1:8: pins[0]" in complaint(stocked, "pins: [nobody]\npairs:\n- [noone, loupe]\n")


def test_controls_do_not_reach_the_mail(stocked: Session) -> None:
    overrides = parse_overrides(stocked, b'intro: "One\\x1b[31m\\n\\tTwo"', "w.yaml")
    assert overrides.intro == "One[31m\n\tTwo"


@pytest.mark.parametrize("control", ["\\x07", "\\r", "\\n", "\\N", "\\L"])
def test_a_control_in_a_subject_is_refused(stocked: Session, control: str) -> None:
    with pytest.raises(BadInput, match="subject: expected one line without control characters"):
        parse_overrides(stocked, f'subject: "A{control}Bcc: x@example.org"'.encode(), "w.yaml")


def test_an_intro_that_could_not_be_rendered_is_refused_with_its_place(stocked: Session) -> None:
    with pytest.raises(BadInput, match=r"w.yaml:1:1: intro: the text nests more than"):
        parse_overrides(stocked, f"intro: '{'*' * 599}a{'*' * 599}'".encode(), "w.yaml")


@pytest.mark.parametrize(
    "link", ["https://[::1/", "https://a.b:99999999/", "https://paypal.com@evil.example/"]
)
def test_a_sponsors_link_that_leads_nowhere_or_elsewhere_is_refused(stocked: Session, link: str) -> None:
    with pytest.raises(BadInput, match=r"sponsor\.link"):
        parse_overrides(stocked, f"sponsor: {{name: A, text: b, link: '{link}'}}".encode(), "w.yaml")


def test_a_pipe_in_place_of_the_file_is_refused_and_not_waited_for(stocked: Session, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "2026-W47.yaml")
    with pytest.raises(BadInput, match="expected a file"):
        overrides_in(stocked, tmp_path, WEEK)


def test_a_week_without_a_file_is_left_to_the_desk(stocked: Session, tmp_path: Path) -> None:
    assert overrides_in(stocked, tmp_path / "nowhere", WEEK) == Overrides()
    (tmp_path / "2026-W47.yaml").write_text("pins: [harbor]")
    assert overrides_in(stocked, tmp_path, WEEK) == Overrides(pins=("harbor",))
    assert overrides_in(stocked, tmp_path, WEEK.next()) == Overrides()


def test_a_file_of_the_other_ending_is_not_passed_over_in_silence(stocked: Session, tmp_path: Path) -> None:
    (tmp_path / "2026-W47.yml").write_text("pins: [harbor]")
    with pytest.raises(BadInput, match=r"2026-W47\.yml: is not read; call it 2026-W47\.yaml"):
        overrides_in(stocked, tmp_path, WEEK)


def test_what_cannot_be_read_is_said(stocked: Session, tmp_path: Path) -> None:
    (tmp_path / "2026-W47.yaml").mkdir()
    with pytest.raises(BadInput, match="expected a file"):
        overrides_in(stocked, tmp_path, WEEK)


def test_what_an_issue_was_built_with_comes_back_unchanged(stocked: Session) -> None:
    overrides = parse_overrides(stocked, WHOLE.encode(), "w.yaml")
    assert from_stored(stored(overrides)) == overrides
    assert from_stored(None) == from_stored(stored(Overrides())) == Overrides()


def test_a_line_that_inboxes_cut_off_is_allowed_and_noted() -> None:
    overrides = Overrides(subject="x" * 79, preheader="y" * 110)
    assert list(oddities(overrides)) == ["the subject has 79 characters; past 78 most inboxes cut it off"]


def test_words_are_told_from_a_choice_of_tools() -> None:
    assert same_choice(Overrides(pins=("a",), subject="One"), Overrides(pins=("a",), intro="Two"))
    assert not same_choice(Overrides(pins=("a",)), Overrides(pins=("b",)))
    assert slugs_named(Overrides(pairs=(("a", "b"),), bans=(("c", "d"),), order=("a",))) == {*"abcd"}


def test_the_schema_is_closed_and_names_every_key() -> None:
    schema = json_schema()
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == {field.name for field in fields(Overrides)}

"""The lines of mail programs' lists."""

from __future__ import annotations

from digest.preview.inboxes import LISTS, entries


def test_short_lines_are_shown_whole_everywhere() -> None:
    for entry in entries("Ship or Skip", "Loupe vs Lantern", "Loupe ships."):
        assert (entry.sender, entry.subject, entry.preheader) == (
            "Ship or Skip",
            "Loupe vs Lantern",
            "Loupe ships.",
        )
        assert entry.cut == ()


def test_each_list_cuts_where_it_cuts_and_says_what() -> None:
    shown = {entry.name: entry for entry in entries("Ship or Skip", "s" * 60, "p" * 60)}

    assert shown["Gmail"].subject == "s" * 60
    assert shown["Gmail"].cut == ("preheader",)
    assert shown["Apple Mail"].subject == f"{'s' * 47}…"
    assert shown["Apple Mail"].cut == ("subject",)
    assert shown["Outlook"].cut == ("subject", "preheader")


def test_no_line_is_longer_than_its_list_shows() -> None:
    for one, entry in zip(LISTS, entries("x" * 200, "y " * 200, "z" * 200), strict=True):
        assert len(entry.sender) <= one.sender
        assert len(entry.subject) <= one.subject
        assert len(entry.preheader) <= one.preheader


def test_in_one_line_a_long_subject_leaves_the_preheader_what_is_left() -> None:
    gmail = entries("Ship or Skip", "s" * 70, "p" * 97)[0]

    assert len(gmail.subject) + len(" - ") + len(gmail.preheader) == 100

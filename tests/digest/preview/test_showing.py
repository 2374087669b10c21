"""What can be looked at, and as whom."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from digest.db import Database
from digest.errors import NotFound
from digest.issues.building import approve, build_issue
from digest.issues.files import bodies_of
from digest.preview.showing import Choice
from digest.preview.surroundings import NAMELESS
from digest.week import Week
from subscribers.rows import SubscriberRow
from subscribers.tokens import Purpose
from tests.digest.preview.conftest import Preview
from tests.factories import DESK, tool
from tests.stock import NOW, stock_readers, stock_tools

PAST = Week.parse("2026-W46")


@pytest.fixture
def past(preview: Preview) -> str:
    """Approve the same pair the week before, and bring in two new tools; return the frozen HTML."""
    with preview.database.writing() as session:
        build_issue(session, PAST, DESK, preview.work.clock)
        row = approve(session, PAST, preview.work.renderer, NOW, "a test")
        stock_tools(session, tool("Mallet", 90, 80, 70), tool("Nail", 40, 50, 60))
        frozen = row.html or ""
    preview.source.refresh()
    return frozen


def reader_id(database: Database, preview: Preview) -> str:
    with database.writing() as session:
        stock_readers(session, 1)
    return preview.room.around.readers("reader000")[0].id


def test_at_first_it_is_this_weeks_issue_as_the_sample_reader(preview: Preview) -> None:
    showing = preview.room.show(Choice())

    assert (showing.html, showing.message) == (preview.source.snapshot.html, preview.source.snapshot.message)


def test_a_readers_slots_are_their_own(database: Database, preview: Preview) -> None:
    reader = reader_id(database, preview)

    html = preview.room.show(Choice(reader=reader)).html

    assert preview.work.tokens.sign(Purpose.UNSUBSCRIBE, reader) in html


def test_who_has_left_the_list_cannot_be_chosen(preview: Preview) -> None:
    with pytest.raises(NotFound, match="choose another"):
        preview.room.show(Choice(reader="nobody"))


def test_a_past_week_shows_the_bytes_that_were_frozen(preview: Preview, past: str) -> None:
    preview.take_over("parts/masthead.html.j2", "View in browser", "Open it")
    preview.source.refresh()

    showing = preview.room.show(Choice("week", str(PAST)))

    assert showing.email is not None
    assert showing.email.html == past
    assert "approved; the bytes that were frozen" in showing.note


def test_the_weeks_to_choose_from_are_those_before(preview: Preview, past: str) -> None:
    assert preview.room.weeks() == [("2026-W46", "approved")]


def test_changes_are_those_since_the_latest_issue_before(preview: Preview, past: str) -> None:
    found = preview.room.changed(Choice())

    assert found is not None
    assert (found.since, set(found.new), set(found.dropped)) == (
        "2026-W46",
        {"Mallet", "Nail"},
        {"Lantern", "Loupe"},
    )


def test_the_first_issue_has_nothing_to_be_compared_with(preview: Preview) -> None:
    assert preview.room.changed(Choice()) is None


def test_another_mail_of_the_product_is_shown_with_its_own_template(preview: Preview) -> None:
    showing = preview.room.show(Choice("mail", "confirm"))

    assert "/confirm/" in showing.html
    assert b"List-Unsubscribe" not in showing.message


def test_a_saved_template_of_another_mail_is_seen(preview: Preview) -> None:
    preview.room.show(Choice("mail", "confirm"))
    preview.take_over("confirm.mjml.j2", "Confirm my subscription", "Yes, send it")
    preview.source.refresh()

    assert "Yes, send it" in preview.room.show(Choice("mail", "confirm")).html


def test_a_mistake_in_another_mail_leaves_its_last_good_state(preview: Preview) -> None:
    good = preview.room.show(Choice("mail", "confirm"))
    preview.take_over("letter.mjml.j2", "brand.name", "brnd.name")
    preview.source.refresh()

    broken = preview.room.show(Choice("mail", "confirm"))

    assert broken.html == good.html
    assert broken.fault is not None
    assert "brnd" in broken.fault.message


@pytest.mark.parametrize("name", ["one", "long", "nameless", "unvoted", "hostile"])
def test_every_scenario_can_be_shown(preview: Preview, name: str) -> None:
    showing = preview.room.show(Choice("scenario", name))

    assert showing.fault is None
    assert "</html>" in showing.html


def test_hostile_text_stays_text(preview: Preview) -> None:
    html = preview.room.show(Choice("scenario", "hostile")).html

    assert "<script>" not in html
    assert "<img src=https://tracker" not in html


def test_the_nameless_reader_has_no_name_in_the_header(preview: Preview) -> None:
    named, nameless = (
        preview.room.show(choice).message for choice in (Choice(), Choice("scenario", "nameless"))
    )

    assert b"To: A Reader <reader@example.com>" in named
    assert b"To: reader@example.com" in nameless
    assert preview.room.show(Choice(reader=NAMELESS)).message == nameless


def test_an_empty_week_sends_nothing_and_says_so(preview: Preview) -> None:
    showing = preview.room.show(Choice("scenario", "empty"))

    assert (showing.email, showing.html) == (None, "")
    assert "sends nothing" in showing.note
    assert preview.room.weighed(Choice("scenario", "empty")) is None


@pytest.mark.parametrize("choice", [Choice("scenario", "gone"), Choice("mail", "gone"), Choice("gone")])
def test_what_there_is_not_is_not_found(preview: Preview, choice: Choice) -> None:
    with pytest.raises(NotFound):
        preview.room.show(choice)


def test_a_choice_is_rendered_once_for_each_state(preview: Preview) -> None:
    first = preview.room.show(Choice("scenario", "long"))

    assert preview.room.show(Choice("scenario", "long")) is first
    preview.source.refresh()
    assert preview.room.show(Choice("scenario", "long")) is not first


def test_depths_weigh_more_the_deeper(preview: Preview) -> None:
    found = preview.room.weighed(Choice())

    assert found is not None
    assert found.full > found.short > found.stub


def test_what_is_shown_is_what_the_message_holds(preview: Preview) -> None:
    for choice in (Choice(), Choice("scenario", "long"), Choice("mail", "confirm")):
        showing = preview.room.show(choice)
        assert bodies_of(showing.message) == (showing.html, showing.text)


def test_an_edition_can_be_looked_at_before_anybody_chose_it(preview: Preview) -> None:
    assert preview.room.editions() == [("de", "Deutsch", 0)]
    showing = preview.room.show(Choice("edition", "de"))
    assert "Im Browser ansehen" in showing.html
    assert showing.note == "Deutsch; as it would be frozen now"


def test_the_menu_tells_how_many_get_an_edition(database: Database, preview: Preview) -> None:
    with database.writing() as session:
        stock_readers(session, 3)
        session.execute(update(SubscriberRow).where(SubscriberRow.id < 3).values(language="de"))
    assert preview.room.editions() == [("de", "Deutsch", 2)]


def test_an_edition_that_there_cannot_be_says_so(preview: Preview) -> None:
    fault = preview.room.show(Choice("edition", "de-7")).fault
    assert fault is not None
    assert "has no edition 'de-7'" in fault.message

"""What is one reader's own in an issue."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.errors import BadInput, DigestError
from digest.issues.rendered import identity_of
from digest.rendering.slots import BODY_SLOTS
from digest.rendering.transparency import OnTheLine
from digest.settings import Settings
from digest.week import Week
from jobs.outgoing import SAMPLE_READER, MakeFor, by_edition, personals
from subscribers.tokens import Purpose, Tokens
from tests.stock import KEYS


def test_every_slot_holds_a_token_for_its_purpose_and_this_reader() -> None:
    tokens = Tokens(KEYS)
    date = datetime(2026, 11, 20, tzinfo=UTC)
    personal = personals(Week.parse("2026-W47"), date, identity_of(Settings()), tokens)(SAMPLE_READER)
    for slot in BODY_SLOTS:
        assert tokens.read(Purpose(slot), getattr(personal, slot)) == SAMPLE_READER.public_id


def test_an_edition_is_compiled_when_it_is_first_asked_for_and_kept() -> None:
    made: list[int | None] = []

    def make(edition: int | None) -> MakeFor:
        made.append(edition)
        return lambda contact: OnTheLine(f"{edition} for {contact.public_id}".encode())

    compose = by_edition(make)
    assert [compose(SAMPLE_READER, edition) for edition in (7, 7, None)] == [
        b"7 for sample-reader",
        b"7 for sample-reader",
        b"None for sample-reader",
    ]
    assert made == [None, 7]


def test_an_edition_that_cannot_be_compiled_is_no_readers_fault() -> None:
    def make(edition: int | None) -> MakeFor:
        if edition is not None:
            raise BadInput("the subject has a line break")
        return lambda contact: OnTheLine(b"")

    compose = by_edition(make)
    with pytest.raises(DigestError, match="the subject has a line break") as caught:
        compose(SAMPLE_READER, 3)
    assert not isinstance(caught.value, BadInput)
